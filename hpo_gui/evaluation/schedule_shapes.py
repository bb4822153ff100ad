"""Learning-rate schedules as pure functions of the step, one class each.

Notation: a training has ``steps`` steps, numbered from 0.

===========  =============================================================  ========
symbol       meaning                                                        range
===========  =============================================================  ========
factor       what the base learning rate is multiplied with in a step       (0, 1]
u            position in the training: step / (steps - 1)                   [0, 1]
w            ``warmup``, the share of the training in which the rate rises  [0, 0.9]
v            position after the warm-up: (u - w) / (1 - w)                  [0, 1]
===========  =============================================================  ========

The base learning rate is thus the largest one that is ever used. All options are shares of the
training or of the base rate: a schedule means the same for 20 steps as for 2000, and finer steps
of the same training meet the same rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec
from msgspec import Meta

from hpo_gui.core.parameter import Float, Int

LEAST = 1e-6  # of the base rate: a rate of 0 would be a step that learns nothing
CLOSE = 1e-9  # positions nearer than this are the same: 3 * 0.1 is not 0.3

Warmup = Annotated[
    float,
    Meta(
        ge=0,
        le=0.9,
        title="Warm-up",
        description="Share of the training in which the rate rises.",
        extra={"tune": Float("warmup", 0.0, 0.3)},
    ),
]
WarmupStart = Annotated[
    float,
    Meta(
        ge=LEAST,
        le=1,
        title="Warm-up from",
        description="Where the warm-up begins, as a share of the base rate.",
        extra={"advanced": True, "tune": Float("warmup_start", 1e-3, 1.0, log=True)},
    ),
]
Final = Annotated[
    float,
    Meta(
        ge=LEAST,
        le=1,
        title="Final",
        description="The rate at the end, as a share of the base rate.",
        extra={"tune": Float("final", 1e-4, 0.5, log=True)},
    ),
]
Floor = Annotated[
    float,
    Meta(
        ge=LEAST,
        le=1,
        title="Floor",
        description="The rate never falls below this share of the base rate.",
        extra={"advanced": True, "tune": Float("floor", 1e-4, 0.1, log=True)},
    ),
]
Drop = Annotated[
    float,
    Meta(
        ge=0.01,
        le=0.99,
        title="Drop to",
        description="Each drop multiplies the rate with this.",
        extra={"tune": Float("drop", 0.05, 0.8, log=True)},
    ),
]


class Schedule(Protocol):
    """How the learning rate changes while a model learns.

    Attributes
    ----------
    looks_at_losses : whether the losses so far make a difference
    """

    looks_at_losses: ClassVar[bool]

    def factor(self, step: int, steps: int, losses: Sequence[float]) -> float:
        """What the base learning rate is multiplied with in a step: above 0, at most 1.

        Parameters
        ----------
        step : from 0; from ``steps`` on the rate stays as at the end
        steps : of the whole training; one that has a single step takes the base rate
        losses : validation losses of the steps so far, lower is better; NaN and inf are no
            improvement, those of later steps are not looked at
        """
        ...


class _Rising(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A linear warm-up (Goyal et al. 2017, section 2.2), and then a shape of its own."""

    looks_at_losses: ClassVar[bool] = False

    warmup: Warmup = 0.0
    warmup_start: WarmupStart = 0.1

    def factor(self, step: int, steps: int, losses: Sequence[float]) -> float:
        if steps == 1:
            return 1.0
        u = _position(step, steps)
        if u < self.warmup:
            return _mix(self.warmup_start, u / self.warmup)
        return self.shape((u - self.warmup) / (1 - self.warmup))

    def shape(self, v: float) -> float:
        """The factor at a position after the warm-up."""
        raise NotImplementedError


class Constant(_Rising, frozen=True, kw_only=True):
    """The base rate from the end of the warm-up on."""

    def shape(self, v: float) -> float:
        return 1.0


class Step(_Rising, frozen=True, kw_only=True):
    """drop^k after k stretches of ``every`` (He et al. 2016, section 3.4, has drop = 0.1)."""

    drop: Drop = 0.3
    every: Annotated[
        float,
        Meta(
            ge=0.01,
            le=1,
            title="Every",
            description="Share of the training from one drop to the next.",
            extra={"tune": Float("every", 0.1, 0.5)},
        ),
    ] = 0.25
    floor: Floor = 1e-4

    def shape(self, v: float) -> float:
        last = math.ceil(1 / self.every - CLOSE) - 1  # no drop for the last moment alone
        drops = min(math.floor(v / self.every + CLOSE), last)
        return max(self.drop**drops, self.floor)


class Exponential(_Rising, frozen=True, kw_only=True):
    """final^v: the same ratio from each step to the next."""

    final: Final = 0.01

    def shape(self, v: float) -> float:
        return float(self.final**v)


