"""Chooses a member of a family from its catalogue and edits the options it declares."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hpo_gui.core.catalogue import Catalogue
from hpo_gui.core.spec import Choice
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.options_form import OptionsForm

AUTO = "auto"


class FamilyEditor(QWidget):
    """A combo with the members, a sentence, and the form of the chosen one.

    Parameters
    ----------
    automatic : whether the choice may be left open, as `AUTO`

    Signals
    -------
    changed : the new `Choice`
    """

    changed = Signal(object)

    def __init__(
        self,
        catalogue: Catalogue[Any],
        name: str,
        parent: QWidget | None = None,
        *,
        automatic: bool = False,
    ) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._kept: dict[str, dict[str, Any]] = {}
        members = [(entry.name, entry.title) for entry in catalogue]
        self.combo = Combo([*[(AUTO, self.tr("Automatic"))] * automatic, *members], name)
        self.combo.picked.connect(self._pick)
        self.sentence = wrapped("", "small")
        self.form: OptionsForm | None = None
        self._shown = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.combo)
        self._column.addWidget(self.sentence)

    def show_choice(self, choice: Choice, *, guessed: bool = False) -> None:
        """Show a member with its options; an unknown name shows none.

        One that stands for `AUTO` is named in the sentence; its options can be edited too.
        """
        if choice.name != self._shown:
            self._make_form(choice.name)
        self.combo.set_current_key(AUTO if guessed else choice.name)
        if choice.name in self._catalogue:
            entry = self._catalogue[choice.name]
            now = self.tr("Now: {0}. {1}").format(entry.title, entry.use_when)
            self.sentence.setText(now if guessed else entry.use_when)
        self._kept[choice.name] = dict(choice.options)
        if self.form is not None and self.form.values() != dict(choice.options):
            self.form.set_values(choice.options)

    def _make_form(self, name: str) -> None:
        self._shown = name
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        if name not in self._catalogue:
            self.sentence.setText("")
            return
        form = OptionsForm(self._catalogue[name].kind)
        if form.is_empty():
            form.deleteLater()
            return
        form.changed.connect(lambda values: self.changed.emit(Choice(self._shown, values)))
        self.form = form
        self._column.addWidget(form)

    def _pick(self, name: object) -> None:
        """Choose another member; options that both have are carried over."""
        key = str(name)
        if key == AUTO:
            self.changed.emit(Choice(AUTO))
            return
        options = self._kept.get(key)
        if options is None:
            fields = self._catalogue[key].kind.__struct_fields__
            before = self._kept.get(self._shown, {})
            options = {name: value for name, value in before.items() if name in fields}
        self.changed.emit(Choice(key, options))
