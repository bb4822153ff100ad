"""What cards about the specification share: they show a part of it and what is wrong there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from PySide6.QtWidgets import QWidget

from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.labels import wrapped


class StrategyCard(Card):
    """A card about one part of the specification.

    Parameters
    ----------
    fields : the fields of problems that are told here
    step : the page whose problems these are
    """

    def __init__(
        self,
        session: Session,
        title: str,
        subtitle: str = "",
        parent: QWidget | None = None,
        *,
        fields: Sequence[str] = (),
        step: str = "strategy",
    ) -> None:
        super().__init__(title, subtitle, parent)
        self.session = session
        self.fields = tuple(fields)
        self.step = step
        self.problem = wrapped("", "error")
        self.problem.hide()
        session.spec_changed.connect(self.show_spec)
        session.problems_changed.connect(self.show_problems)

    def begin(self) -> None:
        """Call at the end of ``__init__``: shows everything for the first time."""
        self.add(self.problem)
        self.show_spec()
        self.show_problems()

    def show_spec(self) -> None:
        """Show the specification anew."""
        raise NotImplementedError

    def show_problems(self) -> None:
        """Tell the problems that belong here."""
        told = [
            str(problem.error)
            for problem in self.session.problems
            if problem.step == self.step and problem.field.partition(".")[0] in self.fields
        ]
        self.problem.setText("\n".join(told))
        self.problem.setVisible(bool(told))

    def change(self, text: str, **parts: Any) -> None:
        """Edit parts of the specification."""
        self.session.edit(structs.replace(self.session.spec, **parts), text)
