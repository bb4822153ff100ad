"""A small list of configurations: add, change, copy and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value, freeze
from hpo_gui.core.value_text import write_value
from hpo_gui.gui.dialogs.trial_dialog import TrialDialog
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import IconButton, LinkButton, explain
from hpo_gui.gui.widgets.labels import ElidedLabel, hairline, label


class ConfigurationsList(QWidget):
    """Shows configurations in lines.

    Signals
    -------
    changed : all configurations, after the user changed one
    """

    changed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._space: Space | None = None
        self._shown: object = None
        self.configurations: tuple[Params, ...] = ()
        self.dialog: TrialDialog | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self.add_button = LinkButton(self.tr("+ add a configuration"))
        self.add_button.clicked.connect(lambda: self._open(None))
        self.remove_buttons: list[IconButton] = []
        self.edit_buttons: list[IconButton] = []
        self._column.addLayout(self._lines)
        self._column.addWidget(self.add_button)

    def show_configurations(
        self, configurations: Sequence[Mapping[str, Value]], space: Space | None
    ) -> None:
        """Show ``configurations`` of ``space``; without a space none can be added."""
        self._space = space
        self.configurations = tuple(dict(freeze(params)) for params in configurations)
        why_not = self.tr("The search space has to be mended first.") if space is None else ""
        if space is not None and not len(space):
            why_not = self.tr("There are no parameters to set.")
        explain(self.add_button, why_not)
        if repr(self.configurations) != self._shown:
            self._shown = repr(self.configurations)
            self._fill()

    def _fill(self) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.remove_buttons, self.edit_buttons = [], []
        for number, params in enumerate(self.configurations):
            self._lines.addWidget(self._line(number, params))
            self._lines.addWidget(hairline())

    def _line(self, number: int, params: Params) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(label(str(number + 1), "small"))
        text = ", ".join(f"{name} = {write_value(value)}" for name, value in params.items())
        row.addWidget(ElidedLabel(text or self.tr("the defaults")), 1)
        edit = IconButton("edit", self.tr("Change configuration {0}").format(number + 1))
        edit.clicked.connect(lambda: self._open(number))
        copy = IconButton("copy", self.tr("Copy configuration {0}").format(number + 1))
        copy.clicked.connect(lambda: self._put((*self.configurations, params)))
        remove = IconButton("trash", self.tr("Remove configuration {0}").format(number + 1))
        remove.clicked.connect(lambda: self._remove(number))
        for button in (edit, copy, remove):
            row.addWidget(button)
        self.edit_buttons.append(edit)
        self.remove_buttons.append(remove)
        return line

    def _open(self, number: int | None) -> None:
        if self._space is None:
            return
        params = None if number is None else self.configurations[number]
        adding = number is None
        dialog = TrialDialog(
            self._space,
            params,
            self.window(),
            title=self.tr("Add a configuration") if adding else self.tr("Change a configuration"),
            verb=self.tr("Add it") if adding else self.tr("Change it"),
        )
        dialog.given.connect(lambda given: self._take(number, given))
        of_study(dialog, self._session)
        self.dialog = dialog
        dialog.open()

    def _take(self, number: int | None, params: Params) -> None:
        kept = list(self.configurations)
        if number is None:
            kept.append(params)
        else:
            kept[number] = params
        self._put(tuple(kept))

    def _remove(self, number: int) -> None:
        self._put(self.configurations[:number] + self.configurations[number + 1 :])

    def _put(self, configurations: tuple[Params, ...]) -> None:
        self.changed.emit(configurations)
