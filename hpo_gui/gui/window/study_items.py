"""What the rows of the rail say of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo_gui.core.durations import show_duration
from hpo_gui.gui import summaries
from hpo_gui.gui.recent import RecentFile, StudyState
from hpo_gui.gui.summaries import tr
from hpo_gui.gui.widgets.study_list import Mark, StudyItem

if TYPE_CHECKING:
    from hpo_gui.gui.open_studies import OpenStudy


def study_note(study: OpenStudy) -> str:
    """The note of an open study: its best score, the size of its front, or "new"."""
    best, goal = study.history.best, study.goal
    if len(study.history.goals) > 1 and best is not None:
        count = len(study.history.front)
        return tr("front {0:,}").format(count) if count else tr("none feasible")
    if best is None or goal is None or goal.metric not in best.scores:
        return tr("new") if not study.builder.trials else "—"
    score = study.history.score(best.number)  # where repeats are averaged, their mean
    return f"{score:.4g}".replace("-", "−")


def open_item(key: str, study: OpenStudy) -> StudyItem:
    """The row of a study that is open: how far it is, and its best score."""
    if not study.is_active:
        mark: Mark = "done" if study.is_done and study.path is not None else ""
        if not study.builder.trials and study.path is None:
            mark = "edited"
        return StudyItem(key, study.spec.name, study_note(study), mark)
    now = study.progress
    done = study.finished
    total = now.total if now else study.planned
    words = {
        "starting": tr("starting"),
        "pausing": tr("pausing"),
        "paused": tr("paused"),
        "stopping": tr("stopping"),
    }.get(study.state, "")
    if not words and now is not None and now.eta is not None:
        words = tr("{0} left").format(show_duration(now.eta))
    line = summaries.counted(done, total)
    return StudyItem(
        key,
        study.spec.name,
        study_note(study),
        "paused" if study.state in ("pausing", "paused") else "running",
        f"{line} · {words}" if words else line,
        now.share if now else None,
    )


def recent_item(file: RecentFile) -> StudyItem:
    """The row of a study that is not open."""
    mark: Mark = "done" if file.state == "done" else ""
    return StudyItem(file.path, file.name, file.note, mark, tip=file.path)


def recent_of(study: OpenStudy, process: int) -> RecentFile | None:
    """The line of an open study for the recent files; None without a file."""
    if study.path is None:
        return None
    here = study.is_active and study.state != "paused"
    state: StudyState = "running" if here else "done" if study.is_done else "paused"
    return RecentFile(
        str(study.path),
        study.spec.name,
        "study",
        study_note(study),
        state,
        process if study.is_active else 0,
    )
