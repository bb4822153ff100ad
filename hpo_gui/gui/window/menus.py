"""Menus that are filled when they open: the examples, the recent files."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.widgets.plain_tips import plain_tip

SHOWN = 12


def fill_examples(menu: QMenu, open_example: Callable[[str], object]) -> None:
    """One entry an example, classification first."""
    from hpo_gui.evaluation.samples import list_samples

    tasks = {
        "classification": QCoreApplication.translate("menus", "Classification"),
        "regression": QCoreApplication.translate("menus", "Regression"),
    }
    for task, title in tasks.items():
        menu.addSection(title)
        for sample in list_samples():
            if sample.task != task:
                continue
            words = f"{sample.title}   {sample.rows:,} × {sample.columns:,}"
            action = menu.addAction(words)
            action.setToolTip(sample.sentence)
            action.setStatusTip(sample.sentence)
            action.triggered.connect(lambda _=False, name=sample.name: open_example(name))
    menu.setToolTipsVisible(True)


def fill_recent(menu: QMenu, recent: RecentFiles, open_file: Callable[[str], object]) -> None:
    """One entry a recent file, newest first, and one that forgets them all."""
    for file in recent.files[:SHOWN]:
        action = menu.addAction(file.name.replace("&", "&&"))
        action.setToolTip(plain_tip(file.path))
        action.triggered.connect(lambda _=False, path=file.path: open_file(path))
    if not recent.files:
        nothing = QCoreApplication.translate("menus", "Nothing was opened yet")
        menu.addAction(nothing).setEnabled(False)
        return
    menu.addSeparator()
    clear = menu.addAction(QCoreApplication.translate("menus", "Clear the list"))
    clear.triggered.connect(recent.clear)
