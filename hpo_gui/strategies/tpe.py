"""Tree-structured Parzen estimator: samples where good trials are dense and bad ones are not.

Bergstra et al. (2011), NeurIPS 24; multivariate as in Falkner et al. (2018), BOHB, arXiv
1807.01774; choices as in Watanabe (2023), arXiv 2304.11127. The mixtures are in
`strategies.parzen`.

Parameters with the same condition form a group. Each group has its own pair of densities, over the
trials in which it is active: what is known of one branch is not lost when another one leads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, identity, params_key
from hpo_gui.strategies.axes import axes_of
from hpo_gui.strategies.parzen import Mixture
from hpo_gui.strategies.random import draw_new, is_known
from hpo_gui.strategies.sobol import draw_even
from hpo_gui.strategies.standing import standings, told_order

ROUNDS = 8  # of candidates in search of a new configuration

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


class TPE(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tree-structured Parzen estimator over all parameters at once.

    Attributes
    ----------
    startup : finished trials before the densities are used; points of a Sobol sequence
    candidates : drawn from the density of the good trials; the likeliest to be good is tried
    good_share, good_at_most : how many of the finished trials count as good
    """

    startup: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Even trials first",
            description="Finished trials before it learns from scores.",
        ),
    ] = 10
    candidates: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=10_000,
            title="Candidates",
            description="Draws per proposal; more of them explore less.",
            extra={"advanced": True},
        ),
    ] = 24
    good_share: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            lt=1,
            title="Share of good trials",
            description="The best trials that count as good, as a share of all.",
            extra={"advanced": True},
        ),
    ] = 0.1
    good_at_most: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Good trials at most",
            description="However many trials there are.",
            extra={"advanced": True},
        ),
    ] = 25

    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        taken: set[frozenset[tuple[str, object]]] = set()
        proposals: list[Proposal] = []
        told = told_order(history)
        for _ in range(count):
            proposal = None
            if len(told) >= self.startup:
                pending = [history.space.encode(p.params) for p in proposals]
                proposal = self._learned(history, told, pending, taken, rng)
            if proposal is None:
                if len(told) < self.startup:
                    params, _ = draw_even(history, "tpe", taken, rng)
                    reason = f"Spread evenly until {self.startup} trials have finished."
                else:
                    params = draw_new(history, taken, rng)
                    reason = "Drawn at random: the likely configurations are all known."
                if params is None:
                    break
                proposal = Proposal(params, Origin("tpe", reason))
            taken.add(params_key(proposal.params))
            proposals.append(proposal)
        return proposals

    def _learned(
        self,
        history: History,
        told: IndexArray,
        pending: list[FloatArray],
        taken: set[frozenset[tuple[str, object]]],
        rng: np.random.Generator,
    ) -> Proposal | None:
        """The best new and feasible candidate; None when there is none."""
        groups = _Densities(self, history, told, pending)
        for _ in range(ROUNDS):
            for params, log_ratio, good in groups.candidates(self.candidates, rng):
                if history.space.feasible(params) and not is_known(params, history, taken):
                    likely = math.exp(min(log_ratio, 50.0))
                    reason = (
                        f"Sampled near the best {good} of {len(told)} trials; {likely:.3g} times "
                        "as likely among the good as among the rest."
                    )
                    return Proposal(params, Origin("tpe", reason, acquisition=log_ratio))
        return None

    def good_count(self, finished: int) -> int:
        return min(math.ceil(self.good_share * finished), self.good_at_most)


class _Densities:
    """The densities of the good and of the other trials, for each group of parameters."""

    def __init__(
        self, options: TPE, history: History, told: IndexArray, pending: list[FloatArray]
    ) -> None:
        self.space = history.space
        self._groups = _groups(history.space)
        self._pairs: list[tuple[Mixture, Mixture] | None] = []
        self.good = options.good_count(len(told))
        rows = history.matrix[told]
        places = standings(history, told)
        # constant liar: what is under way counts as bad, so that workers spread out
        liars = np.vstack([history.matrix[history.open], *(row[None] for row in pending)])
        axes = axes_of(history.space)
        for _, columns in self._groups:
            active = ~np.isnan(rows[:, columns]).all(axis=1)
            own, own_places = rows[active][:, columns], places[active]
            best = np.argsort(own_places, kind="stable")[: options.good_count(len(own))]
            is_good = np.zeros(len(own), dtype=bool)
            is_good[best] = True
            lies = liars[:, columns]
            lies = lies[~np.isnan(lies).all(axis=1)]
            group_axes = tuple(axes[column] for column in columns)
            self._pairs.append(
                (
                    Mixture(group_axes, own[is_good]),
                    Mixture(group_axes, np.vstack([own[~is_good], lies])),
                )
            )

    def candidates(self, count: int, rng: np.random.Generator) -> list[tuple[Params, float, int]]:
        """Configurations, best first; for each the logarithm of good over bad, and the good."""
        drawn: list[tuple[FloatArray, FloatArray]] = []
        for pair in self._pairs:
            assert pair is not None
            good, bad = pair
            points = good.sample(count, rng)
            ratios = good.log_density(points) - bad.log_density(points)
            order = np.argsort(-ratios, kind="stable")
            drawn.append((points[order], ratios[order]))
        found = []
        for place in range(count):
            row = np.full(len(self.space), 0.5)
            for (_, columns), (points, _) in zip(self._groups, drawn, strict=True):
                row[columns] = points[place]
            params = self.space.decode(row)
            ratio = sum(
                float(ratios[place])
                for (names, _), (_, ratios) in zip(self._groups, drawn, strict=True)
                if names[0] in params
            )
            found.append((params, ratio, self.good))
        return found


def _groups(space: Space) -> list[tuple[tuple[str, ...], list[int]]]:
    """Names and columns of the parameters that are active together: those with one condition."""
    groups: dict[object, tuple[list[str], list[int]]] = {}
    for column, parameter in enumerate(space):
        names, columns = groups.setdefault(_key(parameter.when), ([], []))
        names.append(parameter.name)
        columns.append(column)
    return [(tuple(names), columns) for names, columns in groups.values()]


def _key(when: Mapping[str, tuple[object, ...]]) -> object:
    return frozenset((parent, frozenset(map(identity, values))) for parent, values in when.items())
