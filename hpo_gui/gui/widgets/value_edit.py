"""A line edit for one number, which says at once what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from hpo_gui.gui.widgets.labels import set_look
from hpo_gui.gui.widgets.number_text import read_number, show_number


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """What a number must fulfil. ``at_least`` and ``at_most`` allow the limit itself."""

    integer: bool = False
    optional: bool = False
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def problem(self, text: str) -> str:
        """Return what is wrong with ``text`` as a sentence, or ""."""
        if not text.strip():
            return "" if self.optional else _tr("Type a number.")
        value = read_number(text)
        if value is None and "," in text:
            return _tr("Write the decimal sign as a point: {0}").format(text.replace(",", "."))
        if value is None:
            return _tr("Not a number. Examples: 0.1, 1e-3, 2^-5.")
        if self.integer and not value.is_integer():
            return _tr("Must be a whole number.")
        return self._limit_problem(value)

    def _limit_problem(self, value: float) -> str:
        if self.at_least is not None and value < self.at_least:
            return _tr("Must be at least {0}.").format(show_number(self.at_least))
        if self.above is not None and value <= self.above:
            return _tr("Must be above {0}.").format(show_number(self.above))
        if self.at_most is not None and value > self.at_most:
            return _tr("Must be at most {0}.").format(show_number(self.at_most))
        if self.below is not None and value >= self.below:
            return _tr("Must be below {0}.").format(show_number(self.below))
        return ""

    def value(self, text: str) -> float | int | None:
        """Return the number in ``text``; None when it is empty or wrong."""
        value = None if self.problem(text) else read_number(text)
        return int(value) if self.integer and value is not None else value


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
        self.setToolTip(error or self._hint)
        self.setAccessibleDescription(error or self._hint)
        set_look(self, "invalid", bool(error))
        self.error_changed.emit(error)

    def _finish(self) -> None:
        if self._error or self.value() == self._sent:
            return
        self._sent = self.value()
        self.value_changed.emit(self._sent)


def _tr(text: str) -> str:
    return QCoreApplication.translate("NumberRule", text)
