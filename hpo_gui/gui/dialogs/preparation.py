"""What happens to the columns inside each fold: missing values, categories, scaling."""

from __future__ import annotations

import msgspec
from msgspec import structs
from PySide6.QtWidgets import QWidget

from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.options_form import OptionsForm


class PreparationDialog(MessageDialog):
    """A form of `PreprocessingSpec`; applying it is one edit."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Preparation of the columns"),
            self.tr("Learned inside each fold, from its training rows only: nothing leaks."),
            parent,
        )
        self.session = session
        self.form = OptionsForm(PreprocessingSpec)
        self.form.set_values(msgspec.to_builtins(session.spec.preprocessing))
        self.body.addWidget(self.form)
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.apply_button = PrimaryButton(self.tr("Apply"))
        self.apply_button.clicked.connect(self._apply)
        self.apply_button.setDefault(True)
        self.add_button(cancel)
        self.add_button(self.apply_button)

    def _apply(self) -> None:
        chosen = msgspec.convert(self.form.values(), PreprocessingSpec)
        spec = structs.replace(self.session.spec, preprocessing=chosen)
        self.session.edit(spec, self.tr("Preparation of the columns"))
        self.accept()
