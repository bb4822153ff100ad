"""Flat combo boxes: one for a few choices, one that can be searched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QSizePolicy, QWidget

from hpo_gui.gui.widgets.labels import set_look


class Combo(QComboBox):
    """Chooses one of several; each choice has a key of any kind and a label.

    The wheel only turns it while it has the focus, so that scrolling a page changes nothing.

    Parameters
    ----------
    options : (key, label) pairs
    name : what is chosen, for screen readers
    dense : low, for table cells

    Signals
    -------
    picked : the key the user chose (not sent by `set_current_key`)
    """

    picked = Signal(object)

    def __init__(
        self,
        options: Sequence[tuple[object, str]] = (),
        name: str = "",
        parent: QWidget | None = None,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__(parent)
        self._keys: list[object] = []
        self.setAccessibleName(name)
        self.setProperty("dense", dense)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_options(options)
        self.activated.connect(lambda row: self.picked.emit(self._keys[row]))

    def set_options(self, options: Sequence[tuple[object, str]]) -> None:
        """Offer these (key, label) pairs; the current choice is kept when it is among them."""
        before = self.current_key()
        self.blockSignals(True)
        self.clear()
        self._keys = [key for key, _ in options]
        self.addItems([text for _, text in options])
        self.blockSignals(False)
        if before in self._keys:
            self.set_current_key(before)

    def current_key(self) -> object:
        """Return the key of the choice, or None when there is none."""
        row = self.currentIndex()
        return self._keys[row] if 0 <= row < len(self._keys) else None

    def set_current_key(self, key: object) -> None:
        """Choose ``key``, silently; an unknown key chooses nothing."""
        self.setCurrentIndex(self._keys.index(key) if key in self._keys else -1)

    def set_tone(self, tone: str) -> None:
        """Show the choice in "accent" or "muted"; "" is ordinary."""
        set_look(self, "tone", tone)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn only with the focus; otherwise let the page scroll."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SearchableCombo(Combo):
    """A combo whose choices are found by typing any part of their label."""

    def __init__(
        self,
        options: Sequence[tuple[object, str]] = (),
        name: str = "",
        parent: QWidget | None = None,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__(options, name, parent, dense=dense)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = QCompleter(self.model(), self)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        edit = self.lineEdit()
        assert edit is not None
        edit.setAccessibleName(name)
        edit.editingFinished.connect(self._restore)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the text, so that typing replaces it."""
        super().focusInEvent(event)
        edit = self.lineEdit()
        if edit is not None:
            edit.selectAll()

    def _restore(self) -> None:
        """Take the only match, or show the choice again, when half a word was left behind."""
        text = self.currentText().strip().lower()
        labels = [self.itemText(row) for row in range(self.count())]
        exact = [row for row, words in enumerate(labels) if words.lower() == text]
        found = exact or [
            row for row, words in enumerate(labels) if text and text in words.lower()
        ]
        if len(found) == 1 and found[0] != self.currentIndex():
            self.setCurrentIndex(found[0])
            self.picked.emit(self._keys[found[0]])
        else:
            self.setEditText(self.itemText(self.currentIndex()))
