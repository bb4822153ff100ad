"""What the picture of a schedule shows: its curve, other curves, and an example of a loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.schedules import SCHEDULES, make_schedule

MOST_POINTS = 120  # of a curve: a schedule means the same for any number of steps
LOSS_START, LOSS_END = 1.0, 0.25  # of the example, where the rate is the base rate …
LOSS_GAIN = 0.7  # … and the share of the way down that lower rates are needed for
SETTLING = 0.02  # share of a training after which 1 / e of the way to a plateau is left


@dataclass(frozen=True)
class Curve:
    """The factors of a schedule.

    Attributes
    ----------
    factors : what the base rate is multiplied with, shape (n,), evenly over the training
    losses : of the example that it was drawn with, where it looks at losses, else empty
    """

    name: str
    title: str
    factors: NDArray[np.float64]
    losses: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class SchedulePicture:
    """One curve, and others to compare it with.

    Attributes
    ----------
    steps : of the training
    others : curves in the background
    pinned : curves that are kept to be compared
    """

    steps: int
    curve: Curve
    others: tuple[Curve, ...] = ()
    pinned: tuple[Curve, ...] = ()

    def x(self, curve: Curve) -> NDArray[np.float64]:
        """Steps of a curve's points, counted from 1."""
        return np.linspace(1, self.steps, len(curve.factors))


def draw_curve(choice: Choice, steps: int) -> Curve:
    """The curve of a schedule.

    Raises
    ------
    SpecError : the schedule cannot be made
    """
    schedule = make_schedule(choice)
    points = min(steps, MOST_POINTS)
    losses: list[float] = []
    factors = []
    for step in range(points):
        factors.append(schedule.factor(step, points, losses))
        losses.append(_next_loss(losses, factors[-1], points))
    example = np.array(losses) if schedule.looks_at_losses else np.empty(0)
    return Curve(choice.name, SCHEDULES[choice.name].title, np.array(factors), example)


def _next_loss(losses: Sequence[float], factor: float, points: int) -> float:
    """A loss that falls quickly to a plateau, which is the lower the lower the rate is.

    It is rounded, so that a plateau is one: without noise, losses would improve for ever.
    """
    plateau = LOSS_END * ((1 - LOSS_GAIN) + LOSS_GAIN * math.sqrt(factor))
    before = losses[-1] if losses else LOSS_START
    left = math.exp(-1 / (SETTLING * points))
    return round(min(plateau + (before - plateau) * left, before), 3)
