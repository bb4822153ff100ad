"""Acts: what a person does to trials of a study, as frozen values that the study file keeps.

An act says what the person wanted; `apply` is a pure function of it and of the trial. What was
measured is never lost: `as_measured` gives every trial as it was before any act.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from hpo_gui.core.errors import ActError
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Measured, Trial, TrialState

MOST_TAGS = 20
LONGEST_TAG = 50  # characters
LONGEST_NOTE = 10_000


class Retract(msgspec.Struct, frozen=True, tag="retract", omit_defaults=True):
    """This trial does not count: strategies forget it, and it is never the best."""

    number: int
    reason: str = ""


class Restore(msgspec.Struct, frozen=True, tag="restore", omit_defaults=True):
    """A retracted trial counts again."""

    number: int
    reason: str = ""


class Correct(msgspec.Struct, frozen=True, tag="correct", omit_defaults=True):
    """Set scores by hand, metric -> score; with scores for all goals the trial is complete."""

    number: int
    scores: dict[str, float]
    reason: str = ""


class Uncorrect(msgspec.Struct, frozen=True, tag="uncorrect", omit_defaults=True):
    """The scores that were measured count again."""

    number: int
    reason: str = ""


class Annotate(msgspec.Struct, frozen=True, tag="annotate", omit_defaults=True):
    """The trial's note and tags, instead of those that it has."""

    number: int
    note: str = ""
    tags: tuple[str, ...] = ()


Act: TypeAlias = Retract | Restore | Correct | Uncorrect | Annotate


def kind_of(act: Act) -> str:
    """The act's name: "retract", "restore", "correct", "uncorrect", "annotate"."""
    return str(act.__struct_config__.tag)


def changes_scores(act: Act) -> bool:
    """Whether strategies see another history after it."""
    return not isinstance(act, Annotate)


def apply(act: Act, trial: Trial, goals: Sequence[Goal]) -> Trial:
    """The trial after the act.

    Raises
    ------
    ActError : the act does not fit the trial's state, or its values are none
    """
    match act:
        case Retract():
            return _retract(trial)
        case Restore():
            return _restore(trial)
        case Correct():
            return _correct(act, trial, goals)
        case Uncorrect():
            return _uncorrect(trial)
        case Annotate():
            return _annotate(act, trial)


def as_measured(trial: Trial) -> Trial:
    """The trial as if nobody had retracted or corrected it; notes and tags stay."""
    if trial.state is TrialState.RETRACTED:
        trial = _restore(trial)
    return trial if trial.measured is None else _uncorrect(trial)


def describe(act: Act, before: Trial) -> str:
    """The act in a sentence.

    Parameters
    ----------
    before : the trial before the act
    """
    head = f"Trial {act.number}"
    match act:
        case Retract():
            text = f"{head} retracted"
        case Restore():
            text = f"{head} counts again"
        case Correct():
            changes = (
                f"{metric} {_shown(before.scores.get(metric))} → {_shown(score)}"
                for metric, score in act.scores.items()
            )
            text = f"{head} corrected by hand: {', '.join(changes)}"
        case Uncorrect():
            text = f"{head} has its measured scores again"
        case Annotate(note=note, tags=tags):
            words = [f"note “{note}”"] if note else ["no note"]
            words.append(f"tags {', '.join(tags)}" if tags else "no tags")
            return f"{head}: {', '.join(words)}"
    return f"{text}: {act.reason}" if act.reason else f"{text}."


def _shown(score: float | None) -> str:
    return "none" if score is None else f"{score:.6g}"


def _retract(trial: Trial) -> Trial:
    if trial.state.is_open:
        raise _wrong_state(trial, "must have ended to be retracted", "Stop it first.")
    if trial.state is TrialState.RETRACTED:
        raise ActError(f"trial {trial.number}", "is retracted already")
    return msgspec.structs.replace(trial, state=TrialState.RETRACTED, was=trial.state)


