"""The top bar: the name of the program, the menus, and the box that finds commands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QMenuBar, QWidget

from hpo_gui.gui.actions import Actions, shown_keys
from hpo_gui.gui.widgets.labels import label, set_look
from hpo_gui.gui.widgets.search_box import CommandBox

HEIGHT = 40
MENUS = ("File", "Edit", "Study", "Trial", "View", "Help")


class TopBar(QFrame):
    """See the module.

    Parameters
    ----------
    actions : with every command registered
    filled_late : title of a submenu -> what fills it each time it is opened

    Signals
    -------
    find_command : the user wants the palette
    """

    find_command = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setProperty("edge", "bottom")
        self.setFixedHeight(HEIGHT)
        self.menus: dict[str, QMenu] = {}
        self.bar = QMenuBar(self)
        set_look(self.bar, "plain", True)
        self.command_box = CommandBox(
            self.tr("Find a command"), shown_keys(actions["view.palette"]), self
        )
        self.command_box.clicked.connect(self.find_command)
        self._fill(actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(label(self.tr("HPO Studio"), "strong"))
        row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        row.addWidget(self.command_box)

    def _fill(self, actions: Actions) -> None:
        titles = {
            "File": self.tr("File"),
            "Edit": self.tr("Edit"),
            "Study": self.tr("Study"),
            "Trial": self.tr("Trial"),
            "View": self.tr("View"),
            "Help": self.tr("Help"),
        }
        for key in MENUS:
            menu = self.bar.addMenu(titles[key])
            menu.setToolTipsVisible(True)
            actions.fill(menu, key)
            self.menus[key] = menu
            self._open_by_letter(titles[key][0], menu)

    def _open_by_letter(self, letter: str, menu: QMenu) -> None:
        """Open a menu by Alt and its first letter, without a line under the letter."""
        shortcut = QShortcut(QKeySequence(f"Alt+{letter}"), self)
        shortcut.activated.connect(lambda: self.bar.setActiveAction(menu.menuAction()))

    def add_submenu(
        self, menu: str, title: str, place: int, fill: Callable[[QMenu], object]
    ) -> QMenu:
        """Put a submenu before the ``place``-th entry of a menu; ``fill`` runs when it opens."""
        submenu = QMenu(title, self.menus[menu])
        submenu.setToolTipsVisible(True)
        entries = self.menus[menu].actions()
        if place < len(entries):
            self.menus[menu].insertMenu(entries[place], submenu)
        else:
            self.menus[menu].addMenu(submenu)

        def refill() -> None:
            submenu.clear()
            fill(submenu)

        submenu.aboutToShow.connect(refill)
        refill()
        return submenu
