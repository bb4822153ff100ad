"""Comparing studies: which ones, their best scores over one axis, a table, and what differs."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.analysis.study_comparison import MOST, verdict
from hpo_gui.analysis.study_differences import Difference
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.plots.comparison_plot import ComparisonPlot
from hpo_gui.gui.study_choice import StudyChoice
from hpo_gui.gui.study_files import studies_folder
from hpo_gui.gui.tables.comparison_table import ComparisonTable, marker_icon
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.theme import current_theme
from hpo_gui.gui.widgets.buttons import LinkButton, SecondaryButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.segmented_control import SegmentedControl

SIDE = 300
PICTURES = "*.png *.svg *.pdf"


class ComparePanel(QWidget):
    """See the module.

    Attributes
    ----------
    dialog : the file dialog on screen, or None
    """

    def __init__(self, choice: StudyChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice
        self.session = choice.session
        self.dialog: QFileDialog | None = None
        self.plot = ComparisonPlot()
        self.table = ComparisonTable()
        self.along = SegmentedControl(
            (("trial", self.tr("by trial")), ("time", self.tr("by time"))), self.tr("Axis")
        )
        self.metric_combo = Combo((), self.tr("Metric"))
        self.export = SecondaryButton(self.tr("Export…"), "export")
        self.boxes: dict[str, QCheckBox] = {}
        self.verdict = wrapped("", "")
        self._build()
        self.along.changed.connect(self._show)
        self.metric_combo.picked.connect(choice.set_metric)
        self.export.clicked.connect(self._ask_export)
        choice.candidates_changed.connect(self._list)
        choice.changed.connect(self._show)
        current_theme().changed.connect(self._list)
        choice.begin()

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.picture = Card(self.tr("Best score"), flush=True)
        for widget in (self.metric_combo, self.along, self.export):
            self.picture.add_action(widget)
        self.picture.add(self.plot, 1)
        table = Card(self.tr("Studies"), flush=True)
        table.add(self.table, 1)
        down = QSplitter(Qt.Orientation.Vertical)
        down.setObjectName("compare")
        down.setHandleWidth(12)
        down.setChildrenCollapsible(False)
        down.addWidget(self.picture)
        down.addWidget(table)
        down.setStretchFactor(0, 1)
        down.setSizes([420, 230])
        self.empty = EmptyState("chart", self.tr("Tick two to six studies"))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(down)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self.stack, 1)
        row.addWidget(self._side())

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        studies = Card(self.tr("Compare"))
        add = LinkButton(self.tr("Add a file…"), "plus")
        add.clicked.connect(self._ask_file)
        studies.add_action(add)
        self._ticks = QVBoxLayout()
        self._ticks.setSpacing(6)
        studies.add(_scrolled(self._ticks), 1)
        self.told = Card(self.tr("May they be compared?"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(10)
        self.told.add(_scrolled(self._lines), 1)
        column.addWidget(studies, 2)
        column.addWidget(self.told, 3)
        return side

    # --- which studies ------------------------------------------------------------------------

    def _list(self) -> None:
        """Show what can be ticked; what is ticked has the marker of its line."""
        chosen = self.choice.chosen
        rows = self.choice.candidates()
        for box in self.boxes.values():
            self._ticks.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = {}
        full = len(chosen) >= MOST
        for row in rows:
            words = row.name.replace("&", "&&")
            box = QCheckBox(words)
            box.setChecked(row.key in chosen)
            box.setAccessibleName(row.name)
            box.setToolTip(row.key if "/" in row.key or "\\" in row.key else row.name)
            if row.key in chosen:
                box.setIcon(marker_icon(chosen.index(row.key)))
            elif full:
                box.setEnabled(False)
                box.setToolTip(self.tr("Six studies are compared at most."))
            box.clicked.connect(lambda on, key=row.key: self.choice.choose(key, on))
            self._ticks.insertWidget(len(self.boxes), box)
            self.boxes[row.key] = box
        if not rows:
            self.empty.set_text(
                self.tr("There is nothing to compare yet"),
                self.tr("Run a study, or add the files of some."),
            )
        else:
            self.empty.set_text(
                self.tr("Tick two to six studies"),
                self.tr("Their best scores are shown over one axis, and what is different."),
            )

    def _ask_file(self) -> None:
        folder = studies_folder()
        dialog = QFileDialog(self, self.tr("Add a study"))
        dialog.setDirectory(str(folder if folder.is_dir() else Path.cwd()))
        dialog.setNameFilter(self.tr("Studies (*.hpostudy)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.add_files)
        self.dialog = dialog
        dialog.open()

    def focus_field(self, field: str) -> None:
        """Tick these files too, as many as there are, between path separators."""
        self.add_files([path for path in field.split(os.pathsep) if path])
        box = next((box for box in self.boxes.values() if box.isEnabled()), None)
        if box is not None:
            box.setFocus()

    def add_files(self, paths: list[str]) -> None:
        """Tick these files."""
        for path in paths:
            self.choice.add_file(Path(path))

    # --- what came out ------------------------------------------------------------------------

    def _show(self) -> None:
        found, problem = self.choice.found, self.choice.problem
        self.stack.setCurrentIndex(0 if found is None else 1)
        self.told.setVisible(found is not None or bool(problem))
        self.plot.show_comparison(found, self.along.current())
        self.table.show_comparison(found)
        self._clear_lines()
        if problem:
            self._add_line("error", self.tr("The studies cannot be read"), problem)
        if found is None:
            self._lines.addStretch(1)
            return
        self._show_metrics()
        self.verdict = wrapped(verdict(found), "")
        self._lines.addWidget(self.verdict)
        for breaks in ("scores", "folds", ""):
            self._add_differences([d for d in found.differences if d.breaks == breaks])
        if not found.differences:
            self._add_line("good", self.tr("Nothing is different"))
        self._lines.addStretch(1)

    def _show_metrics(self) -> None:
        found = self.choice.found
        assert found is not None
        names = found.metrics or (found.goal.metric,)
        self.metric_combo.set_options([(name, metric_words(name)) for name in names])
        self.metric_combo.set_current_key(found.goal.metric)
        self.metric_combo.setVisible(len(names) > 1)

    def _clear_lines(self) -> None:
        while self._lines.count():
            item = self._lines.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add_differences(self, told: list[Difference]) -> None:
        """What stands in the way of the same, under one head."""
        if not told:
            return
        level, head = {
            "scores": ("bad", self.tr("Scores do not compare")),
            "folds": ("warning", self.tr("No fold by fold test")),
            "": ("muted", self.tr("Tried in another way")),
        }[told[0].breaks]
        texts = [difference.text[:1].upper() + difference.text[1:] for difference in told]
        self._add_line(level, head, *texts)

    def _add_line(self, level: str, head: str, *texts: str) -> None:
        line = QWidget()
        column = QVBoxLayout(line)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label(head, level))
        for text in texts:
            column.addWidget(wrapped(text, ""))
        self._lines.addWidget(line)

    # --- files --------------------------------------------------------------------------------

    def _ask_export(self) -> None:
        kinds = ";;".join((self.tr("Pictures ({0})").format(PICTURES), self.tr("Tables (*.csv)")))
        dialog = QFileDialog(self, self.tr("Export the comparison"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(kinds.split(";;"))
        dialog.selectFile("comparison.png")
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        self.dialog = dialog
        dialog.open()

    def write(self, path: Path) -> None:
        """Write picture or table, by the suffix; a picture where there is none."""
        found, engine = self.choice.found, self.session.engine
        if found is None or engine is None:
            return
        target = path if path.suffix else path.with_suffix(".png")
        along = self.along.current()
        title = self.tr("Exporting the comparison")
        job = self.session.jobs.start(
            title, lambda job: engine.export_comparison(found, target, along)
        )
        head = self.tr("{0} is written").format(target.name)
        job.finished.connect(lambda _: self.session.tell(Notice("good", head, str(target))))
        failed = self.tr("The comparison was not written")
        job.failed.connect(lambda error: self.session.tell(notice_of(error, failed)))


def _scrolled(rows: QVBoxLayout) -> QScrollArea:
    """A column that scrolls when it has no room."""
    inside = QFrame()
    inside.setProperty("kind", "plain")
    rows.setContentsMargins(0, 0, 6, 0)
    outer = QVBoxLayout(inside)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addLayout(rows)
    outer.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area