class Cosine(_Rising, frozen=True, kw_only=True):
    """Half a cosine from the base rate to the final one, again after each warm restart.

    Loshchilov and Hutter (2017), equation 5, with T_i = multiplier * T_(i-1) (section 3).
    """

    final: Final = 0.01
    cycles: Annotated[
        int,
        Meta(
            ge=1,
            le=20,
            title="Cycles",
            description="Each begins anew at the base rate.",
            extra={"tune": Int("cycles", 1, 5)},
        ),
    ] = 1
    multiplier: Annotated[
        float,
        Meta(
            ge=1,
            le=4,
            title="Longer by",
            description="How many times as long as the one before a cycle is.",
            extra={"tune": Float("multiplier", 1.0, 3.0)},
        ),
    ] = 2.0

    def shape(self, v: float) -> float:
        lengths = [self.multiplier**cycle for cycle in range(self.cycles)]  # T_i, T_0 = 1
        current = v * sum(lengths)  # T_cur, once the cycles before are taken away
        for length in lengths[:-1]:
            if current < length * (1 - CLOSE):
                break
            current -= length
        else:
            length = lengths[-1]
        share = min(max(current / length, 0.0), 1.0)
        return _mix(self.final, (1 + math.cos(math.pi * share)) / 2)  # eq. 5


class Polynomial(_Rising, frozen=True, kw_only=True):
    """(1 - v)^power, down to the final rate (Chen et al. 2018: "poly")."""

    power: Annotated[
        float,
        Meta(
            ge=0.1,
            le=10,
            title="Power",
            description="1 is a straight line; more falls early, less falls late.",
            extra={"tune": Float("power", 0.5, 4.0)},
        ),
    ] = 1.0
    final: Final = 0.01

    def shape(self, v: float) -> float:
        return _mix(self.final, float((1 - v) ** self.power))


class OneCycle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up from the start to the base rate, and down to far below (Smith and Topin 2018).

    The paper's lines are straight; half cosines meet its three rates at the same moments.
    """

    looks_at_losses: ClassVar[bool] = False

    rise: Annotated[
        float,
        Meta(
            ge=0.01,
            le=0.9,
            title="Rise",
            description="Share of the training until the base rate.",
            extra={"tune": Float("rise", 0.1, 0.6)},
        ),
    ] = 0.3
    start: Annotated[
        float,
        Meta(
            ge=LEAST,
            le=1,
            title="Start",
            description="The first rate, as a share of the base rate.",
            extra={"tune": Float("start", 0.01, 0.5, log=True)},
        ),
    ] = 0.04
    final: Final = 1e-3
    curve: Annotated[
        Literal["cosine", "linear"],
        Meta(title="Curve", description="How the rate gets from one to the next."),
    ] = "cosine"

    def factor(self, step: int, steps: int, losses: Sequence[float]) -> float:
        if steps == 1:
            return 1.0
        u = _position(step, steps)
        if u < self.rise:
            return _mix(self.start, self._bent(u / self.rise))
        return _mix(self.final, self._bent((1 - u) / (1 - self.rise)))

    def _bent(self, share: float) -> float:
        """A share of the way up; the way down is the same backwards."""
        return share if self.curve == "linear" else (1 - math.cos(math.pi * share)) / 2


class Plateau(_Rising, frozen=True, kw_only=True):
    """A drop whenever the validation loss has not become better for a while.

    The loss counts from the end of the warm-up on. It is the only schedule that looks at losses;
    as it counts them anew each time, it needs no memory.
    """

    looks_at_losses: ClassVar[bool] = True

    drop: Drop = 0.3
    patience: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Patience",
            description="Share of the training without a better loss.",
            extra={"tune": Float("patience", 0.05, 0.3)},
        ),
    ] = 0.15
    min_delta: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Better by",
            description="A loss must be lower by this share of the best one.",
            extra={"advanced": True, "tune": Float("min_delta", 1e-5, 0.05, log=True)},
        ),
    ] = 1e-4
    floor: Floor = 1e-4

    def factor(self, step: int, steps: int, losses: Sequence[float]) -> float:
        if steps == 1 or _position(step, steps) < self.warmup:
            return super().factor(step, steps, losses)
        return max(self.drop ** self._drops(steps, losses[:step]), self.floor)

    def shape(self, v: float) -> float:
        return 1.0

    def _drops(self, steps: int, losses: Sequence[float]) -> int:
        """How often the rate has dropped after these losses."""
        patience = max(math.ceil(self.patience * steps - CLOSE), 1)
        best, waited, drops = math.inf, 0, 0
        for step, loss in enumerate(losses):
            if self._is_better(loss, best):
                best, waited = loss, 0
            elif _position(step, steps) >= self.warmup:
                waited += 1
            if waited == patience:
                waited, drops = 0, drops + 1
        return drops

    def _is_better(self, loss: float, best: float) -> bool:
        if not (math.isfinite(loss) and math.isfinite(best)):
            return math.isfinite(loss)  # the first one of all
        return loss < best - self.min_delta * abs(best)


def _position(step: int, steps: int) -> float:
    """u: 0 in the first of several steps, 1 in the last one and beyond."""
    return min(step / (steps - 1), 1.0)


def _mix(low: float, share: float) -> float:
    """From ``low`` (share 0) to 1 (share 1); never beyond by rounding."""
    return min(low + (1 - low) * share, 1.0)
