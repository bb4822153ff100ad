"""Acts done together: what was possible of them, what was not, and what takes them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from hpo_gui.core.acts import (
    Act,
    Annotate,
    Correct,
    Restore,
    Retract,
    Uncorrect,
    apply,
    describe,
)
from hpo_gui.core.errors import ActError
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial


class Done(msgspec.Struct, frozen=True):
    """An act, the trial before and after it, and the act in a sentence."""

    act: Act
    before: Trial
    after: Trial
    text: str


class Acted(msgspec.Struct, frozen=True):
    """What became of acts.

    Attributes
    ----------
    done : in the order in which they were done
    refused : why the others are not possible
    trials : the changed trials as they are now, each once, by number
    """

    done: tuple[Done, ...] = ()
    refused: tuple[ActError, ...] = ()
    trials: tuple[Trial, ...] = ()


def do_acts(
    acts: Iterable[Act], find: Callable[[int], Trial | None], goals: Sequence[Goal]
) -> Acted:
    """What each of the acts makes of its trial, one after the other; nothing is kept.

    Parameters
    ----------
    find : gives the trial with a number, or None
    """
    now: dict[int, Trial] = {}
    done, refused = [], []
    for act in acts:
        before = now.get(act.number) or find(act.number)
        try:
            if before is None:
                raise ActError(f"trial {act.number}", "must be one of the study")
            after = apply(act, before, goals)
        except ActError as error:
            refused.append(error)
            continue
        now[act.number] = after
        done.append(Done(act, before, after, describe(act, before)))
    trials = tuple(now[number] for number in sorted(now))
    return Acted(tuple(done), tuple(refused), trials)


def undoing(acted: Acted) -> tuple[Act, ...]:
    """The acts that take back what was done, the last one first."""
    return tuple(act for one in reversed(acted.done) for act in _undo(one))


def _undo(one: Done) -> tuple[Act, ...]:
    number, before = one.act.number, one.before
    match one.act:
        case Retract():
            return (Restore(number),)
        case Restore():
            return (Retract(number),)
        case Annotate():
            return (Annotate(number, before.note, before.tags),)
        case Correct() if before.measured is None:
            return (Uncorrect(number),)
        case Correct():
            return (Uncorrect(number), _corrected_as(before))
        case Uncorrect():
            return (_corrected_as(before),)


def _corrected_as(trial: Trial) -> Correct:
    """The correction that a trial has."""
    assert trial.measured is not None
    return Correct(
        trial.number, {metric: trial.scores[metric] for metric in trial.measured.fold_scores}
    )
