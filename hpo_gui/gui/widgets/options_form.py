"""A form for the declared options of a strategy, pruner, validation scheme or model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.check_list import CheckList
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.json_edit import JsonEdit
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.option_fields import OptionField, option_fields, option_title
from hpo_gui.gui.widgets.option_row import Editor, OptionRow, align_titles
from hpo_gui.gui.widgets.value_edit import ValueEdit

WIDE = 780  # pixels from which on there are two columns


class OptionsForm(QWidget):
    """One row an option, in two columns where there is room; advanced ones behind a link.

    Parameters
    ----------
    options : the frozen Struct class that declares the options
    hidden : names of options that something else edits
    titles : words for values of choices, where the value itself does not say it

    Signals
    -------
    changed : the options that differ from their defaults, after the user changed one; an option
        that is wrong keeps its last good value
    errors_changed : name -> sentence, for the options that are wrong now
    """

    changed = Signal(dict)
    errors_changed = Signal(dict)

    def __init__(
        self,
        options: type[msgspec.Struct],
        parent: QWidget | None = None,
        *,
        hidden: tuple[str, ...] = (),
        titles: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._titles = dict(titles or {})
        self._options = options
        self._fields = {f.name: f for f in option_fields(options) if f.name not in hidden}
        self._values = {name: field.default for name, field in self._fields.items()}
        self._hidden_values: dict[str, Any] = {}
        self._errors: dict[str, str] = {}
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, OptionRow] = {}
        self._all = False
        self._arranged: tuple[list[OptionRow], int] = ([], 0)
        self._whole_error = wrapped("", "error")
        self._build()

    def _build(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(8)
        for field in self._fields.values():
            editor = self._make_editor(field)
            self._editors[field.name] = editor
            self._rows[field.name] = OptionRow(
                field, editor, self._errors.get(field.name, ""), self
            )
        align_titles(list(self._rows.values()))
        self._whole_error.hide()
        self.more = LinkButton("", parent=self)
        self._whole_error.setParent(self)
        self.more.clicked.connect(lambda: self.show_advanced(not self._all))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._arrange()

    def _columns(self) -> int:
        return 2 if self.width() >= WIDE and len(self._fields) > 1 else 1

    def _arrange(self) -> None:
        """Put the rows that are to be seen into one or two columns."""
        shown = [row for name, row in self._rows.items() if self._is_shown(name)]
        columns = self._columns()
        if (shown, columns) == self._arranged:
            return
        self._arranged = shown, columns
        for row in self._rows.values():
            self._grid.removeWidget(row)
            row.setVisible(row in shown)
        for last in (self.more, self._whole_error):
            self._grid.removeWidget(last)
        for number, row in enumerate(shown):
            place = number // columns, number % columns
            self._grid.addWidget(row, *place, Qt.AlignmentFlag.AlignTop)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        below = -(-len(shown) // columns)
        self._grid.addWidget(self.more, below, 0, 1, columns, Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(self._whole_error, below + 1, 0, 1, columns)
        self._name_more()

    def _is_shown(self, name: str) -> bool:
        """Simple forms leave advanced options out, unless they were set or are wrong."""
        field = self._fields[name]
        changed = _plain(self._values[name]) != _plain(field.default)
        return self._all or not field.advanced or changed or name in self._errors

    def _name_more(self) -> None:
        hidden = sum(not self._is_shown(name) for name in self._fields)
        advanced = any(field.advanced for field in self._fields.values())
        self.more.setVisible(advanced and (self._all or hidden > 0))
        words = self.tr("Fewer options") if self._all else self.tr("All options ({0} more)")
        self.more.setText(words.format(hidden))

    def show_advanced(self, shown: bool) -> None:
        """Show all options, or hide what is seldom needed; nothing is reset."""
        self._all = shown
        self._arrange()
        self._name_more()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use two columns where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _make_editor(self, field: OptionField) -> Editor:
        if field.kind == "number":
            return self._number_editor(field)
        if field.kind == "choice":
            return self._choice_editor(field)
        if field.kind == "flag":
            box = QCheckBox(field.title)
            box.setChecked(bool(field.default))
            box.clicked.connect(lambda on: self._take(field.name, on))
            return box
        if field.kind == "choices":
            return self._choices_editor(field)
        if field.kind == "json":
            return self._json_editor(field)
        edit = QLineEdit(field.default or "")
        edit.editingFinished.connect(lambda: self._take_text(field, edit.text()))
        return edit

    def _number_editor(self, field: OptionField) -> ValueEdit:
        edit = ValueEdit(field.rule)
        edit.setPlaceholderText(self.tr("none") if field.optional else "")
        edit.set_value(field.default)
        edit.value_changed.connect(lambda value: self._take(field.name, value))
        edit.error_changed.connect(lambda error: self._tell(field.name, error))
        self._note(field.name, edit.error())
        return edit

    def _choice_editor(self, field: OptionField) -> Combo:
        named: list[tuple[object, str]] = [(None, self.tr("None"))] if field.optional else []
        named += [(value, self._title(value)) for value in field.choices]
        combo = Combo(named)
        combo.set_current_key(field.default)
        combo.picked.connect(lambda value: self._take(field.name, value))
        return combo

    def _title(self, value: Any) -> str:
        return self._titles.get(str(value)) or option_title(str(value))

    def _choices_editor(self, field: OptionField) -> CheckList:
        named = [(value, self._title(value)) for value in field.choices]
        boxes = CheckList(named, field.declared)
        boxes.set_value(field.default)
        boxes.value_changed.connect(lambda value: self._take(field.name, value))
        boxes.error_changed.connect(lambda error: self._tell(field.name, error))
        self._note(field.name, boxes.error())
        return boxes

    def _json_editor(self, field: OptionField) -> JsonEdit:
        edit = JsonEdit(field.declared, optional=field.optional)
        edit.set_value(field.default)
        edit.value_changed.connect(lambda value: self._take(field.name, value))
        edit.error_changed.connect(lambda error: self._tell(field.name, error))
        self._note(field.name, edit.error())
        return edit

    def editor(self, name: str) -> Editor:
        """Return the editor of one option."""
        return self._editors[name]

    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not self._fields

    def values(self) -> dict[str, Any]:
        """Return the options that differ from their defaults, as a study file holds them."""
        given = {
            name: self._values[name]
            for name, field in self._fields.items()
            if field.required or _plain(self._values[name]) != _plain(field.default)
        }
        return self._hidden_values | given

    def all_values(self) -> dict[str, Any]:
        """Return all options of the form, defaults too."""
        return dict(self._values)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show ``values``, silently; options left out get their defaults."""
        self._hidden_values = {k: v for k, v in values.items() if k not in self._fields}
        for name, field in self._fields.items():
            self._values[name] = values.get(name, field.default)
            self._show(name, self._values[name])
        self._check_whole()
        self._arrange()
        self._name_more()

    def errors(self) -> dict[str, str]:
        """Return what is wrong: name -> sentence; "" names the options as a whole."""
        return dict(self._errors)

    def _show(self, name: str, value: Any) -> None:
        editor = self._editors[name]
        if isinstance(editor, ValueEdit | JsonEdit | CheckList):
            editor.set_value(value)
        elif isinstance(editor, Combo):
            editor.set_current_key(value)
        elif isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        else:
            editor.setText(value or "")

    def _take(self, name: str, value: Any) -> None:
        self._values[name] = value
        self._check_whole()
        self.changed.emit(self.values())

    def _take_text(self, field: OptionField, text: str) -> None:
        value = None if field.optional and not text else text
        if value != self._values[field.name]:
            self._take(field.name, value)

    def _tell(self, name: str, error: str) -> None:
        if self._errors.get(name, "") == error:
            return
        self._note(name, error)
        self.errors_changed.emit(self.errors())

    def _note(self, name: str, error: str) -> None:
        if error:
            self._errors[name] = error
        else:
            self._errors.pop(name, None)
        if name in self._rows:
            self._rows[name].show_error(error)
        elif not name:
            self._whole_error.setText(error)
            self._whole_error.setVisible(bool(error))

    def _check_whole(self) -> None:
        """Check what no single option can know, by making the options."""
        error = ""
        if not any(self._errors.get(name) for name in self._fields):
            try:
                msgspec.convert(self.values(), self._options)
            except msgspec.ValidationError as problem:
                error = str(problem)
        self._tell("", error)


def _plain(value: Any) -> Any:
    """Compare lists and tuples alike, as JSON does."""
    return msgspec.to_builtins(value)
