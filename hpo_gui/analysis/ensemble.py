"""An ensemble of a study's trials: who votes, how good it is, and how honest that number is."""

from __future__ import annotations

from dataclasses import dataclass

from hpo_gui.analysis.comparison import Comparison, compare
from hpo_gui.core.goal import Goal
from hpo_gui.core.means import mean_of
from hpo_gui.core.trial import Origin, Trial

ENSEMBLE = -1  # in place of a trial's number


@dataclass(frozen=True)
class Member:
    """A trial that votes, and how often it was chosen."""

    number: int
    votes: int


@dataclass(frozen=True)
class LeftOut:
    """A complete trial that could not take part, and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Ensemble:
    """Members with the most votes first.

    Attributes
    ----------
    best : the best single trial, of all complete ones, with the scores that it counts with
    folds : score on each fold; optimistic, since the votes were chosen on these rows
    apart : score on each fold of votes that were chosen on the other folds; empty with one fold
    candidates : how many trials could be chosen
    left_out : better trials than some candidate, or all, that could not
    """

    goal: Goal
    members: tuple[Member, ...]
    best: Trial
    folds: tuple[float, ...]
    apart: tuple[float, ...]
    candidates: int
    left_out: tuple[LeftOut, ...] = ()

    @property
    def votes(self) -> int:
        """Of all members."""
        return sum(member.votes for member in self.members)

    @property
    def score(self) -> float:
        """Mean over the folds; optimistic."""
        return mean_of(self.folds)

    @property
    def honest(self) -> float:
        """Mean of ``apart``, NaN with one fold."""
        return mean_of(self.apart)

    def share(self, member: Member) -> float:
        """A member's weight, from 0 to 1."""
        return member.votes / self.votes

    def against_best(self, test_ratio: float | None = None) -> Comparison:
        """The votes chosen on other folds (or, with one fold, these) against the best trial.

        Parameters
        ----------
        test_ratio : as in `analysis.comparison`
        """
        metric = self.goal.metric
        folds = {metric: self.apart or self.folds}
        judged = Trial(ENSEMBLE, {}, Origin("ensemble"), fold_scores=folds)
        return compare(judged, self.best, self.goal, test_ratio)


def ensemble_lines(found: Ensemble) -> list[str]:
    """What is to be said of an ensemble, for a terminal."""
    metric = found.goal.metric
    count = len(found.members)
    lines = [
        f"Ensemble of {count} trial{'s' if count > 1 else ''}: {metric} {found.score:.6g}, which "
        f"is optimistic: its votes were chosen on these rows (trial {found.best.number} alone: "
        f"{found.best.scores[metric]:.6g})"
    ]
    if found.apart:
        lines.append(f"  with votes chosen on the other folds: {found.honest:.6g}")
    shares = (f"trial {m.number} {found.share(m):.0%}" for m in found.members)
    lines.append(f"  {', '.join(shares)}")
    if found.left_out:
        first = found.left_out[0]
        others = len(found.left_out) - 1
        more = f", and {others} more" if others else ""
        lines.append(f"  without trial {first.number} ({first.reason}){more}")
    return lines
