"""A form for a trial typed by hand: one field a parameter, what does not apply is left out."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value, same, show
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import ElidedLabel, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit

Field = ValueEdit | Combo


class AddTrialCard(Card):
    """Begins with the values of the selected trial, else of the best, else of the defaults.

    It follows the space while it is open: what was typed stays where it still can.

    Signals
    -------
    closed : the trial was added, the user changed their mind, or another study comes
    """

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.set_title(self.tr("Add a trial"))
        self._session = session
        self._store = trial_store(session)
        self._space: Space | None = None  # the one that there are fields of
        self._values: Params = {}
        self.fields: dict[str, Field] = {}
        self.names: dict[str, ElidedLabel] = {}
        self.error = wrapped("", "error")
        self.add_button = PrimaryButton(self.tr("Add"), "plus")
        self.cancel = SecondaryButton(self.tr("Cancel"))
        self._form = QWidget()
        self._grid = QGridLayout(self._form)
        self._fill()
        self.add_button.clicked.connect(self.add_trial)
        self.cancel.clicked.connect(self.closed)
        session.replacing.connect(self.closed)
        self._store.reset.connect(self._follow_space)

    def _fill(self) -> None:
        text = self.tr("It is evaluated like any other, before what the strategy proposes next.")
        self.add(wrapped(text, "muted"))
        self._grid.setContentsMargins(0, 0, 4, 0)
        self._grid.setVerticalSpacing(6)
        area = QScrollArea()
        area.setWidget(self._form)
        self._form.setAutoFillBackground(False)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add(area, 1)
        self.add(self.error)
        self.error.hide()
        row = QHBoxLayout()
        row.addWidget(self.cancel)
        row.addStretch(1)
        row.addWidget(self.add_button)
        column = QVBoxLayout()
        column.addLayout(row)
        self.body.addLayout(column)

    def begin(self) -> None:
        """Fill the form."""
        space = self._store.columns.space
        chosen = [n for n in self._session.looking.selection if n < self._store.count]
        best = self._store.chosen if self._store.several else self._store.summary.best
        start: Params = {}
        if chosen:
            start = dict(self._store.trial(chosen[-1]).params)
        elif best is not None:
            start = dict(best.params)
        self._show_fields(space, start)
        first = next(iter(self.fields.values()), self.add_button)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow_space(self) -> None:
        """Other parameters, or other ranges, while the form is open."""
        space = self._store.columns.space
        if self._space in (None, space) or self.isHidden():
            return
        kept = self._values
        fits = {p.name: kept[p.name] for p in space if p.name in kept and p.contains(kept[p.name])}
        self._show_fields(space, fits)

    def _show_fields(self, space: Space, start: Params) -> None:
        """One field a parameter, with the values in ``start``, else the defaults."""
        self._space = space
        self._values = {p.name: p.default_value for p in space} | start
        self._clear()
        for row, parameter in enumerate(space):
            # NOTE: the ends tell min_samples_split from min_samples_leaf
            name = ElidedLabel(parameter.name, "muted", mode=Qt.TextElideMode.ElideMiddle)
            self.names[parameter.name] = name
            self._grid.addWidget(name, row, 0)
            field = self._field(parameter)
            field.setFixedWidth(156)
            self.fields[parameter.name] = field
            self._grid.addWidget(field, row, 1)
        self._grid.setColumnStretch(0, 1)
        self._grid.setRowStretch(len(space), 1)
        self._follow()

    def _clear(self) -> None:
        self.fields, self.names = {}, {}
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()

    def _field(self, parameter: Parameter) -> Field:
        value = self._values[parameter.name]
        if isinstance(parameter, Categorical | Ordinal):
            combo = Combo([(i, show(v)) for i, v in enumerate(parameter.values)], parameter.name)
            places = [i for i, choice in enumerate(parameter.values) if same(choice, value)]
            combo.set_current_key(places[0] if places else 0)
            values = parameter.values
            combo.picked.connect(lambda key: self._set(parameter.name, values[int(key)]))
            return combo
        rule = NumberRule(
            integer=isinstance(parameter, Int),
            optional=parameter.or_none,
            at_least=parameter.low,
            at_most=parameter.high,
        )
        edit = ValueEdit(rule, parameter.name)
        edit.set_value(_rounded(parameter, value))
        edit.set_hint(f"{show(parameter.low)} … {show(parameter.high)}")
        if parameter.or_none:
            edit.setPlaceholderText(show(None))
        edit.value_changed.connect(partial(self._set, parameter.name))
        return edit

    def _set(self, name: str, value: Value) -> None:
        parameter = self._store.columns.space[name]
        whole = isinstance(parameter, Int) and value is not None
        self._values[name] = int(value) if whole else value
        self._follow()

    def _follow(self) -> None:
        """Leave out what does not apply beside the other values."""
        active = self._store.columns.space.prune(self._values)
        for name, field in self.fields.items():
            field.setEnabled(name in active)
            field.setVisible(name in active)
            self.names[name].setVisible(name in active)
        self.error.hide()

    def add_trial(self) -> None:
        """Check the values and put the trial into the queue."""
        for name, field in self.fields.items():
            if isinstance(field, ValueEdit) and field.isEnabled():
                if field.error():
                    self._complain(f"{name}: {field.error()}")
                    return
                self._set(name, field.value())
        space = self._store.columns.space
        try:
            params = space.check(space.prune(self._values))
        except SpecError as error:
            self._complain(str(error))
            return
        self._session.add_trial(params)
        self.closed.emit()

    def _complain(self, text: str) -> None:
        self.error.setText(text)
        self.error.show()


def _rounded(parameter: Parameter, value: Value) -> Value:
    """Six digits are enough to begin with, where the parameter can have them."""
    if not isinstance(value, float):
        return value
    short = float(f"{value:.6g}")
    return short if parameter.contains(short) else value
