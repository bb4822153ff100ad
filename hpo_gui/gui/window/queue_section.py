"""The queue in the rail: its studies in their order, when they will be through, and go or wait."""

from __future__ import annotations

import time

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.queue_runner import QueueRunner
from hpo_gui.gui.study_queue import QueueEntry
from hpo_gui.gui.summaries import tr
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.labels import ElidedLabel
from hpo_gui.gui.widgets.study_list import StudyItem, StudyList
from hpo_gui.gui.window.study_items import open_item

DAY = 86_400


class QueueSection(QWidget):
    """See the module; hidden while nothing is queued.

    Signals
    -------
    menu_requested : id of an entry and global position, for a context menu
    """

    menu_requested = Signal(str, QPoint)

    def __init__(
        self, studies: OpenStudies, runner: QueueRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.studies = studies
        self.runner = runner
        self.list = StudyList(self.tr("Queue"), self, movable=True)
        self.button = IconButton("run", "")
        self.button.setFixedSize(24, 24)
        self.button.clicked.connect(self._switch)
        self.end = ElidedLabel("", "small")
        self.list.head.setContentsMargins(10, 0, 0, 4)
        self.list.head.addWidget(self.button)
        end = QHBoxLayout()
        end.setContentsMargins(10, 4, 0, 0)
        end.addWidget(self.end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list)
        column.addLayout(end)
        self.list.activated.connect(runner.show)
        self.list.menu_requested.connect(self.menu_requested)
        self.list.moved.connect(runner.queue.move)
        runner.queue.changed.connect(self.refresh)
        studies.changed.connect(self.refresh)
        studies.progressed.connect(self._progressed)
        self.refresh()

    def refresh(self) -> None:
        """Show everything again."""
        entries = self.runner.queue.entries
        self.setVisible(bool(entries))
        items = [self._item(entry, place) for place, entry in enumerate(entries, start=1)]
        linked = self.runner.links.get(self.studies.shown, "")
        self.list.set_studies(items, linked)
        goes = self.runner.queue.goes
        words = self.tr("Let the queue wait") if goes else self.tr("Run the queue")
        if self.button.accessibleName() != words:
            self.button.set_icon("pause" if goes else "run", "muted" if goes else "accent")
            self.button.setToolTip(words)
            self.button.setAccessibleName(words)
        self.end.setText(end_words(*self.runner.seconds(), goes=goes) if entries else "")
        self.end.setVisible(bool(self.end.text()))

    def _progressed(self, key: str) -> None:
        if key in self.runner.links:
            self.refresh()

    def _item(self, entry: QueueEntry, place: int) -> StudyItem:
        study = self.studies.study(self.runner.key_of(entry.id))
        if entry.state == "running" and study is not None:
            return open_item(entry.id, study)
        if entry.state == "failed":
            line = entry.problem.partition("\n")[0]
            return StudyItem(entry.id, entry.name, "", "failed", line, tip=entry.path)
        return StudyItem(entry.id, entry.name, str(place), "waiting", tip=entry.path)

    def _switch(self) -> None:
        if self.runner.queue.goes:
            self.runner.wait()
        else:
            self.runner.go()


def end_words(known: float, unknown: int, *, goes: bool) -> str:
    """When the queue will be through: "through about 03:40", or how long it takes."""
    from hpo_gui.core.durations import show_duration

    if known <= 0:
        return ""
    if not goes:
        words = show_duration(known)
        return tr("takes at least {0}").format(words) if unknown else tr("takes {0}").format(words)
    end = time.time() + known
    format_ = "%H:%M" if known < DAY else "%a %H:%M"
    words = time.strftime(format_, time.localtime(end))
    if unknown:
        return tr("not through before {0}").format(words)
    return tr("through about {0}").format(words)
