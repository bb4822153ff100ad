"""What is different between studies, in words, and what of it stands in the way of comparing them.

Gravest first: what makes scores incomparable (another metric, other rows), what only makes the
folds others (no fold by fold comparison), and what was just tried in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, StudySpec

Breaks = Literal["scores", "folds", ""]

NO_DATA = DataSpec("")
UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Studied:
    """What a comparison needs of a study.

    Attributes
    ----------
    source : the file, or ""; two studies with the same source are the same study
    seeded : whether the study's seed decides which rows are in which fold
    code : mark of the file of the user's own function, or ""
    mixed : what of data and folds was changed while the study ran, or "": its own trials then
        do not compare
    test_ratio : see `analysis.comparison`
    """

    name: str
    spec: StudySpec
    history: History
    source: str = ""
    seeded: bool = True
    code: str = ""
    mixed: str = ""
    test_ratio: float | None = None


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in all studies.

    Attributes
    ----------
    part : of the study: "data", "seed", …
    text : in words, with the values: "other seed: 1 and 7"
    breaks : "scores" where scores must not be compared at all, "folds" where they are of the same
        rows but not fold by fold, "" where it is only another way to try
    """

    part: str
    text: str
    breaks: Breaks = ""


@dataclass(frozen=True)
class _Part:
    """Something to compare: how to read it, and how to say it where that says anything."""

    name: str
    breaks: Breaks
    read: Callable[[Studied], object]
    show: Callable[[Studied], str] | None = None
    because: str = ""


def _data(studied: Studied) -> DataSpec:
    return studied.spec.data or NO_DATA


def _mark(studied: Studied) -> object:
    """What names the rows: the content of the file, or its name where that was not recorded."""
    if studied.spec.data is None:
        return studied.spec.objective.function.rpartition(":")[2] if studied.spec.objective else ""
    return _data(studied).sha256 or _data(studied).source


def _source(studied: Studied) -> str:
    spec = studied.spec
    if spec.data is not None:
        return spec.data.source
    return spec.objective.function if spec.objective is not None else UNKNOWN


def _content(studied: Studied) -> str:
    sha256 = _data(studied).sha256
    return f"{_source(studied)} ({sha256[:8]})" if sha256 else _source(studied)


def _locked(studied: Studied) -> object:
    """Which rows are locked away: their share, and the seed that draws them."""
    share = _data(studied).test_share
    return (share, studied.spec.seed if share else None)


def choice_words(choice: Choice | None) -> str:
    """Such as ``k_fold (folds 5, shuffle yes)``.

    >>> choice_words(Choice("k_fold", {"folds": 5, "shuffle": True}))
    'k_fold (folds 5, shuffle yes)'
    """
    if choice is None:
        return "none"
    options = ", ".join(f"{name} {_value(value)}" for name, value in choice.options.items())
    return f"{choice.name} ({options})" if options else choice.name


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def model_words(spec: StudySpec) -> str:
    """The models by name, or the user's function."""
    if spec.objective is not None:
        return spec.objective.function.rpartition(":")[2]
    return ", ".join(model.name for model in spec.models) or "none"


def budget_words(budget: BudgetSpec) -> str:
    """Such as ``100 trials, 60 seconds``."""
    limits = [
        f"{_value(getattr(budget, name))} {words}"
        for name, words in (
            ("trials", "trials"),
            ("seconds", "seconds"),
            ("target", "as target"),
            ("no_improvement", "trials without improvement"),
            ("gain", "gain expected"),
        )
        if getattr(budget, name) is not None
    ]
    return ", ".join(limits) or "no limit"


def _goals(studied: Studied) -> object:
    return [(goal.metric, goal.maximize, goal.threshold) for goal in studied.history.goals]


def _goal_words(studied: Studied) -> str:
    """Such as ``accuracy, recall at least 0.9``."""
    told = []
    for goal in studied.history.goals:
        side = "at least" if goal.maximize else "at most"
        kept = "" if goal.threshold is None else f" {side} {_value(goal.threshold)}"
        told.append(f"{goal.metric}{kept}")
    return ", ".join(told)


def _repeats(studied: Studied) -> str:
    averaged = studied.spec.duplicates == "average"
    return "their mean counts" if averaged else "each counts alone"


_OTHER_ROWS = "so scores are not of the same rows"
_OTHER_FOLDS = "so scores are not of the same folds"

