"""The picture of a schedule, with what it can be compared with, and what must be known of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hpo_gui.gui.learning_facts import BaseRate
from hpo_gui.gui.plots.schedule_picture import Curve, SchedulePicture
from hpo_gui.gui.plots.schedule_plot import SchedulePlot, show_rate
from hpo_gui.gui.widgets.buttons import LinkButton, explain
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import set_role, wrapped

MOST_PINNED = 3
HEIGHT = 236  # pixels of the picture


class ScheduleView(QWidget):
    """A `SchedulePlot` with a line of switches above and a note below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pinned: tuple[Curve, ...] = ()
        self._picture: SchedulePicture | None = None
        self.plot = SchedulePlot()
        self.plot.setFixedHeight(HEIGHT)
        self.log = Chip(self.tr("Logarithmic"), selectable=True)
        self.log.clicked.connect(self.plot.set_log)
        self.others = Chip(self.tr("The other kinds"), selectable=True)
        self.pin = LinkButton(self.tr("Keep to compare"))
        self.pin.clicked.connect(self._pin)
        self.note = wrapped("", "small")
        self.pins: list[Chip] = []
        self._line = QWidget()
        self._flow = FlowLayout(self._line, gap=8, line_gap=6)
        for widget in (self.log, self.others, self.pin):
            self._flow.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._line)
        column.addWidget(self.plot)
        column.addWidget(self.note)
        column.addStretch(1)

    def show_curve(
        self,
        steps: int,
        curve: Curve,
        others: tuple[Curve, ...],
        rate: BaseRate | None,
        why_no_rate: str,
    ) -> None:
        """Show a curve in front of others, and tell what must be known to read the picture.

        Parameters
        ----------
        rate : what the factors multiply, where it is known
        why_no_rate : why there is nothing to multiply, or ""
        """
        self._picture = SchedulePicture(steps, curve, others, self.pinned)
        self.plot.show_picture(self._picture, rate)
        sentences = [why_no_rate] if why_no_rate else []
        if rate is not None and rate.is_tuned:
            text = self.tr("Drawn for {0} = {1}, which is tuned from {2} to {3}.")
            numbers = [show_rate(number) for number in (rate.value, rate.low, rate.high)]
            sentences.append(text.format(rate.name, *numbers))
            if self.log.isChecked():
                sentences.append(self.tr("The band holds all of them."))
        if len(curve.losses):
            sentences.append(
                self.tr("The loss of an example decides: in a study each trial's own does.")
            )
        self.note.setText(" ".join(sentences))
        self.note.setVisible(bool(sentences))
        set_role(self.note, "warning" if why_no_rate else "small")

    def forget(self) -> None:
        """Keep nothing to compare."""
        self._set_pinned(())

    def _pin(self) -> None:
        if self._picture is not None:
            self._set_pinned((*self.pinned, self._picture.curve))

    def _set_pinned(self, pinned: tuple[Curve, ...]) -> None:
        self.pinned = pinned
        for chip in self.pins:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.pins = []
        for number, curve in enumerate(pinned):
            chip = Chip(f"{number + 1} {curve.title}", self._line, removable=True)
            chip.removed.connect(lambda number=number: self._unpin(number))
            self._flow.addWidget(chip)
            chip.show()
            self.pins.append(chip)
        full = self.tr("Three are kept already.") if len(pinned) >= MOST_PINNED else ""
        explain(self.pin, full, self.tr("Leave this curve in the picture while you edit"))
        if self._picture is not None:
            self._picture = replace(self._picture, pinned=pinned)
            self.plot.show_picture(self._picture, self.plot.rate)

    def _unpin(self, number: int) -> None:
        self._set_pinned((*self.pinned[:number], *self.pinned[number + 1 :]))
