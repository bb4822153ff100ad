"""The lines under the steps and in the run bar: what a study is, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from hpo_gui.core.durations import show_duration
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.gui.worker_count import workers_of

if TYPE_CHECKING:
    from hpo_gui.gui.session import Session


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("summaries", text)


def source_name(source: str) -> str:
    """The name of a table without its folder: "wine" for "sample:wine"."""
    if source.startswith("sample:"):
        return source.removeprefix("sample:")
    return source.replace("\\", "/").rsplit("/", 1)[-1]


def title_of(name: str) -> str:
    """A model's or a strategy's name as people read it; a dotted path without its modules."""
    return name.rsplit(".", 1)[-1].replace("_", " ")


def data_line(session: Session) -> str:
    """Such as ``penguins.csv · 344 × 8``."""
    spec, table = session.spec, session.table
    if spec.objective is not None and spec.data is None:
        return tr("your own function")
    if spec.data is None:
        return tr("no data yet")
    name = source_name(spec.data.source)
    if table is None:
        return name
    return f"{name} · {table.rows:,} × {len(table.columns):,}"


def space_line(session: Session) -> str:
    """Such as ``random forest · 7 tuned``."""
    spec, space = session.spec, session.space
    if spec.objective is not None:
        what = spec.objective.function.rpartition(":")[2] or tr("your function")
    elif not spec.models:
        return tr("no model yet")
    elif len(spec.models) == 1:
        what = title_of(spec.models[0].name)
    else:
        what = tr("{0} models").format(len(spec.models))
    return what if space is None else tr("{0} · {1} tuned").format(what, len(space))


def strategy_line(session: Session) -> str:
    """Such as ``auto · 150 trials``."""
    spec = session.spec
    limit = budget_words(spec.budget, short=True)
    name = title_of(spec.strategy.name)
    return f"{name} · {limit}" if limit else name


def run_line(session: Session) -> str:
    """Such as ``88 of 150 · running``."""
    if session.is_empty:
        return tr("nothing to run yet")
    done = session.finished
    total = session.progress.total if session.progress else session.planned
    words = {
        "starting": tr("starting"),
        "running": tr("running"),
        "pausing": tr("pausing"),
        "paused": tr("paused"),
        "stopping": tr("stopping"),
    }.get(session.state, "")
    if not words:
        if not session.builder.trials:
            return tr("needs attention") if session.problems else tr("ready")
        words = tr("done") if session.is_done else tr("stopped")
        if session.followed:
            words = tr("followed")
    return f"{counted(done, total)} · {words}"


def results_line(session: Session) -> str:
    """Such as ``88 trials``."""
    waiting = session.history.states == STATE_CODES[TrialState.WAITING]
    count = len(waiting) - int(waiting.sum())
    if not count:
        return tr("no trials yet")
    words = tr("1 trial") if count == 1 else tr("{0:,} trials").format(count)
    front = len(session.history.front) if len(session.history.goals) > 1 else 0
    return tr("{0} · {1:,} on the front").format(words, front) if front else words


def counted(done: int, total: int | None) -> str:
    """Such as ``88 of 150``, or "88" without an end in sight."""
    return f"{done:,}" if total is None else tr("{0:,} of {1:,}").format(done, total)


def budget_words(budget: BudgetSpec, *, short: bool = False) -> str:
    """Such as ``150 trials or 2 minutes``; ``short`` names only the first limit."""
    parts = []
    if budget.trials is not None:
        parts.append(tr("1 trial") if budget.trials == 1 else f"{budget.trials:,} {tr('trials')}")
    if budget.seconds is not None:
        parts.append(minutes(budget.seconds))
    if budget.target is not None:
        parts.append(tr("a score of {0:g}").format(budget.target))
    if budget.no_improvement is not None:
        parts.append(tr("{0} without improvement").format(budget.no_improvement))
    if budget.gain is not None:
        text = tr("an expected gain below {0:g} in {1:,} trials")
        parts.append(text.format(budget.gain, budget.gain_trials))
    return parts[0] if short and parts else f" {tr('or')} ".join(parts)


def minutes(seconds: float) -> str:
    """Such as ``2 minutes``, where it is a round number of them, else as short as possible."""
    if seconds >= 60 and seconds % 60 == 0 and seconds < 3600:
        count = int(seconds // 60)
        return tr("1 minute") if count == 1 else tr("{0} minutes").format(count)
    return show_duration(seconds)


def plan_line(session: Session) -> str:
    """Such as ``60 trials or 2 minutes, on 2 workers``."""
    spec = session.spec
    text = budget_words(spec.budget) or tr("until you stop it")
    workers = workers_of(spec)
    where = tr("on 1 worker") if workers == 1 else tr("on {0} workers").format(workers)
    return f"{text}, {where}"


def run_problem(session: Session) -> str:
    """Why the study cannot run, in a sentence; "" when it can."""
    if session.read_only:
        return session.read_only_reason
    if session.opening.title:
        return session.opening.title
    if session.is_empty:
        return tr("Open a table or an example first.")
    if session.problems:
        return str(session.problems[0].error)
    if refused := session.study_edit.refused:
        return tr("Another {0} needs a new study.").format(refused)
    return ""