_PARTS = (
    _Part("data", "scores", _mark, _content, _OTHER_ROWS),
    _Part("target", "scores", lambda s: _data(s).target, lambda s: _data(s).target or "none"),
    _Part("task", "scores", lambda s: _data(s).task, lambda s: _data(s).task),
    _Part(
        "share of locked rows",
        "scores",
        lambda s: _data(s).test_share,
        lambda s: f"{_data(s).test_share:.0%}",
        _OTHER_ROWS,
    ),
    _Part(
        "weight column", "scores", lambda s: _data(s).weight, lambda s: _data(s).weight or "none"
    ),
    _Part("code of the function", "scores", lambda s: s.code, None, "so scores are of other code"),
    _Part(
        "folds",
        "folds",
        lambda s: s.spec.validation,
        lambda s: choice_words(s.spec.validation),
        _OTHER_FOLDS,
    ),
    _Part(
        "reading of the file",
        "folds",
        lambda s: _data(s).reading,
        None,
        "so values may have been read otherwise",
    ),
    _Part("group column", "folds", lambda s: _data(s).group, lambda s: _data(s).group or "none"),
    _Part("time column", "folds", lambda s: _data(s).time, lambda s: _data(s).time or "none"),
    _Part("goals", "", _goals, _goal_words),
    _Part("repeats", "", _repeats, _repeats),
    _Part("models", "", lambda s: model_words(s.spec), lambda s: model_words(s.spec)),
    _Part("search space", "", lambda s: _space(s.spec)),
    _Part("columns to learn from", "", lambda s: (_data(s).features, _data(s).ignore)),
    _Part("types of columns", "", lambda s: _data(s).types),
    _Part("preparation of columns", "", lambda s: s.spec.preprocessing),
    _Part(
        "strategy",
        "",
        lambda s: s.spec.strategy,
        lambda s: choice_words(s.spec.strategy),
    ),
    _Part("early stopping", "", lambda s: s.spec.pruner, lambda s: choice_words(s.spec.pruner)),
    _Part("training", "", lambda s: (s.spec.training, s.spec.schedule, s.spec.rows)),
    _Part("first trials", "", lambda s: s.spec.start),
    _Part("budget", "", lambda s: s.spec.budget, lambda s: budget_words(s.spec.budget)),
    _Part("computing", "", lambda s: s.spec.compute),
)


def _space(spec: StudySpec) -> object:
    """What is tuned of which model, and what is fixed."""
    if spec.objective is not None:
        return (spec.objective.space, spec.objective.constraints)
    return [(m.name, m.space, m.fixed, m.constraints) for m in spec.models]


def differences(studies: Sequence[Studied], goal: Goal) -> tuple[Difference, ...]:
    """All that is not the same in all studies, the gravest first.

    Parameters
    ----------
    goal : the metric that is compared
    """
    found = [*_metric(studies, goal), *_changed(studies), *_seeds(studies)]
    for part in _PARTS:
        values = [part.read(studied) for studied in studies]
        if any(value != values[0] for value in values[1:]):
            found.append(_told(part, studies))
    if not any(d.part == "data" for d in found):
        found += _unknown_content(studies)
    order: dict[Breaks, int] = {"scores": 0, "folds": 1, "": 2}
    return tuple(sorted(found, key=lambda difference: order[difference.breaks]))


def same_folds(first: Studied, second: Studied, goal: Goal) -> bool:
    """Whether two studies judge by the same rows in the same folds."""
    return not any(d.breaks for d in differences((first, second), goal))


def _told(part: _Part, studies: Sequence[Studied]) -> Difference:
    text = f"other {part.name}"
    if part.show is not None:
        shown = [part.show(studied) for studied in studies]
        if len(set(shown)) > 1:
            text += f": {_listed(shown)}"
    if part.because:
        text += f", {part.because}"
    return Difference(part.name, text, part.breaks)


def _metric(studies: Sequence[Studied], goal: Goal) -> list[Difference]:
    """Studies without scores of the metric, and one that wants it the other way round."""
    without = [
        studied.name
        for studied in studies
        if studied.history.best is not None and goal.metric not in studied.history.best.scores
    ]
    if without:
        names = _listed([f"“{name}”" for name in without])
        text = f"other metric: {names} has no scores of {goal.metric}"
        return [Difference("metric", text, "scores")]
    ways = {
        own.maximize
        for studied in studies
        for own in studied.history.goals
        if own.metric == goal.metric
    }
    if len(ways) > 1:
        text = f"other direction: {goal.metric} is made larger in one and smaller in another"
        return [Difference("metric", text, "scores")]
    return []


def _changed(studies: Sequence[Studied]) -> list[Difference]:
    return [
        Difference(
            "history",
            f"“{studied.name}” was given other {studied.mixed} while it ran, "
            "so its own trials are not of the same folds",
            "scores",
        )
        for studied in studies
        if studied.mixed
    ]


def _seeds(studies: Sequence[Studied]) -> list[Difference]:
    seeds = [studied.spec.seed for studied in studies]
    if len(set(seeds)) < 2:
        return []
    text = f"other seed: {_listed([str(seed) for seed in seeds])}"
    # NOTE: it draws the folds and the locked rows, and is where the strategy begins
    if len({_locked(studied) for studied in studies}) > 1:
        return [Difference("seed", f"{text}; other rows are locked, {_OTHER_ROWS}", "scores")]
    if any(studied.spec.data is not None and studied.seeded for studied in studies):
        return [Difference("seed", f"{text}; {_OTHER_FOLDS}", "folds")]
    return [Difference("seed", text)]


def _unknown_content(studies: Sequence[Studied]) -> list[Difference]:
    """A file of which only the name is known may have had other rows."""
    if all(studied.spec.data is None or _data(studied).sha256 for studied in studies):
        return []
    text = "the content of the data was not recorded, so other rows would go unnoticed"
    return [Difference("data", text, "folds")]


def _listed(values: Sequence[str]) -> str:
    """Such as ``1, 7 and 9``: different values, in the order of the studies."""
    unique = list(dict.fromkeys(values))
    return " and ".join(filter(None, (", ".join(unique[:-1]), unique[-1])))
