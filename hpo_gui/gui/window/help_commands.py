"""What the Help menu does."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hpo_gui.gui.actions import Actions
from hpo_gui.gui.study_files import settings_folder, studies_folder
from hpo_gui.gui.window.study_rail import open_folder
from hpo_gui.gui.window.trial_commands import Handlers


def help_handlers(actions: Actions, parent: QWidget) -> Handlers:
    """Command id -> what it does."""
    return {
        "help.shortcuts": lambda: _show_shortcuts(actions, parent),
        "help.folder": _show_folder,
        "help.about": lambda: _show_about(parent),
    }


def _show_shortcuts(actions: Actions, parent: QWidget) -> None:
    from hpo_gui.gui.dialogs.shortcuts import ShortcutSheet

    ShortcutSheet(actions, parent).open()


def _show_folder() -> None:
    folder = studies_folder()
    folder.mkdir(parents=True, exist_ok=True)
    open_folder(folder)


def _show_about(parent: QWidget) -> None:
    from hpo_gui.gui.dialogs.about import AboutDialog

    AboutDialog(studies_folder(), settings_folder(), parent).open()
