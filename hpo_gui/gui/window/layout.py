"""The layout of the window: its geometry and its splitters, kept between two starts."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QSplitter

from hpo_gui.gui.window.pages import Pages

FIRST_SIZE = QSize(1440, 900)


class WindowLayout(QObject):
    """Restores, keeps and resets the layout.

    Parameters
    ----------
    splitter : of pages and log
    """

    def __init__(
        self, window: QMainWindow, splitter: QSplitter, pages: Pages, settings: QSettings
    ) -> None:
        super().__init__(window)
        self.window = window
        self.splitter = splitter
        self.pages = pages
        self.settings = settings
        pages.page_made.connect(self._page_made)

    def restore(self) -> None:
        """Place the window as it was, or as at the first start."""
        self.window.resize(fitting(FIRST_SIZE))
        geometry = self.settings.value("geometry")
        if geometry is not None:
            self.window.restoreGeometry(geometry)

    def restore_splitter(self) -> None:
        """Give pages and log the heights they had."""
        state = self.settings.value("splitters/window")
        if state is not None:
            self.splitter.restoreState(state)

    def save(self) -> None:
        """Write geometry and splitters down."""
        self.settings.setValue("geometry", self.window.saveGeometry())
        self.settings.setValue("splitters/window", self.splitter.saveState())
        for name, splitter in self.pages.splitters().items():
            self.settings.setValue(f"splitters/{name}", splitter.saveState())
        self.settings.sync()

    def reset(self) -> None:
        """Forget the layout; window and pages are as at the first start."""
        self.settings.clear()
        self.window.showNormal()
        self.window.resize(fitting(FIRST_SIZE))
        self.pages.rebuild()

    def _page_made(self, key: str) -> None:
        for name, splitter in self.pages.splitters().items():
            state = self.settings.value(f"splitters/{name}")
            if name.startswith(f"{key}/") and state is not None:
                splitter.restoreState(state)


def fitting(size: QSize) -> QSize:
    """A size, no larger than the screen has room for."""
    screen = QGuiApplication.primaryScreen()
    room = screen.availableSize() if screen else size
    return QSize(min(size.width(), room.width()), min(size.height(), room.height()))
