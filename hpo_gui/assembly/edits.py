"""What an edit of a study that has trials changes, in plain words, and what it may not change.

Scores of before and after an edit stand in one table, so that what they mean must stay: the data,
the rows that are learnt from and judged, and how a trial learns. Everything else may change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from hpo_gui.assembly.goals import judging_goal
from hpo_gui.assembly.seeing import Usual
from hpo_gui.core.condition import format_condition
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.spec import Choice, ModelSpec, StudySpec
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.core.value import Params, same, show

MEANING = {
    "seed": ("seed", "it draws the folds and the models' randomness"),
    "validation": ("validation", "it decides which rows judge a trial"),
    "preprocessing": ("preprocessing", "it is part of every model"),
    "training": ("training", "it decides how much a trial learns"),
    "schedule": ("schedule", "it changes how a trial learns"),
    "rows": ("rows", "they decide what a trial learns from"),
}
"""Sections that decide what a score means: field -> its name for people, and why."""

NEW_STUDY = "Make a new study, which may begin from the best of this one (`start.earlier`)."
NOTHING_USUAL: Usual = {}
LISTED = 8  # choices that a text lists


@dataclass(frozen=True)
class Edit:
    """What is different between two versions of a specification.

    Attributes
    ----------
    changes : each in a few words
    refusals : why the study cannot go on with it
    warnings : what to know before it does
    """

    changes: tuple[str, ...] = ()
    refusals: tuple[SpecError, ...] = ()
    warnings: tuple[str, ...] = ()

    def check(self) -> Edit:
        """Itself; raises the first refusal when there is one."""
        for refusal in self.refusals:
            raise refusal
        return self

    @property
    def note(self) -> str:
        """All changes in one line."""
        return "; ".join(self.changes)


def compare(
    before: StudySpec, after: StudySpec, trials: Sequence[Trial] = (), usual: Usual = NOTHING_USUAL
) -> Edit:
    """What an edit changes, and whether a study with these trials can go on with it.

    Parameters
    ----------
    before, after : filled in
    trials : of the study; scores only bind one that has trials
    usual : what the models' parameters had where nothing set them
    """
    changes = (*_space_changes(before, after, usual), *_goal_changes(before, after))
    changes += tuple(_other_changes(before, after))
    refusals = tuple(_refusals(before, after)) if trials else ()
    return Edit(changes, refusals, tuple(_goal_warnings(before, after, trials)))


def outside_words(history: History) -> str:
    """How many trials do not fit the space of a history any more; "" where all do.

    They stay in the study, and strategies do not learn from them.
    """
    closed = history.states > STATE_CODES[TrialState.RUNNING]
    count = int((~history.fits & closed).sum())
    if not count:
        return ""
    if count == int(closed.sum()):
        return "No trial lies in the new space: the strategy begins anew."
    return f"{count:,} of {int(closed.sum()):,} trials lie outside of the new space."


# --- what may not change ----------------------------------------------------------------------


def _refusals(before: StudySpec, after: StudySpec) -> Iterator[SpecError]:
    if (before.objective is None) != (after.objective is None):
        yield _refusal("objective", "what is tuned")
        return
    if before.objective is not None and after.objective is not None:
        for name in ("function", "start"):
            if getattr(before.objective, name) != getattr(after.objective, name):
                yield _refusal(f"objective.{name}", "it gives the scores")
    if before.data != after.data:
        yield from _data_refusals(before, after)
    for field, (name, why) in MEANING.items():
        if getattr(before, field) != getattr(after, field):
            yield _refusal(name, why)
    if before.training is not None and after.training == before.training:
        yield from _judging_refusals(before, after)


def _data_refusals(before: StudySpec, after: StudySpec) -> Iterator[SpecError]:
    if before.data is None or after.data is None:
        yield _refusal("data", "trials learn from it")
        return
    free = ["snapshot"]  # may change: how the same file is found, and whether a copy is kept
    if before.data.sha256 is not None and before.data.sha256 == after.data.sha256:
        free.append("source")
    for name in before.data.__struct_fields__:
        if name not in free and getattr(before.data, name) != getattr(after.data, name):
            yield _refusal(f"data.{name}", "it decides which rows and columns trials learn from")


def _judging_refusals(before: StudySpec, after: StudySpec) -> Iterator[SpecError]:
    """Early stopping and schedules look at a goal, so that another one gives other scores."""
    assert before.training is not None
    looks = before.training.patience is not None or before.schedule != Choice("constant")
    if looks and judging_goal(before).metric != judging_goal(after).metric:
        yield _refusal("goals", "early stopping and the schedule look at the first one")


def _refusal(name: str, why: str) -> SpecError:
    rule = f"must stay as it was while there are trials: {why}"
    return SpecError(name, rule, remedy=NEW_STUDY)


# --- the space --------------------------------------------------------------------------------


def _space_changes(before: StudySpec, after: StudySpec, usual: Usual) -> Iterator[str]:
    if before.objective is not None and after.objective is not None:
        spaces = before.objective.space, after.objective.space
        yield from _parameter_changes(*spaces, {}, {}, _declared(spaces[1]), "")
        yield from _rule_changes(before.objective.constraints, after.objective.constraints, "")
        return
    then = {model.name: model for model in before.models}
    now = {model.name: model for model in after.models}
    several = len(then.keys() | now.keys()) > 1
    for name in now:
        if name not in then:
            yield f"{name}: new model"
    for name in then:
        if name not in now:
            yield f"{name}: not tuned any more; its trials stay in the table"
    for name, model in now.items():
        if name in then:
            known = usual.get(name, {})
            yield from _model_changes(then[name], model, known, f"{name}." if several else "")


def _declared(space: Sequence[Parameter]) -> Params:
    """What a function's parameters had before they were tuned, as far as a person has said so."""
    return {p.name: p.default for p in space if p.default is not msgspec.UNSET}


