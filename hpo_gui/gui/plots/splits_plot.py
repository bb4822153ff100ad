"""The picture of the splits before the start: folds as lines, rows from left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.plots.splits_picture import JUDGE, LEARN, SplitsPicture, splits_picture
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.labels import set_role, wrapped
from hpo_gui.gui.widgets.painting import elided

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset
    from hpo_gui.evaluation.table import Table

PAUSE = 120  # milliseconds after an edit
LEFT, RIGHT, TOP, GAP = 56, 84, 26, 10
STRIP, AXIS = 6, 18
LOCKED_LEAST = 14


class SplitsPlot(QWidget):
    """Shows what the validation of the session's study does with its rows, or why it cannot."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._drawn_for: object = None
        self._kept: tuple[object, Dataset] | None = None
        self.picture = SplitsCanvas()
        self.text = wrapped("", "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.text)
        column.addWidget(self.picture, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._compute)
        session.spec_changed.connect(self._wake)
        session.table_changed.connect(self._wake)
        self._wake()

    @property
    def is_busy(self) -> bool:
        """Whether the picture is still of an earlier specification."""
        return self._job is not None or self._timer.isActive()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while it was hidden."""
        super().showEvent(event)
        self._wake()

    def _wake(self) -> None:
        if self.isVisible() and self._wanted() != self._drawn_for:
            self._timer.start()

    def _wanted(self) -> object:
        spec, table, roles = self._session.spec, self._session.table, self._session.roles
        return (spec.data, spec.validation, spec.seed, roles, id(table))

    def _compute(self) -> None:
        if self._job is not None:
            return
        self._drawn_for = self._wanted()
        spec, table = self._session.spec, self._session.table
        if table is None or spec.data is None or spec.validation is None:
            self._say(self.tr("The picture of the folds comes with a table."), "small")
            return
        if self.picture.shown is None and not self.text.text():
            self._say(self.tr("Splitting the rows…"), "small")
        title = self.tr("Drawing the folds")
        self._job = self._session.jobs.start(title, lambda job: self._work(spec, table))
        self._job.finished.connect(self._show)
        self._job.failed.connect(self._fail)
        self._job.ended.connect(self._ended)

    def _work(self, spec: StudySpec, table: Table) -> SplitsPicture:
        from hpo_gui.evaluation.dataset import make_dataset

        assert spec.validation is not None
        assert spec.data is not None
        column = spec.validation.options.get("column")
        key = (spec.data, spec.seed, column, id(table))
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, make_dataset(table, spec.data, spec.seed, fold_column=column))
        return splits_picture(self._kept[1], spec.validation, spec.seed)

    def _ended(self) -> None:
        self._job = None
        self._wake()

    def _show(self, picture: object) -> None:
        assert isinstance(picture, SplitsPicture)
        notes = [picture.sentence]
        if picture.count > len(picture.codes):
            note = self.tr("The first {0} of {1:,} folds are shown.")
            notes.append(note.format(len(picture.codes), picture.count))
        self._say(" ".join(notes), "small")
        self.picture.show_picture(picture)
        self.picture.setAccessibleDescription(" ".join(notes))

    def _fail(self, error: BaseException) -> None:
        shown = (
            str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        )
        self._say(shown, "error")

    def _say(self, text: str, role: str) -> None:
        set_role(self.text, role)
        self.text.setText(text)
        if role == "error":
            self.picture.show_picture(None)


class SplitsCanvas(QWidget):
    """Paints a `SplitsPicture`: full orange bars judge, low blue bars are learnt from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: SplitsPicture | None = None
        self.setAccessibleName(self.tr("Picture of the folds"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(110)
        current_theme().changed.connect(self.update)

    def show_picture(self, picture: SplitsPicture | None) -> None:
        """Paint another picture; None paints nothing."""
        self.shown = picture
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room that suits the number of folds."""
        folds = len(self.shown.codes) if self.shown else 5
        return QSize(420, TOP + STRIP + AXIS + GAP + min(max(folds, 1) * 18, 320))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the legend, the folds, the strip and the axis."""
        if self.shown is None:
            return
        painter = QPainter(self)
        picture = self.shown
        bottom = self.height() - AXIS - (STRIP + GAP if len(picture.strip) else 2)
        area = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, max(bottom - TOP, 20))
        locked = self._locked_width(picture, area.width())
        rows = QRectF(area)
        rows.setRight(area.right() - (locked + GAP if locked else 0))
        self._paint_legend(painter, picture)
        self._paint_folds(painter, picture, rows)
        if locked:
            self._paint_locked(
                painter, QRectF(rows.right() + GAP, area.top(), locked, area.height())
            )
        if len(picture.strip):
            self._paint_strip(painter, picture, rows, bottom + 4)
        self._paint_axis(painter, picture, rows)

    def _locked_width(self, picture: SplitsPicture, width: float) -> float:
        if not picture.locked:
            return 0.0
        share = picture.locked / (picture.rows + picture.locked)
        return max(share * (width - GAP), LOCKED_LEAST)

    def _paint_legend(self, painter: QPainter, picture: SplitsPicture) -> None:
        colors = tokens()
        painter.setFont(text_font(11))
        entries = [(self.tr("learns"), "learn"), (self.tr("is judged"), "judge")]
        if (picture.codes == 0).any():
            entries.append((self.tr("left out"), "unused"))
        if picture.locked:
            entries.append((self.tr("locked until export"), "locked"))
        x = float(LEFT)
        for words, kind in entries:
            box = QRectF(x, 5, 12, 10)
            if kind == "locked":
                self._hatch(painter, box)
            elif kind == "learn":
                painter.fillRect(box.adjusted(0, 3, 0, 0), QColor(colors.histogram))
            elif kind == "judge":
                painter.fillRect(box, QColor(judge_color()))
            else:
                painter.fillRect(box.adjusted(0, 8, 0, 0), QColor(colors.track))
            painter.setPen(QColor(colors.muted))
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(
                QRectF(x + 16, 0, width + 2, 20), Qt.AlignmentFlag.AlignVCenter, words
            )
            x += width + 34

    def _paint_folds(self, painter: QPainter, picture: SplitsPicture, rows: QRectF) -> None:
        colors = tokens()
        count = len(picture.codes)
        pitch = rows.height() / count
        thick = max(pitch - (4 if pitch > 9 else 1), 1.0)
        fills = {LEARN: QColor(colors.histogram), JUDGE: QColor(judge_color())}
        named = pitch >= 12 or count <= 1
        painter.setFont(text_font(11))
        for fold in range(count):
            top = rows.top() + fold * pitch
            line = QRectF(rows.left(), top, rows.width(), thick)
            painter.fillRect(line.adjusted(0, thick - 1, 0, 0), QColor(colors.track))
            for first, last, code in _runs(picture.codes[fold]):
                if code in fills:
                    span = _span(line, first, last, picture.codes.shape[1])
                    low = thick * 0.35 if code == LEARN and thick > 4 else 0.0
                    painter.fillRect(span.adjusted(0, low, 0, 0), fills[code])
            if named or fold in (0, count - 1):
                self._paint_words(painter, picture, fold, line)

    def _paint_words(
        self, painter: QPainter, picture: SplitsPicture, fold: int, line: QRectF
    ) -> None:
        learn, judge = picture.sizes[fold]
        painter.setPen(QColor(tokens().muted))
        middle = min(line.center().y(), self.height() - AXIS - STRIP - GAP - 14)
        painter.drawText(
            QRectF(0, middle - 8, LEFT - 8, 16),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            self.tr("fold {0}").format(fold + 1),
        )
        painter.drawText(
            QRectF(self.width() - RIGHT + 8, middle - 8, RIGHT - 8, 16),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            f"{learn:,} / {judge:,}",
        )

    def _paint_locked(self, painter: QPainter, block: QRectF) -> None:
        self._hatch(painter, block)

    def _hatch(self, painter: QPainter, block: QRectF) -> None:
        colors = tokens()
        painter.fillRect(block, QColor(colors.hover))
        painter.fillRect(block, QBrush(QColor(colors.strong_border), Qt.BrushStyle.BDiagPattern))

    def _paint_strip(
        self, painter: QPainter, picture: SplitsPicture, rows: QRectF, top: float
    ) -> None:
        series = [color for color in tokens().series if color != judge_color()]
        line = QRectF(rows.left(), top, rows.width(), STRIP)
        for first, last, code in _runs(picture.strip):
            span = _span(line, first, last, len(picture.strip))
            painter.fillRect(span, QColor(series[code % len(series)]))
        painter.setFont(text_font(11))
        painter.setPen(QColor(tokens().muted))
        painter.drawText(
            QRectF(0, top - 5, LEFT - 8, 16),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            elided(painter, picture.strip_title, LEFT - 8),
        )

    def _paint_axis(self, painter: QPainter, picture: SplitsPicture, rows: QRectF) -> None:
        order = {
            "row": self.tr("rows in the order of the table"),
            "class": self.tr("rows, class by class"),
            "group": self.tr("rows, group by group"),
            "time": self.tr("rows, oldest first"),
        }[picture.order]
        if picture.every > 1:
            order += self.tr(" (1 of {0} shown)").format(picture.every)
        painter.setFont(text_font(11))
        painter.setPen(QColor(tokens().muted))
        where = QRectF(rows.left(), self.height() - AXIS, rows.width() + RIGHT, AXIS)
        painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, order)


def judge_color() -> str:
    """The orange of the series, for rows that judge."""
    return tokens().series[2]


def _runs(codes: np.ndarray) -> list[tuple[int, int, int]]:
    """Stretches of equal codes: first, one behind the last, code."""
    if not len(codes):
        return []
    edges = np.flatnonzero(np.diff(codes)) + 1
    starts = [0, *edges.tolist()]
    ends = [*edges.tolist(), len(codes)]
    return [(a, b, int(codes[a])) for a, b in zip(starts, ends, strict=True)]


def _span(line: QRectF, first: int, last: int, columns: int) -> QRectF:
    left = line.left() + line.width() * first / columns
    right = line.left() + line.width() * last / columns
    return QRectF(left, line.top(), max(right - left, 1.0), line.height())
