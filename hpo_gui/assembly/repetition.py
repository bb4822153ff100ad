"""What comes of computing a study again, as values and as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpo_gui.assembly.sessions import changed_facts

MOST_FACTS = 12


@dataclass(frozen=True)
class Difference:
    """The first trial that is not the same again.

    Attributes
    ----------
    of : what is different: a parameter of the proposal, a score, how the trial ended
    name : of the parameter, or the metric and its step; "" where it needs none
    then, now : the two values
    """

    trial: int
    of: Literal["proposal", "score", "end"]
    name: str
    then: str
    now: str


@dataclass(frozen=True)
class Part:
    """One kind of thing that was computed again.

    Attributes
    ----------
    count : trials of which it was
    difference : None where all were the same
    facts : with what and where the different trial was computed then; None where nobody knows
    """

    count: int = 0
    difference: Difference | None = None
    facts: dict[str, str] | None = None


@dataclass(frozen=True)
class Repetition:
    """What came of it.

    Attributes
    ----------
    trials : how many were looked at
    proposals, verdicts, scores : None where they were not asked for
    then : facts of the latest session; None where nobody knows
    now : facts of this computer
    unchecked : what was not compared, and why, as sentences
    """

    trials: int
    proposals: Part | None
    verdicts: Part | None
    scores: Part | None
    then: dict[str, str] | None
    now: dict[str, str]
    unchecked: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that were asked for."""
        found = (self.proposals, self.verdicts, self.scores)
        return tuple(part for part in found if part is not None)

    @property
    def is_same(self) -> bool:
        """Whether nothing was different."""
        return all(part.difference is None for part in self.parts)

    @property
    def first(self) -> Part | None:
        """The part with the difference of the lowest trial; None where there is none."""
        found = [part for part in self.parts if part.difference is not None]
        return min(found, key=_number_of, default=None)

    @property
    def head(self) -> str:
        """The result in a sentence."""
        first = self.first
        if first is not None and first.difference is not None:
            return f"{counted(self.trials, 'trial')} replayed: {_told(first.difference)}"
        checked = [
            name
            for name, part in (("proposals", self.proposals), ("scores", self.scores))
            if part is not None and part.count
        ]
        if not checked:
            return f"{counted(self.trials, 'trial')}: there was nothing to compare."
        what = " and ".join(checked)
        return f"{counted(self.trials, 'trial')} replayed: all {what} are the same."

    @property
    def details(self) -> tuple[str, ...]:
        """What was compared, what has changed since, and what was not compared."""
        lines = []
        for title, part in (
            ("Proposals made again", self.proposals),
            ("Verdicts of the pruner asked for again", self.verdicts),
            ("Trials evaluated again", self.scores),
        ):
            if part is not None and part.count:
                lines.append(f"{title}: {part.count:,}{_outcome(part, part is self.first)}")
        return (*lines, *self._about_facts(), *self.unchecked)

    def _about_facts(self) -> tuple[str, ...]:
        first = self.first
        then = self.then if first is None else first.facts
        if then is None:
            unknown = "The study does not tell with which versions and where it was run: an older "
            return (f"{unknown}version of HPO Studio did not write it down.",)
        changed = changed_facts(then, self.now)
        if not changed:
            if first is None:
                return ()
            return ("Versions, processor and system are those of then.",)
        told = "; ".join(changed[:MOST_FACTS])
        if first is None:
            return (f"What has changed since made no difference: {told}.",)
        return (f"What has changed since: {told}.",)


def _number_of(part: Part) -> int:
    assert part.difference is not None
    return part.difference.trial


def _outcome(part: Part, told: bool) -> str:
    """How it went with a part; ``told`` where its difference stands above."""
    if part.difference is None:
        return ", all the same."
    text = _told(part.difference)
    more = "" if told else f" {text[:1].upper()}{text[1:]}"
    return f", until the first difference.{more}"


def _told(difference: Difference) -> str:
    values = f"{difference.then} then, {difference.now} now."
    changed = f"{difference.name} was {difference.then}, and is {difference.now} now."
    match difference.of:
        case "proposal" if difference.name:
            return f"trial {difference.trial} would be another one: {changed}"
        case "proposal":
            return f"trial {difference.trial} would be another one: {values}"
        case "score":
            return f"trial {difference.trial} has another score: {changed}"
        case _:
            return f"trial {difference.trial} ends in another way: {values}"


def counted(count: int, word: str) -> str:
    """A number of things in words: "1 trial", "2,000 trials"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
