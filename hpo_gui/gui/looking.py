"""How the study shown is looked at, in every plot and table at once: no value of it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class Look:
    """How a study is looked at.

    Attributes
    ----------
    selection : numbers of the selected trials
    filter : of all plots and tables
    goal_seen : the metric of the goal that tables and plots lead with; "" for the first one
    choice : number of the trial that the user chose to take, of several goals; None for none
    """

    selection: tuple[int, ...] = ()
    filter: str = ""
    goal_seen: str = ""
    choice: int | None = None


class Looking(QObject):
    """Holds the `Look` of the study shown, and how much the panels show of any study.

    Signals
    -------
    selection_changed : tuple of trial numbers
    filter_changed : text of the filter
    goal_seen_changed : the metric of the goal that tables and plots lead with
    choice_changed : the user chose another trial to take, or none any more
    options_changed : "simple" or "all": how much the panels show
    """

    selection_changed = Signal(object)
    filter_changed = Signal(str)
    goal_seen_changed = Signal(str)
    choice_changed = Signal()
    options_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = Look()  # NOTE: another study brings its own, and tells when all of it is there
        self._options = "simple"

    @property
    def selection(self) -> tuple[int, ...]:
        """Numbers of the selected trials."""
        return self.look.selection

    @property
    def filter(self) -> str:
        """The filter of all plots and tables."""
        return self.look.filter

    @property
    def goal_seen(self) -> str:
        """The metric of the goal that tables and plots lead with; "" for the first one."""
        return self.look.goal_seen

    @property
    def choice(self) -> int | None:
        """Number of the trial that the user chose to take, of several goals; None for none."""
        return self.look.choice

    @property
    def options(self) -> str:
        """How much the panels show: "simple" or "all"; hiding never resets anything."""
        return self._options

    def select(self, numbers: Iterable[int], *, add: bool = False) -> None:
        """Select trials, in every plot and table; with ``add`` beside those selected already."""
        before = self.selection if add else ()
        chosen = tuple(dict.fromkeys((*before, *numbers)))
        if chosen != self.selection:
            self._replace(selection=chosen)
            self.selection_changed.emit(chosen)

    def see_goal(self, metric: str) -> None:
        """Lead with another of the goals, in every plot and table."""
        if metric != self.goal_seen:
            self._replace(goal_seen=metric)
            self.goal_seen_changed.emit(metric)

    def choose(self, number: int | None) -> None:
        """Take this trial: its model is exported and tested; None for the one suggested."""
        if number != self.choice:
            self._replace(choice=number)
            self.choice_changed.emit()

    def set_filter(self, text: str) -> None:
        """Filter the trials, in every plot and table."""
        if text != self.filter:
            self._replace(filter=text)
            self.filter_changed.emit(text)

    def set_options(self, options: str) -> None:
        """Show little or all, in every panel."""
        if options != self._options:
            self._options = options
            self.options_changed.emit(options)

    def _replace(self, **changes: Any) -> None:
        self.look = replace(self.look, **changes)
