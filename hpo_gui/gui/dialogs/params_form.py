"""A form for one configuration, made from the space; inactive parameters switch themselves off."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from hpo_gui.core.condition import format_condition
from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space, describe
from hpo_gui.core.value import Params, Value, same
from hpo_gui.core.value_text import write_value
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit


class ParameterField(QWidget):
    """Edits the value of one parameter.

    Signals
    -------
    changed : it has another value, or another mistake
    """

    changed = Signal()

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.number: ValueEdit | None = None
        self.combo: Combo | None = None
        self.none: QCheckBox | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        if isinstance(parameter, Float | Int):
            self._build_number(parameter, line)
        else:
            self._build_list(parameter, line)

    def _build_number(self, parameter: Float | Int, line: QHBoxLayout) -> None:
        rule = NumberRule(
            integer=isinstance(parameter, Int), at_least=parameter.low, at_most=parameter.high
        )
        self.number = ValueEdit(rule, parameter.name)
        self.number.setFixedWidth(150)
        self.number.textChanged.connect(lambda _: self.changed.emit())
        line.addWidget(self.number)
        if parameter.or_none:
            self.none = QCheckBox(self.tr("none"))
            self.none.setAccessibleName(self.tr("{0} is none").format(parameter.name))
            self.none.toggled.connect(self._switch_none)
            line.addWidget(self.none)
        line.addStretch(1)

    def _build_list(self, parameter: Categorical | Ordinal, line: QHBoxLayout) -> None:
        options = [(i, write_value(value)) for i, value in enumerate(parameter.values)]
        self.combo = Combo(options, parameter.name)
        self.combo.setMinimumWidth(150)
        self.combo.picked.connect(lambda _: self.changed.emit())
        line.addWidget(self.combo)
        line.addStretch(1)

    def value(self) -> Value:
        """The value; raises `SpecError` while there is none."""
        if self.combo is not None:
            index = self.combo.current_key()
            assert isinstance(index, int)
            assert isinstance(self.parameter, Categorical | Ordinal)
            return self.parameter.values[index]
        assert self.number is not None
        if self.none is not None and self.none.isChecked():
            return None
        number = self.number.value()
        if number is None:
            raise SpecError(
                self.parameter.name, f"must be {describe(self.parameter)}", self.number.text()
            )
        return float(number) if isinstance(self.parameter, Float) else number

    def set_value(self, value: Value) -> None:
        """Show a value."""
        if self.combo is not None:
            assert isinstance(self.parameter, Categorical | Ordinal)
            found = [i for i, choice in enumerate(self.parameter.values) if same(choice, value)]
            self.combo.set_current_key(found[0] if found else 0)
        elif self.number is not None:
            if self.none is not None:
                self.none.setChecked(value is None)
            if value is not None:
                self.number.set_value(value)

    def _switch_none(self, on: bool) -> None:
        assert self.number is not None
        self.number.setEnabled(not on)
        if not on and not self.number.text():
            self.number.set_value(self.parameter.decode(0.45))
        self.changed.emit()


class ParamsForm(QWidget):
    """One line a parameter.

    Signals
    -------
    changed : another value, or another mistake
    """

    changed = Signal()

    def __init__(
        self,
        space: Space,
        params: Mapping[str, Value] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.space = space
        self.fields: dict[str, ParameterField] = {}
        self._hints: dict[str, QLabel] = {}
        self._names: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        start = space.complete(params or {})
        for row, parameter in enumerate(space):
            self._add(grid, row, parameter, start)
        self._update()

    def _add(self, grid: QGridLayout, row: int, parameter: Parameter, start: Params) -> None:
        field = ParameterField(parameter)
        field.set_value(start.get(parameter.name, parameter.default_value))
        field.changed.connect(self._update)
        name, hint = label(parameter.name), label("", "small")
        name.setBuddy(field.number or field.combo or field)
        grid.addWidget(name, row, 0)
        grid.addWidget(field, row, 1)
        grid.addWidget(hint, row, 2)
        self.fields[parameter.name] = field
        self._names[parameter.name], self._hints[parameter.name] = name, hint

    def params(self) -> Params:
        """The configuration.

        Raises
        ------
        SpecError : a value is missing or out of range, or a constraint does not hold
        """
        active = self._active()
        return self.space.check({name: self.fields[name].value() for name in active})

    def error(self) -> str:
        """What is wrong, or ""."""
        try:
            self.params()
        except SpecError as error:
            return str(error)
        return ""

    def _active(self) -> list[str]:
        """Names of the active parameters, as far as their parents have values."""
        known: Params = {}
        for name, field in self.fields.items():
            try:
                known[name] = field.value()
            except SpecError:
                known[name] = None
        return list(self.space.prune(known))

    def _update(self) -> None:
        active = set(self._active())
        for name, field in self.fields.items():
            on = name in active
            field.setEnabled(on)
            self._names[name].setEnabled(on)
            parameter = field.parameter
            hint = describe(parameter) if isinstance(parameter, Float | Int) else ""
            if not on:
                hint = self.tr("— only if {0}").format(format_condition(parameter.when))
            self._hints[name].setText(hint)
        self.changed.emit()
