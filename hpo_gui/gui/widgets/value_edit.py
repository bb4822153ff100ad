"""A line edit for one number, which says at once what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from hpo_gui.gui.widgets.labels import set_look
from hpo_gui.gui.widgets.number_rule import NumberRule, show_number
from hpo_gui.gui.widgets.plain_tips import plain_tip


class ValueEdit(QLineEdit):
    """Edits a number that obeys a rule.

    While the text breaks the rule the border is red, the tooltip says why, and no value is sent.

    Parameters
    ----------
    rule : what the number must fulfil
    name : what the number is, for screen readers
    dense : low, for table cells

    Signals
    -------
    value_changed : the number (or None when empty and optional), once editing it is finished
    error_changed : the sentence that says what is wrong; "" when all is well
    """

    value_changed = Signal(object)
    error_changed = Signal(str)

    def __init__(
        self,
        rule: NumberRule | None = None,
        name: str = "",
        parent: QWidget | None = None,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__(parent)
        self._rule = rule or NumberRule()
        self._error = self._outside_error = ""
        self._sent: float | int | None = None
        self._hint = ""
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setProperty("dense", dense)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self._check)
        self.editingFinished.connect(self._finish)

    def value(self) -> float | int | None:
        """Return the number; None while empty or wrong."""
        return self._rule.value(self.text())

    def set_value(self, value: float | int | None) -> None:
        """Show ``value``, silently; None empties the field."""
        self._sent = value
        if self.value() != value or not self.text():
            self.setText("" if value is None else show_number(value))
        self._check()

    def set_rule(self, rule: NumberRule) -> None:
        """Put another rule into force and check again."""
        self._rule = rule
        self._check()

    def set_hint(self, text: str) -> None:
        """Set the tooltip that is shown while all is well."""
        self._hint = text
        self._show_error()

    def set_error(self, text: str) -> None:
        """Show an error that only the owner can know ("must be below `to`"); "" clears it."""
        self._outside_error = text
        self._show_error()

    def error(self) -> str:
        """Return what is wrong, or ""."""
        return self._error or self._outside_error

    def sizeHint(self) -> QSize:
        """Return the room for a usual number."""
        return QSize(80, super().sizeHint().height())

    def _check(self) -> None:
        self._error = self._rule.problem(self.text())
        self._show_error()

    def _show_error(self) -> None:
        error = self.error()
        changed = bool(self.property("invalid")) != bool(error) or self.toolTip() != (
            error or self._hint
        )
        if not changed:
            return
        self.setToolTip(plain_tip(error or self._hint))
        self.setAccessibleDescription(error or self._hint)
        set_look(self, "invalid", bool(error))
        self.error_changed.emit(error)

    def _finish(self) -> None:
        if self._error or self.value() == self._sent:
            return
        self._sent = self.value()
        self.value_changed.emit(self._sent)
