"""The progress of a run: what is done, what is running, what is left."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.plain_tips import plain_tip


class RunProgress(QWidget):
    """A thin bar in two tones: done, and being worked on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._done = self._running = 0.0
        self.setAccessibleName(self.tr("Progress of the run"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_progress(self, done: float, running: float = 0.0, total: float = 1.0) -> None:
        """Show how much is done and running, of ``total``; a total of 0 shows an empty bar."""
        scale = 1.0 / total if total > 0 else 0.0
        self._done = min(max(done * scale, 0.0), 1.0)
        self._running = min(max(running * scale, 0.0), 1.0 - self._done)
        words = self.tr("{0:.0%} done, {1:.0%} running").format(self._done, self._running)
        self.setToolTip(plain_tip(words))
        self.setAccessibleDescription(words)
        self.update()

    @property
    def shares(self) -> tuple[float, float]:
        """The shares done and running, 0 to 1."""
        return self._done, self._running

    def sizeHint(self) -> QSize:
        """Return a wide, thin size."""
        return QSize(240, 16)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest width that still tells something."""
        return QSize(60, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the track and the two shares."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, self.height() / 2 - 3, self.width(), 6)
        shape = QPainterPath()
        shape.addRoundedRect(bar, 3, 3)
        painter.setClipPath(shape)
        painter.fillRect(bar, QColor(colors.track))
        done = bar.width() * self._done
        painter.fillRect(QRectF(bar.x(), bar.y(), done, 6), QColor(colors.accent))
        painter.fillRect(
            QRectF(bar.x() + done, bar.y(), bar.width() * self._running, 6),
            QColor(colors.accent_running),
        )
        painter.setPen(Qt.PenStyle.NoPen)
