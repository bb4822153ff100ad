"""The compute card: workers, limits for one trial, the seed, configurations tried before."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import ElidedLabel, label
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit
from hpo_gui.gui.worker_count import workers_of

LARGEST_SEED = 2**32 - 1


class ComputeCard(StrategyCard):
    """Edits `ComputeSpec`, the seed and the policy for duplicates."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("compute", "seed", "duplicates"))
        self.set_title(self.tr("Compute"))
        self.edits: dict[str, ValueEdit] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, 150)
        self._grid.setColumnStretch(2, 1)
        auto = workers_of(
            msgspec.structs.replace(session.spec, compute=type(session.spec.compute)())
        )
        self._line(
            "workers",
            self.tr("Workers"),
            self.tr("processes, one core each"),
            NumberRule(integer=True, optional=True, at_least=1, at_most=512),
            self.tr("auto: {0}").format(auto),
        )
        self._line(
            "trial_seconds",
            self.tr("Time per trial"),
            self.tr("seconds; longer ones fail"),
            NumberRule(optional=True, above=0),
            self.tr("no limit"),
        )
        self._line(
            "trial_memory_mb",
            self.tr("Memory per trial"),
            self.tr("megabytes; larger ones fail"),
            NumberRule(integer=True, optional=True, at_least=1),
            self.tr("no limit"),
        )
        self._line(
            "seed",
            self.tr("Seed"),
            self.tr("the same seed gives the same study"),
            NumberRule(integer=True, at_least=0, at_most=LARGEST_SEED),
            "",
        )
        self.dice = IconButton("dice", self.tr("Draw another seed"))
        self.dice.clicked.connect(lambda: self._set("seed", random.randrange(100_000)))
        self.body.addLayout(self._grid)
        self._place_dice()
        self.duplicates = Combo(
            [
                ("run", self.tr("run it again")),
                ("reuse", self.tr("reuse its score")),
                ("average", self.tr("average repeats")),
            ],
            self.tr("Tried before"),
        )
        self.duplicates.setFixedWidth(156)
        self.duplicates.picked.connect(self._set_duplicates)
        self._place_duplicates()
        self.begin()

    def _line(self, name: str, title: str, note: str, rule: NumberRule, empty: str) -> None:
        row = self._grid.rowCount()
        edit = ValueEdit(rule, title)
        edit.setFixedWidth(120)
        edit.setPlaceholderText(empty)
        edit.value_changed.connect(lambda value: self._set(name, value))
        words = label(title)
        words.setBuddy(edit)
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(edit, row, 1)
        self._grid.addWidget(ElidedLabel(note, "small"), row, 2)
        self.edits[name] = edit

    def _place_dice(self) -> None:
        """Put the dice behind the seed, before its note."""
        row = self._grid.rowCount() - 1
        item = self._grid.itemAtPosition(row, 2)
        note = item.widget() if item is not None else None
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.dice)
        if note is not None:
            self._grid.removeWidget(note)
            line.addWidget(note, 1)
        self._grid.addLayout(line, row, 2)

    def _place_duplicates(self) -> None:
        """A line of its own: a configuration that was tried before, and what becomes of it."""
        row = self._grid.rowCount()
        words = label(self.tr("Tried before"))
        words.setBuddy(self.duplicates)
        self.note = ElidedLabel("", "small")
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.duplicates)
        line.addWidget(self.note, 1)
        self._grid.addWidget(words, row, 0)
        self._grid.addLayout(line, row, 1, 1, 2)

    def _set_duplicates(self, policy: str) -> None:
        self.change(self.tr("Change what is done with known configurations"), duplicates=policy)

    def show_spec(self) -> None:
        """Show the numbers."""
        spec = self.session.spec
        for name, edit in self.edits.items():
            edit.set_value(spec.seed if name == "seed" else getattr(spec.compute, name))
        self.duplicates.set_current_key(spec.duplicates)
        notes = {
            "run": self.tr("with the same seed"),
            "reuse": self.tr("no worker runs"),
            "average": self.tr("each with a new seed; their mean counts"),
        }
        self.note.setText(notes[spec.duplicates])

    def _set(self, name: str, value: Any) -> None:
        if name == "seed":
            self.change(self.tr("Change the seed"), seed=value)
            return
        changes: dict[str, Any] = {name: value}
        compute = msgspec.structs.replace(self.session.spec.compute, **changes)
        self.change(self.tr("Change where it runs"), compute=compute)