def _restore(trial: Trial) -> Trial:
    if trial.state is not TrialState.RETRACTED:
        raise _wrong_state(trial, "must be retracted to count again")
    return msgspec.structs.replace(trial, state=trial.was or TrialState.COMPLETE, was=None)


def _correct(act: Correct, trial: Trial, goals: Sequence[Goal]) -> Trial:
    if trial.state.is_open:
        raise _wrong_state(trial, "must have ended to be corrected", "Wait for it, or stop it.")
    if trial.state is TrialState.RETRACTED:
        raise _is_retracted(trial)
    names = [goal.metric for goal in goals]
    known = list(dict.fromkeys((*names, *trial.scores)))
    if not act.scores:
        raise ActError(f"scores of trial {trial.number}", "must name a metric", "none")
    for metric, score in act.scores.items():
        if metric not in known:
            rule = f"must be of a metric of the study: {', '.join(known)}"
            raise ActError(f"score of trial {trial.number}", rule, metric)
        if not math.isfinite(score):
            remedy = "Retract the trial where it has no score that counts."
            what = f"{metric} of trial {trial.number}"
            raise ActError(what, "must be finite", score, remedy=remedy)
    before = trial.measured or Measured(trial.state, failure=trial.failure)
    fresh = [metric for metric in act.scores if metric not in before.fold_scores]
    measured = msgspec.structs.replace(
        before,
        scores={
            **before.scores,
            **{metric: trial.scores[metric] for metric in fresh if metric in trial.scores},
        },
        fold_scores={
            **before.fold_scores,
            **{metric: trial.fold_scores.get(metric, ()) for metric in fresh},
        },
    )
    scores = {**trial.scores, **act.scores}
    unknown = {
        metric: (math.nan,) * len(trial.fold_scores[metric])
        for metric in act.scores
        if metric in trial.fold_scores
    }
    complete = all(math.isfinite(scores.get(name, math.nan)) for name in names)
    return msgspec.structs.replace(
        trial,
        state=TrialState.COMPLETE if complete else trial.state,
        failure=None if complete else trial.failure,
        scores=scores,
        fold_scores={**trial.fold_scores, **unknown},
        measured=measured,
    )


def _uncorrect(trial: Trial) -> Trial:
    if trial.state is TrialState.RETRACTED:
        raise _is_retracted(trial)
    measured = trial.measured
    if measured is None:
        raise ActError(f"trial {trial.number}", "has the scores that were measured already")
    scores = {n: s for n, s in trial.scores.items() if n not in measured.fold_scores}
    folds = {n: f for n, f in trial.fold_scores.items() if n not in measured.fold_scores}
    folds.update({n: f for n, f in measured.fold_scores.items() if f})
    return msgspec.structs.replace(
        trial,
        state=measured.state,
        failure=measured.failure,
        scores={**scores, **measured.scores},
        fold_scores=folds,
        measured=None,
    )


def _annotate(act: Annotate, trial: Trial) -> Trial:
    what = f"trial {trial.number}"
    if len(act.note) > LONGEST_NOTE:
        rule = f"must have at most {LONGEST_NOTE:,} characters"
        raise ActError(f"note of {what}", rule, len(act.note))
    tags = tuple(dict.fromkeys(tag.strip() for tag in act.tags if tag.strip()))
    if len(tags) > MOST_TAGS:
        raise ActError(f"tags of {what}", f"must be at most {MOST_TAGS}", len(tags))
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise ActError(f"tag of {what}", f"must have at most {LONGEST_TAG} characters", tag)
    return msgspec.structs.replace(trial, note=act.note, tags=tags)


def _is_retracted(trial: Trial) -> ActError:
    rule = "is retracted, so that its scores do not count"
    return ActError(f"trial {trial.number}", rule, remedy="Restore it first.")


def _wrong_state(trial: Trial, rule: str, remedy: str = "") -> ActError:
    return ActError(f"trial {trial.number}", rule, trial.state.value, remedy=remedy)
