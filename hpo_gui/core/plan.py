"""The plan of a study: what is known ahead of how long it will be, and how wide."""

from __future__ import annotations

import msgspec

from hpo_gui.core.kept import Kept

UNITS = {
    "folds": ("fold", "folds"),
    "training": ("step", "steps"),
    "rows": ("share of the rows", "shares of the rows"),
}
"""What a step is, for people: one of them, and several."""


class Plan(msgspec.Struct, frozen=True):
    """What strategies may divide among themselves: how much will be tried, and how many at once.

    A study that goes on with another budget or on another computer has another plan from then on.

    Attributes
    ----------
    trials : finished trials in all, the starting ones included; None when nobody knows
    seconds : of running time in all; None when nobody knows
    workers : trials that run at the same time
    steps : of a full evaluation: folds, stretches of training, or shares of the rows
    learns : whether each step continues from the state that the one before has left
    kept : the best step of a training remains, not the last one; None where the last one does
    rows : the share of the rows that each step learns from; empty where steps are no such shares
    changeable : parameters that may change between two steps of a training
    dummy : metric -> what a model that looks at no column scores on each fold; for people, not
        for strategies
    best_score : no score of the first goal is better; None where there is no end, or none is known
    test_ratio : test rows / training rows of a fold (`evaluation.overlap`); None where the number
        of folds tells it
    averages : repeats of a configuration count with the mean of their scores
    """

    trials: int | None = None
    seconds: float | None = None
    workers: int = 1
    steps: int = 1
    learns: bool = False
    kept: Kept | None = None
    rows: tuple[float, ...] = ()
    changeable: tuple[str, ...] = ()
    dummy: dict[str, tuple[float, ...]] = {}
    best_score: float | None = None
    averages: bool = False
    test_ratio: float | None = None

    def counted(self, steps: int) -> str:
        """So many steps in words: "1 fold", "20 steps", "4 shares of the rows"."""
        one, several = UNITS["rows" if self.rows else "training" if self.learns else "folds"]
        return f"{steps:,} {one if steps == 1 else several}"
