"""The landscape: the score as a surrogate sees it, in slices and maps through one configuration.

Notation
--------
n, d : trials that the surrogate knows, parameters of the space
m    : samples along a slice
a, b : cells of a map along its two parameters

Scores are in their own units and direction; the surrogate's losses stay inside.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import is_listed
from hpo_gui.analysis.recommendation import (
    MOST,
    Recommendation,
    best_and_spread,
    recommendation,
)
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value
from hpo_gui.surrogates.scaling import LARGEST

if TYPE_CHECKING:
    from hpo_gui.surrogates.ensemble import Ensemble

FloatArray = NDArray[np.float64]
Absence = Literal["few", "equal", "no_parameters"]
Pair = tuple[str, str]

LEAST = 3  # complete trials below which there is nothing to learn from
SAMPLES, CELLS = 61, 36
NEAR = 0.25  # distance in the unit cube, per parameter, at which a trial fades to 60 %


@dataclass(frozen=True)
class Outlook:
    """What a surrogate expects at places, any shape; NaN where nothing can be tried.

    Attributes
    ----------
    mean, sd : of the score, without the noise of its measurement
    improvement : expected improvement of the score over the best one, 0 or more
    """

    mean: FloatArray
    sd: FloatArray
    improvement: FloatArray


@dataclass(frozen=True)
class LandscapeSlice:
    """The score along one parameter, everything else as in the configuration looked at.

    Attributes
    ----------
    name : of the parameter
    values : at which it was looked, m of them
    positions : theirs on the parameter's axis, ascending, shape (m,)
    joined : how many of the first ones make a line; the others stand for themselves
    outlook : shape (m,)
    here : position of the configuration itself; NaN where the parameter does not apply to it
    nearness : of each known trial to the slice, 0 … 1, shape (n,)
    """

    name: str
    values: tuple[Value, ...]
    positions: FloatArray
    joined: int
    outlook: Outlook
    here: float
    nearness: FloatArray

    @property
    def span(self) -> float:
        """How far the expected score moves along it; 0 where it does not apply."""
        mean = self.outlook.mean[np.isfinite(self.outlook.mean)]
        return float(mean.max() - mean.min()) if len(mean) else 0.0


@dataclass(frozen=True)
class LandscapeMap:
    """The score along two parameters, everything else as in the configuration looked at.

    Attributes
    ----------
    names : of the parameters along x and y
    values : of the cells along x (a) and y (b)
    outlook : shape (b, a), cells of equal size from position 0 to 1
    nearness : of each known trial to the map, 0 … 1, shape (n,)
    """

    names: Pair
    values: tuple[tuple[Value, ...], tuple[Value, ...]]
    outlook: Outlook
    nearness: FloatArray


@dataclass(frozen=True)
class SurrogateQuality:
    """How far a surrogate can be trusted: each trial as all others predict it.

    Attributes
    ----------
    used, complete : trials that it learnt from, and those with a score
    r2 : share of the variance explained, at most 1, below 0 when the mean would do better
    error : mean of |score - predicted| / sd predicted, 0.8 when the sd are right
    within : share of the trials within two sd, 0.95 when they are right
    noise : sd of the score measured twice, as far as the surrogate can tell
    """

    used: int
    complete: int
    r2: float
    error: float
    within: float
    noise: float


@dataclass(frozen=True)
class Landscape:
    """Slices and a map through a configuration.

    Attributes
    ----------
    goal : of the scores
    number : the trial looked at
    point : its configuration, completed for today's space
    numbers, rows, scores : of the trials known, shapes (n,), (n, d), (n,)
    open_numbers, open_rows : of the waiting and running trials
    slices : of the parameters that are free and apply somewhere, in the order of the space
    inactive : parameters that do not apply beside the other values of the configuration
    map : None with fewer than two slices
    recommended : the trial that is really best, as far as the surrogate can tell
    """

    goal: Goal
    number: int
    point: Params
    numbers: NDArray[np.intp]
    rows: FloatArray
    scores: FloatArray
    open_numbers: NDArray[np.intp]
    open_rows: FloatArray
    slices: tuple[LandscapeSlice, ...]
    inactive: tuple[str, ...]
    map: LandscapeMap | None
    quality: SurrogateQuality
    recommended: Recommendation


@dataclass(frozen=True)
class Configurations:
    """Some trials' numbers and parameters."""

    numbers: NDArray[np.intp]
    params: tuple[Params, ...]

    @classmethod
    def of(cls, history: History, numbers: NDArray[np.intp]) -> Configurations:
        """Those of the trials with these numbers."""
        return cls(numbers, tuple(history.trials[i].params for i in numbers.tolist()))

    def rows(self, space: Space) -> FloatArray:
        """Positions in the unit cube, shape (n, d)."""
        made = [space.encode(params) for params in self.params]
        return np.array(made, dtype=float).reshape(-1, len(space))


