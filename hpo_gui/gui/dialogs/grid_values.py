"""The dialog for the values of a grid: per parameter a number of points, or the values itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Value, freeze
from hpo_gui.core.value_text import read_value, write_value
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label, set_look, wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip

MOST_SHOWN = 6


class GridValuesDialog(MessageDialog):
    """Edits the ``values`` of a grid search.

    Parameters
    ----------
    points : values per range where a parameter says nothing
    values : parameter -> number of points, or list of values

    Signals
    -------
    given : the new ``values``
    """

    given = Signal(object)

    def __init__(
        self,
        space: Space,
        points: int,
        values: Mapping[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", "", parent)
        self.setMinimumWidth(620)
        self.title.setText(self.tr("Values of the grid"))
        self.setWindowTitle(self.title.text())
        self.text.setText(
            self.tr(
                "For each parameter a list such as 0.1, 1, 10 or a number of points such as "
                "5 points; empty for {0} points per range and all choices."
            ).format(points)
        )
        self._space, self._points = space, points
        self.edits: dict[str, QLineEdit] = {}
        self._notes: dict[str, QLabel] = {}
        self.summary = wrapped("", "small")
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, 200)
        for row, parameter in enumerate(space):
            self._add(grid, row, parameter, values.get(parameter.name))
        self.body.addLayout(grid)
        self.body.addWidget(self.summary)
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.take = PrimaryButton(self.tr("Use these values"))
        self.take.setDefault(True)
        self.take.clicked.connect(self._take)
        self.add_button(cancel)
        self.add_button(self.take)
        self._check()

    def _add(self, grid: QGridLayout, row: int, parameter: Parameter, given: Any) -> None:
        edit = QLineEdit(write_grid_values(given))
        edit.setAccessibleName(self.tr("Values of {0}").format(parameter.name))
        edit.setPlaceholderText(
            self.tr("{0} points").format(self._points)
            if isinstance(parameter, Float | Int)
            else self.tr("all choices")
        )
        edit.textChanged.connect(lambda _: self._check())
        self.edits[parameter.name], self._notes[parameter.name] = edit, label("", "small")
        name = label(parameter.name)
        name.setBuddy(edit)
        grid.addWidget(name, row, 0)
        grid.addWidget(edit, row, 1)
        grid.addWidget(self._notes[parameter.name], row, 2)

    def values(self) -> dict[str, Any]:
        """What was typed.

        Raises
        ------
        SpecError : a text that cannot be read, or a value that its parameter does not allow
        """
        found: dict[str, Any] = {}
        for name, edit in self.edits.items():
            if edit.text().strip():
                found[name] = read_grid_values(name, edit.text())
        self._space.grid_values(self._points, found)
        return found

    def _check(self) -> None:
        problem = ""
        chosen: dict[str, Any] = {}
        for parameter in self._space:
            edit, note = self.edits[parameter.name], self._notes[parameter.name]
            wrong = ""
            try:
                if edit.text().strip():
                    chosen[parameter.name] = read_grid_values(parameter.name, edit.text())
                only = {k: v for k, v in chosen.items() if k == parameter.name}
                listed = self._space.grid_values(self._points, only)[parameter.name]
            except SpecError as error:
                wrong = str(error)
                chosen.pop(parameter.name, None)
                note.setText("")
            else:
                shown = ", ".join(write_value(value) for value in listed[:MOST_SHOWN])
                note.setText(shown + (f" … ({len(listed)})" if len(listed) > MOST_SHOWN else ""))
            set_look(edit, "invalid", bool(wrong))
            edit.setToolTip(plain_tip(wrong))
            problem = problem or wrong
        explain(self.take, problem)
        size = self._space.grid_size(self._space.grid_values(self._points, chosen))
        self.summary.setText(problem or self.tr("{0:,.0f} combinations").format(size))
        set_look(self.summary, "role", "error" if problem else "small")

    def _take(self) -> None:
        values = self.values()
        self.accept()
        self.given.emit(values)


def read_grid_values(name: str, text: str) -> int | tuple[Value, ...]:
    """``5 points`` -> 5; ``0.1, 1, (64, 32)`` -> the list.

    Raises
    ------
    SpecError : neither
    """
    words = text.split()
    if len(words) == 2 and words[1] in ("point", "points") and words[0].isdigit():
        if int(words[0]) < 1:
            raise SpecError(f"values.{name}", "must be at least 1 point", text)
        return int(words[0])
    try:
        listed = read_value(f"({text.rstrip().rstrip(',')},)")
    except SpecError as error:
        raise SpecError(
            f"values.{name}",
            "must be a list such as 0.1, 1, 10 or a number such as 5 points",
            text,
        ) from error
    assert isinstance(listed, tuple)
    return listed


def write_grid_values(given: Any) -> str:
    """The text of a number of points or a list of values; "" for None."""
    if given is None:
        return ""
    if isinstance(given, int):
        return f"{given} points"
    return ", ".join(write_value(value) for value in freeze(given))
