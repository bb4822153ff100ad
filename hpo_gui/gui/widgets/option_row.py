"""One option of a form: title, editor, description, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from hpo_gui.gui.widgets.check_list import CheckList
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.option_fields import OptionField
from hpo_gui.gui.widgets.value_edit import ValueEdit

EDITOR_WIDTH, TITLE_WIDTH = 220, 140

Editor = ValueEdit | Combo | QCheckBox | CheckList | QLineEdit


class OptionRow(QWidget):
    """Lays out what belongs to one option.

    Parameters
    ----------
    error : what is wrong from the beginning
    """

    def __init__(
        self, field: OptionField, editor: Editor, error: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.error = wrapped("", "error")
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(16)
        self.grid.setVerticalSpacing(2)
        self.grid.setColumnStretch(2, 1)
        self.title = label("" if field.kind == "flag" else field.title)
        self.title.setBuddy(editor)
        at_top = field.kind == "choices"
        side = Qt.AlignmentFlag.AlignTop if at_top else Qt.AlignmentFlag.AlignVCenter
        self.grid.addWidget(self.title, 0, 0, side)
        editor.setAccessibleName(field.title)
        if at_top:
            self.grid.addWidget(editor, 0, 1, 1, 2)
        else:
            if field.kind != "flag":
                editor.setMaximumWidth(EDITOR_WIDTH)
            self.grid.addWidget(editor, 0, 1)
        if field.description:
            editor.setAccessibleDescription(field.description)
            self.grid.addWidget(wrapped(field.description, "small"), 1, 1, 1, 2)
        self.grid.addWidget(self.error, 2, 1, 1, 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.show_error(error)

    def show_error(self, error: str) -> None:
        """Tell what is wrong, or nothing."""
        self.error.setText(error)
        self.error.setVisible(bool(error))


def align_titles(rows: Sequence[OptionRow]) -> None:
    """Give all titles the width of the longest."""
    widest = max((row.title.sizeHint().width() for row in rows), default=0)
    for row in rows:
        row.grid.setColumnMinimumWidth(0, max(widest, TITLE_WIDTH))