@dataclass(frozen=True)
class Survey:
    """What `survey` needs: few enough trials to be sent to another process at once.

    Attributes
    ----------
    known, open : trials with a score, at most `MOST`, and waiting and running ones
    losses : of the known ones, finite, shape (n,)
    complete : number of trials with a score
    number, point : the trial looked at, and its parameters
    pair : parameters of the map; None for the two along which the score moves most
    """

    space: Space
    goal: Goal
    known: Configurations
    open: Configurations
    losses: FloatArray
    allowed: NDArray[np.bool_]
    complete: int
    number: int
    point: Params
    pair: Pair | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for surveys whose surrogate is the same."""
        return self.space, self.known.numbers.tobytes(), self.losses.tobytes()


@dataclass(frozen=True)
class Surveyed:
    """A landscape and the fitted surrogate, packed, for the next survey of the same trials."""

    landscape: Landscape
    surrogate: bytes


def free_parameters(space: Space) -> tuple[Parameter, ...]:
    """The parameters with more than one value."""
    return tuple(parameter for parameter in space if parameter.size > 1)


def prepare_survey(
    history: History, number: int | None = None, pair: Pair | None = None
) -> Survey | Absence:
    """Choose what a surrogate learns from; quick, also with 100,000 trials.

    Parameters
    ----------
    number : the trial to look at; by default the best one
    pair : parameters of the map; unknown ones count as none

    Returns
    -------
    "few" with fewer than three complete trials, "equal" when all scores are, "no_parameters" when
    nothing is free
    """
    free = [parameter.name for parameter in free_parameters(history.space)]
    if not free:
        return "no_parameters"
    inside = history.within()  # the surrogate knows no other space than today's
    losses = inside.losses[inside.complete, 0]
    usable = np.abs(losses) < LARGEST  # NaN is not
    known, losses = inside.complete[usable], losses[usable]
    if len(known) < LEAST:
        return "few"
    if np.ptp(losses) == 0:
        return "equal"
    assert inside.best is not None, "there are finite losses"
    chosen = best_and_spread(losses, MOST)
    able = np.intersect1d(known[chosen], inside.feasible)
    at = inside.best if number is None else history.trials[number]
    point = at.params if history.fits[at.number] else history.space.complete(at.params)
    known_pair = pair is not None and pair[0] != pair[1] and set(pair) <= set(free)
    return Survey(
        history.space,
        history.goal,
        Configurations.of(history, known[chosen]),
        Configurations.of(history, history.open[:MOST]),
        losses[chosen],
        np.isin(known[chosen], able) if len(able) else np.ones(len(chosen), dtype=bool),
        len(known),
        at.number,
        point,
        pair if known_pair else None,
    )


def survey(wanted: Survey, surrogate: bytes | None = None) -> Surveyed:
    """Fit the surrogate and look at it; 0.1 to 1 s, hence for another process than the window's.

    Parameters
    ----------
    surrogate : of an earlier survey with the same `Survey.key`, which saves the fit
    """
    # NOTE: imported here, so that the window can read results without importing scipy
    from hpo_gui.surrogates.ensemble import fit_ensemble

    rows = wanted.known.rows(wanted.space)
    if surrogate is None:
        rng = np.random.default_rng(len(rows))  # as the Bayesian strategy draws
        process = fit_ensemble(rows, wanted.losses, wanted.space.levels, rng)
        surrogate = pickle.dumps(process)
    else:
        process = pickle.loads(surrogate)
    view = _View(wanted, rows, process)
    slices = tuple(view.slice(parameter) for parameter in free_parameters(wanted.space))
    landscape = Landscape(
        wanted.goal,
        wanted.number,
        view.point,
        wanted.known.numbers,
        rows,
        view.score(wanted.losses),
        wanted.open.numbers,
        wanted.open.rows(wanted.space),
        tuple(made for made in slices if math.isfinite(made.here)),
        tuple(made.name for made in slices if not math.isfinite(made.here)),
        view.map(slices),
        view.quality(),
        recommendation(
            wanted.goal,
            wanted.known.numbers,
            rows,
            wanted.losses,
            process,
            wanted.allowed,
        ),
    )
    return Surveyed(landscape, surrogate)


class _View:
    """Looks at a fitted surrogate from one configuration."""

    def __init__(self, wanted: Survey, rows: FloatArray, process: Ensemble) -> None:
        self.wanted, self.rows, self.process = wanted, rows, process
        self.space = wanted.space
        self.point = self.space.complete(wanted.point)
        self.place = self.space.encode(self.point)
        # NOTE: of noisy scores the luckiest is no yardstick; the best expected one is
        self.best = float(process.predict(rows)[0].min())

    def score(self, losses: FloatArray) -> FloatArray:
        """Losses as scores."""
        return losses * self.wanted.goal.loss(1.0)

    def slice(self, parameter: Parameter) -> LandscapeSlice:
        values, joined = sample_values(parameter)
        name = parameter.name
        here = self.place[self.space.names.index(name)]
        places = [parameter.encode(value) for value in values]
        outlook = self.look([{name: value} for value in values])
        return LandscapeSlice(
            name,
            values,
            np.array(places),
            joined,
            outlook,
            float(here),
            self.nearness(name),
        )

    def map(self, slices: Sequence[LandscapeSlice]) -> LandscapeMap | None:
        """The map of the pair wanted, or of the two parameters that move the score most."""
        names = self.wanted.pair
        if names is None:
            if len(slices) < 2:
                return None
            most = sorted(slices, key=lambda made: -made.span)[:2]
            order = self.space.names
            first, second = sorted((made.name for made in most), key=order.index)
            names = first, second
        across, up = (cell_values(self.space[name]) for name in names)
        settings = [{names[0]: x, names[1]: y} for y in up for x in across]
        flat = self.look(settings)
        shape = len(up), len(across)
        outlook = Outlook(*(a.reshape(shape) for a in (flat.mean, flat.sd, flat.improvement)))
        return LandscapeMap(names, (across, up), outlook, self.nearness(*names))

    def look(self, settings: Sequence[Params]) -> Outlook:
        """What is expected of the configuration with other values of some parameters."""
        from hpo_gui.surrogates.acquisition import log_expected_improvement

        arrays = np.full((3, len(settings)), np.nan)
        rows, kept = [], []
        for place, changed in enumerate(settings):
            params = self.space.complete({**self.point, **changed})
            if all(name in params for name in changed) and self.space.feasible(params):
                rows.append(self.space.encode(params))
                kept.append(place)
        if rows:
            mean, sd = self.process.predict(np.array(rows))
            gain = np.exp(log_expected_improvement(mean, sd, self.best))
            arrays[:, kept] = self.score(mean), sd, gain
        return Outlook(*arrays)

    def nearness(self, *free: str) -> FloatArray:
        """How near each known trial is to the configuration, the parameters ``free`` apart."""
        total, count = np.zeros(len(self.rows)), 0
        for place, parameter in enumerate(self.space):
            if parameter.name in free:
                continue
            column, here = self.rows[:, place], self.place[place]
            off = np.abs(column - here)
            if self.space.levels[place]:
                off = np.where(np.isnan(off), np.nan, (off > 1e-9) * 1.0)
            lacks = np.isnan(column) & np.isnan(here)
            total += np.where(lacks, 0.0, np.where(np.isnan(off), 1.0, off)) ** 2
            count += 1
        near: FloatArray = np.exp(-0.5 * total / max(count, 1) / NEAR**2)
        return near

    def quality(self) -> SurrogateQuality:
        """Each trial as the others predict it."""
        losses = self.wanted.losses
        mean, sd = self.process.leave_one_out()
        off = losses - mean
        z = np.abs(off) / np.maximum(sd, 1e-300)
        apart = losses - losses.mean()
        # NOTE: the squares of losses of 1e-170 would be zero
        unit = float(np.abs(apart).max())
        share = float(np.sum((off / unit) ** 2)) / float(np.sum((apart / unit) ** 2))
        return SurrogateQuality(
            len(losses),
            self.wanted.complete,
            1 - share,
            float(z.mean()),
            float((z <= 2).mean()),
            self.process.noise,
        )


def sample_values(parameter: Parameter) -> tuple[tuple[Value, ...], int]:
    """The values of a slice in ascending order, and how many of the first make a line."""
    if isinstance(parameter, Categorical | Ordinal):
        return parameter.values, 0
    if parameter.size <= SAMPLES:
        values = list(parameter.grid(SAMPLES))
    else:
        share = 1 - NONE_SHARE if parameter.or_none else 1.0
        places = np.linspace(0, share, SAMPLES)
        places[-1] = np.nextafter(share, 0)
        values = list(dict.fromkeys(parameter.decode(float(place)) for place in places))
    numbers = [value for value in values if value is not None]
    extra: list[Value] = [None] if parameter.contains(None) else []
    return (*numbers, *extra), len(numbers)


def cell_values(parameter: Parameter) -> tuple[Value, ...]:
    """The values in the middle of the cells of a map, from position 0 to 1."""
    count = int(parameter.size) if is_listed(parameter) else CELLS
    return tuple(parameter.decode((cell + 0.5) / count) for cell in range(count))
