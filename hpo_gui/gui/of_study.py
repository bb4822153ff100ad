"""Dialogs and menus that are about the study shown: they close before another one is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog

from hpo_gui.gui.session import Session


def of_study(dialog: QDialog, session: Session) -> None:
    """Close a dialog unanswered before another study is shown, to which it would be done."""
    session.replacing.connect(dialog.reject)


def close_popups() -> None:
    """Close the menus and lists that are open: what they offer was of the study shown."""
    popup = QApplication.activePopupWidget()
    while popup is not None:
        popup.close()
        left = QApplication.activePopupWidget()
        popup = left if left is not popup else None
