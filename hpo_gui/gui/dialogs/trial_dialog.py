"""The dialog for a trial by hand: the user types a configuration, it is checked at once."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from hpo_gui.core.space import Space
from hpo_gui.core.value import Value
from hpo_gui.gui.dialogs.params_form import ParamsForm
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import wrapped

TALLEST = 460


class TrialDialog(MessageDialog):
    """Edits one configuration of ``space``.

    Parameters
    ----------
    params : where to start; the defaults when left out
    verb : the words on the button that takes it

    Signals
    -------
    given : the configuration, once it is legal and the user is done
    """

    given = Signal(object)

    def __init__(
        self,
        space: Space,
        params: Mapping[str, Value] | None = None,
        parent: QWidget | None = None,
        *,
        title: str = "",
        verb: str = "",
    ) -> None:
        super().__init__("", "", parent)
        self.title.setText(title or self.tr("Add a trial"))
        self.setWindowTitle(self.title.text())
        self.text.setText(
            self.tr("It is evaluated like every other trial, and kept apart in the results.")
        )
        self.setMinimumWidth(640)
        self.form = ParamsForm(space, params)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.form)
        self.form.setAutoFillBackground(False)
        self.area.setMinimumHeight(min(self.form.sizeHint().height() + 8, TALLEST))
        self.error = wrapped("", "error")
        self.body.addWidget(self.area, 1)
        self.body.addWidget(self.error)
        self.defaults = LinkButton(self.tr("Defaults"))
        self.defaults.clicked.connect(self._show_defaults)
        self.cancel = SecondaryButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.take = PrimaryButton(verb or self.tr("Add trial"))
        self.take.setDefault(True)
        self.take.clicked.connect(self._take)
        self.add_button(self.defaults, left=True)
        self.add_button(self.cancel)
        self.add_button(self.take)
        self.form.changed.connect(self._check)
        self._check()

    def _check(self) -> None:
        problem = self.form.error()
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        explain(self.take, problem)

    def _show_defaults(self) -> None:
        for name, value in self.form.space.complete({}).items():
            self.form.fields[name].set_value(value)
        self._check()

    def _take(self) -> None:
        params = self.form.params()
        self.accept()
        self.given.emit(params)