def _model_changes(then: ModelSpec, now: ModelSpec, usual: Params, prefix: str) -> Iterator[str]:
    spaces = then.space or (), now.space or ()
    yield from _parameter_changes(*spaces, then.fixed, now.fixed, usual, prefix)
    yield from _rule_changes(then.constraints, now.constraints, prefix)


def _parameter_changes(
    then: Sequence[Parameter],
    now: Sequence[Parameter],
    fixed_then: Params,
    fixed_now: Params,
    usual: Params,
    prefix: str,
) -> Iterator[str]:
    old, new = {p.name: p for p in then}, {p.name: p for p in now}
    for name in dict.fromkeys((*old, *new, *fixed_then, *fixed_now)):
        was, is_now = old.get(name), new.get(name)
        label = f"{prefix}{name}"
        default = f"{show(usual[name])}, the default" if name in usual else "its default"
        if was is not None and is_now is not None:
            yield from (f"{label}: {text}" for text in _differences(was, is_now))
        elif is_now is not None:
            had = show(fixed_then[name]) if name in fixed_then else default
            yield f"{label}: new, {_range(is_now)}; earlier trials had {had}"
        elif was is not None:
            rest = f"fixed to {show(fixed_now[name])}" if name in fixed_now else default
            yield f"{label}: not tuned any more, {rest}"
        elif name not in fixed_now:
            yield f"{label}: {show(fixed_then[name])} → {default}"
        elif name not in fixed_then:
            yield f"{label}: {default} → {show(fixed_now[name])}"
        elif not same(fixed_then[name], fixed_now[name]):
            yield f"{label}: {show(fixed_then[name])} → {show(fixed_now[name])}"


def _differences(was: Parameter, now: Parameter) -> Iterator[str]:
    """What is different about a parameter that is tuned before and after."""
    kinds = (type(was), type(now))
    if kinds[0] is not kinds[1] or _range(was) != _range(now):
        first, second = _range(was), _range(now)
        for end in (", log", " or none"):  # what is the same goes without saying
            if first.endswith(end) and second.endswith(end):
                first, second = first.removesuffix(end), second.removesuffix(end)
        yield f"{_kind(was)} {first} → {second}"
    elif was.default != now.default:
        yield f"start value {_start(was)} → {_start(now)}"
    if was.when != now.when:
        yield f"only if: {format_condition(was.when) or '—'} → {format_condition(now.when) or '—'}"
    spread = [(getattr(p, "mean", None), getattr(p, "sd", None)) for p in (was, now)]
    if spread[0] != spread[1]:
        yield "another distribution"


def _kind(parameter: Parameter) -> str:
    return "range" if isinstance(parameter, Float | Int) else "choices"


