"""What a study was, what was done to it, and how to repeat it, as lines of a report."""

from __future__ import annotations

from dataclasses import dataclass

from hpo_gui.analysis.study_differences import budget_words
from hpo_gui.core.durations import show_duration
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.core.value import show
from hpo_gui.evaluation.metrics import metric_title
from hpo_gui.evaluation.splits import describe
from hpo_gui.export.report_source import Report
from hpo_gui.export.report_text import Table, counted, moment, short

MOST_EVENTS = 200
MOST_TOML = 100_000  # letters


@dataclass(frozen=True)
class Repeat:
    """How to do it again: versions, and the specification with a sentence on what was cut."""

    seed: str
    versions: tuple[tuple[str, str], ...]
    toml: str
    cut: str = ""


def facts_of(report: Report) -> tuple[tuple[str, str], ...]:
    """The study in lines of a title and a text; what is not known has no line."""
    spec = report.spec
    facts = [
        ("Study file", report.file),
        ("Data", _data(report)),
        ("Predicted", _target(spec)),
        ("Model" if len(spec.models) == 1 else "Models", _models(spec)),
        ("Goal" if len(report.history.goals) == 1 else "Goals", _goals(report.history.goals)),
        ("Tuned", short(", ".join(report.history.space.names) or "nothing", 600)),
        ("Validation", _validation(spec.validation)),
        ("Strategy", _chosen(report.strategy, spec.strategy)),
        ("Pruner", _chosen(report.pruner, spec.pruner)),
        ("Budget", budget_words(spec.budget)),
        ("Used", _used(report)),
        ("Run", _dates(report)),
        ("Seed", str(spec.seed)),
        ("Written", f"{moment(report.written)}, by HPO Studio {report.program}"),
    ]
    return tuple((title, text) for title, text in facts if text)


def _data(report: Report) -> str:
    data = report.spec.data
    if report.spec.objective is not None:
        return f"your own function, {report.spec.objective.function}"
    if data is None:
        return ""
    parts = [short(data.source)]
    if report.shape is not None:
        rows, columns = report.shape
        parts.append(f"{counted(rows, 'row')}, {counted(columns, 'column')}")
    if data.test_share:
        parts.append(f"{100 * data.test_share:.0f} % of the rows locked away")
    if data.sha256 is not None:
        parts.append(f"SHA-256 {data.sha256[:16]}…")
    return "; ".join(parts)


def _target(spec: StudySpec) -> str:
    if spec.data is None or spec.data.target is None:
        return ""
    task = "" if spec.data.task == "auto" else f" ({spec.data.task})"
    return f"{short(spec.data.target)}{task}"


def _models(spec: StudySpec) -> str:
    return short(", ".join(model.name for model in spec.models), 600)


def _goals(goals: tuple[Goal, ...]) -> str:
    told = []
    for goal in goals:
        title = metric_title(goal.metric)
        words = title if title == goal.metric else f"{title} ({goal.metric})"
        words += f", {'maximized' if goal.maximize else 'minimized'}"
        if goal.threshold is not None:
            words += f", {'at least' if goal.maximize else 'at most'} {goal.threshold:.6g}"
        told.append(words)
    return "; ".join(told)


def _validation(choice: Choice | None) -> str:
    if choice is None:
        return ""
    try:
        return describe(choice)
    except SpecError:  # of another version of the program
        return choice.name


def _chosen(told: tuple[str, str], choice: Choice) -> str:
    """A member of a family: its title, its options, and why it is used."""
    title, why = told
    options = ", ".join(f"{name} {show(value)}" for name, value in choice.options.items())
    text = title or choice.name
    text += f" ({short(options)})" if options else ""
    return f"{text}. {why}" if why else text


def _used(report: Report) -> str:
    history = report.history
    parts = []
    for state in TrialState:
        count = sum(trial.state is state for trial in history.trials)
        if count:
            parts.append(f"{count:,} {state}")
    told = f"{counted(len(history), 'trial')}: {', '.join(parts)}" if parts else "no trial"
    return f"{told}; {show_duration(report.seconds)} of running" if report.seconds else told


def _dates(report: Report) -> str:
    trials = report.history.trials
    started = [trial.started for trial in trials if trial.started is not None]
    finished = [trial.finished for trial in trials if trial.finished is not None]
    if not started:
        return ""
    last = f" to {moment(max(finished))}" if finished else ""
    return f"{moment(min(started))}{last}"


def what_was_done(report: Report) -> Table:
    """The audit trail and the edits, the newest of very many."""
    lines = [(event.at, event.text) for event in report.events]
    lines += [
        (at, f"Version {version} of the specification: {note}")
        for version, at, note in report.edits
        if version > 1
    ]
    lines.sort(key=lambda line: line[0])
    shown = lines[-MOST_EVENTS:]
    rows = tuple((moment(at), short(" ".join(text.split()), 500)) for at, text in shown)
    more = len(lines) - len(shown)
    note = f"{counted(more, 'earlier entry', 'earlier entries')} not shown here." if more else ""
    return Table(("time", "what was done"), rows, more=note)


def how_to_repeat(report: Report) -> Repeat:
    """The seed, the versions and the specification."""
    cut = ""
    if len(report.toml) > MOST_TOML:
        cut = f"Only its first {MOST_TOML:,} of {len(report.toml):,} letters are shown."
    versions = tuple(report.versions.items())
    return Repeat(str(report.spec.seed), versions, report.toml[:MOST_TOML], cut)
