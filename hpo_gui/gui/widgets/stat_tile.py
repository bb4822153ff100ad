"""One number that matters, with what it is, its unit or spread, and a remark."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.labels import ElidedLabel, label


class StatTile(QWidget):
    """A large figure: ``Best trial #84 / 0.966 ± 0.011 accuracy / ▲ 0.039 above``.

    Parameters
    ----------
    name : what the number is
    """

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(name, "muted")
        self.value = label("—", "figure")
        self.unit = ElidedLabel("", "muted")
        self.remark = Chip("", self)
        self.remark.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.value)
        row.addWidget(self.unit, 1, Qt.AlignmentFlag.AlignBottom)
        self.unit.setContentsMargins(0, 0, 0, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addLayout(row)
        column.addSpacing(2)
        column.addWidget(self.remark, 0, Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_stat(
        self, value: str, unit: str = "", *, name: str = "", remark: str = "", tone: str = ""
    ) -> None:
        """Show a number.

        Parameters
        ----------
        value, unit : the figure and the muted words after it
        name : what it is; "" leaves the name as it was
        remark, tone : the pill under the figure and its colour token; "" shows no pill
        """
        if name:
            self.name.setText(name)
        self.value.setText(value)
        self.unit.setText(unit)
        self.remark.setText(remark)
        self.remark.set_tone(tone)
        self.remark.setVisible(bool(remark))
        self.setAccessibleName(f"{self.name.text()}: {value} {unit}. {remark}".strip())
