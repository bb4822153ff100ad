"""The sheet of all shortcuts, made from the registry of actions."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from hpo_gui.gui.actions import Actions, shown_keys
from hpo_gui.gui.widgets.buttons import PrimaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.window.command_palette import plain


class ShortcutSheet(MessageDialog):
    """Lists the commands that have keys, by menu."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Shortcuts"), "", parent)
        self.text.hide()
        self.rows: list[tuple[str, str]] = []
        inner = QWidget()
        inner.setProperty("kind", "plain")
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(6)
        menu = ""
        for command, action in actions:
            keys = shown_keys(action)
            if not keys:
                continue
            row = grid.rowCount()
            if command.menu != menu:
                menu = command.menu
                grid.addWidget(label(menu.upper(), "section"), row, 0)
                grid.setRowMinimumHeight(row, 26)
                row += 1
            text = plain(action).rstrip("…")
            grid.addWidget(label(text), row, 0)
            grid.addWidget(label(keys, "muted"), row, 1)
            self.rows.append((text, keys))
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setMinimumHeight(420)
        scroll.setAccessibleName(self.tr("Shortcuts"))
        self.body.addWidget(scroll)
        close = PrimaryButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self.add_button(close)
