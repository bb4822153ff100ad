"""The pages of the window, each made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from hpo_gui.gui.session import Session

Make = Callable[[Session], QWidget]


@runtime_checkable
class LeadsToFields(Protocol):
    """A panel that can put the keyboard into one of its fields."""

    def focus_field(self, field: str) -> None:
        """Show a field, named by its key path, and focus it; an unknown one does nothing."""
        ...


def make_splits(session: Session) -> QWidget:
    """The picture of the splits, in step 1."""
    from hpo_gui.gui.plots.splits_plot import SplitsPlot

    return SplitsPlot(session)


def make_space(session: Session) -> QWidget:
    """Step 2."""
    from hpo_gui.gui.panels.space_panel import SpacePanel

    return SpacePanel(session)


def make_strategy(session: Session) -> QWidget:
    """Step 3."""
    from hpo_gui.gui.panels.strategy_panel import StrategyPanel

    return StrategyPanel(session)


def make_run(session: Session) -> QWidget:
    """Step 4."""
    from hpo_gui.gui.panels.run_panel import RunPanel

    return RunPanel(session)


def make_results(session: Session) -> QWidget:
    """Step 5."""
    from hpo_gui.gui.panels.results_panel import ResultsPanel

    return ResultsPanel(session)


MAKERS: dict[str, Make] = {
    "space": make_space,
    "strategy": make_strategy,
    "run": make_run,
    "results": make_results,
}


class Pages(QStackedWidget):
    """Shows one page at a time.

    Parameters
    ----------
    welcome : shown instead of step 1 while there is no data
    makers : key of a page -> what makes it

    Signals
    -------
    page_made : key of a page that has just been made
    """

    page_made = Signal(str)

    def __init__(
        self,
        session: Session,
        welcome: QWidget,
        makers: dict[str, Make] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.welcome = welcome
        self._makers = MAKERS if makers is None else makers
        self._pages: dict[str, QWidget] = {}
        self.key = "data"
        self.addWidget(welcome)

    def page(self, key: str) -> QWidget:
        """Return a page; make it when it is needed for the first time."""
        if key not in self._pages:
            page = self._makers[key](self.session)
            self._pages[key] = page
            self.addWidget(page)
            self.page_made.emit(key)
        return self._pages[key]

    def made(self) -> dict[str, QWidget]:
        """The pages made so far."""
        return dict(self._pages)

    def show_page(self, key: str, field: str = "") -> None:
        """Show a page, and a field of it."""
        self.key = key
        if key == "data" and self.session.is_empty:
            self.setCurrentWidget(self.welcome)
            return
        page = self.page(key)
        self.setCurrentWidget(page)
        if field and isinstance(page, LeadsToFields):
            page.focus_field(field)

    def refresh(self) -> None:
        """Show the welcome page or step 1, as the session is empty or not."""
        if self.key == "data":
            self.show_page("data")

    def rebuild(self) -> None:
        """Make all pages anew: they hold nothing but what they show."""
        pages, self._pages = self._pages, {}
        for page in pages.values():
            self.removeWidget(page)
            page.deleteLater()
        self.show_page(self.key)

    def splitters(self) -> dict[str, QSplitter]:
        """The splitters of the pages made so far, by page and place."""
        found = {}
        for key, page in self._pages.items():
            for number, splitter in enumerate(page.findChildren(QSplitter)):
                found[f"{key}/{splitter.objectName() or number}"] = splitter
        return found