def _range(parameter: Parameter) -> str:
    """The values of a parameter in a few words: ``0.1…10, log``."""
    if isinstance(parameter, Categorical | Ordinal):
        values = [show(value) for value in parameter.values[:LISTED]]
        return ", ".join(values) + (", …" if len(parameter.values) > LISTED else "")
    text = f"{show(parameter.low)}…{show(parameter.high)}"
    if isinstance(parameter, Int):
        text = f"{parameter.low}…{parameter.high}"
    if parameter.log:
        text += ", log"
    if parameter.step not in (None, 1):
        text += f", step {show(parameter.step)}"
    return text + (" or none" if parameter.or_none else "")


def _start(parameter: Parameter) -> str:
    return "open" if parameter.default is msgspec.UNSET else show(parameter.default)


def _rule_changes(then: Sequence[str], now: Sequence[str], prefix: str) -> Iterator[str]:
    where = f"{prefix.rstrip('.')}: " if prefix else ""
    yield from (f"{where}constraint `{rule}` is new" for rule in now if rule not in then)
    yield from (f"{where}constraint `{rule}` is gone" for rule in then if rule not in now)


# --- goals and the rest -----------------------------------------------------------------------


def _goal_changes(before: StudySpec, after: StudySpec) -> Iterator[str]:
    if before.goals == after.goals:
        return
    metrics = [[goal.metric for goal in spec.goals] for spec in (before, after)]
    form = _goal_text if metrics[0] == metrics[1] else _goal_name
    was, now = (tuple(map(form, spec.goals)) for spec in (before, after))
    yield f"{'goals' if len(was) + len(now) > 2 else 'goal'}: {'; '.join(was)} → {'; '.join(now)}"


def _goal_name(goal: Goal) -> str:
    return goal.metric


def _goal_text(goal: Goal) -> str:
    """A goal in a few words: ``accuracy, maximized, at least 0.9``."""
    text = f"{goal.metric}, {goal.direction}d"
    if goal.threshold is None:
        return text
    least = "at most" if goal.direction == "minimize" else "at least"
    return f"{text}, {least} {show(goal.threshold)}"


def _goal_warnings(before: StudySpec, after: StudySpec, trials: Sequence[Trial]) -> Iterator[str]:
    """Which trials do not count because a metric was not recorded for them."""
    known = {goal.metric for goal in before.goals}
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    for goal in after.goals:
        if goal.metric in known or not complete:
            continue
        have = sum(goal.metric in trial.scores for trial in complete)
        if have == len(complete):
            continue
        which = f"Only {have:,} of {len(complete):,} trials have" if have else "No trial has"
        rest = "the others do" if have else "earlier ones do"
        yield f"{which} a score for {goal.metric}: {rest} not count."


def _other_changes(before: StudySpec, after: StudySpec) -> Iterator[str]:
    yield from _metric_changes(before, after)
    for name in ("strategy", "pruner"):
        was, now = getattr(before, name), getattr(after, name)
        if was.name != now.name:
            yield f"{name}: {was.name} → {now.name}"
        elif was.options != now.options:
            yield f"{name}: other options of {now.name}"
    for section in ("budget", "compute", "ensemble", "start"):
        was, now = getattr(before, section), getattr(after, section)
        if was == now:
            continue
        if was is None or now is None:
            yield f"{section}: {'new' if was is None else 'left out'}"
            continue
        for name in was.__struct_fields__:
            first, second = getattr(was, name), getattr(now, name)
            if first != second:
                yield f"{section}, {name.replace('_', ' ')}: {_few(first)} → {_few(second)}"
    if before.name != after.name:
        yield f"name: {before.name} → {after.name}"
    for name in MEANING:
        if getattr(before, name) != getattr(after, name):
            yield f"{name} changed"
    if before.data != after.data:
        yield "data changed"


def _metric_changes(before: StudySpec, after: StudySpec) -> Iterator[str]:
    """Metrics that are recorded since, or no more; a function's own are recorded always."""
    if after.objective is not None:
        return
    was, now = ((*(g.metric for g in spec.goals), *spec.metrics) for spec in (before, after))
    goals = {goal.metric for goal in after.goals}
    yield from (f"{name}: recorded now" for name in now if name not in {*was, *goals})
    yield from (f"{name}: not recorded any more" for name in was if name not in now)


def _few(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple) and len(value) > 1:
        return f"{len(value)} of them"
    return show(value)
