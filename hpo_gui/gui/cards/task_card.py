"""What is predicted: classification with its classes or regression, and the locked test rows."""

from __future__ import annotations

from msgspec import structs
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSizePolicy, QWidget

from hpo_gui.core.spec import DataSpec
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import ElidedLabel, label
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.value_edit import ValueEdit

SHOWN_CLASSES = 6
USUAL_SHARE = 0.2
HEIGHT = 46


class TaskCard(QFrame):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "card")
        self.setFixedHeight(HEIGHT)
        self.task = label("", "strong")
        self.kind = Combo(
            [
                ("auto", self.tr("found by itself")),
                ("classification", self.tr("classification")),
                ("regression", self.tr("regression")),
            ],
            self.tr("Task"),
            dense=True,
        )
        self.kind.picked.connect(lambda task: self._edit(task=task, text=self.tr("Task")))
        self.facts = ElidedLabel("", "")
        self.chips: list[Chip] = []
        self.keep = QCheckBox(self.tr("keep"))
        self.keep.setAccessibleName(self.tr("Keep rows locked as a final test"))
        self.keep.clicked.connect(self._keep_clicked)
        self.share = ValueEdit(
            NumberRule(integer=True, at_least=1, at_most=50),
            self.tr("Per cent of the rows kept for the final test"),
            dense=True,
        )
        self.share.setFixedWidth(44)
        self.share.value_changed.connect(self._share_changed)
        self.locked = label(self.tr("% locked as a final test"))
        self._build()
        session.table_changed.connect(self.refresh)
        session.spec_changed.connect(self.refresh)
        session.looking.options_changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(12)
        row.addWidget(self.task)
        row.addWidget(self.kind)
        row.addSpacing(12)
        row.addWidget(self.facts)
        self._classes = QHBoxLayout()
        self._classes.setSpacing(10)
        row.addLayout(self._classes)
        row.addStretch(1)
        final = QHBoxLayout()
        final.setSpacing(6)
        for widget in (self.keep, self.share, self.locked):
            final.addWidget(widget)
        row.addLayout(final)
        self.kind.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        tip = self.tr(
            "These rows take no part in tuning. They are opened once, at export, "
            "to tell how good the chosen model really is."
        )
        for widget in (self.keep, self.share, self.locked):
            widget.setToolTip(plain_tip(tip))

    def refresh(self) -> None:
        """Show target, task and locked share again."""
        data, roles, table = self.session.spec.data, self.session.roles, self.session.table
        self.setVisible(data is not None and table is not None)
        if data is None or table is None:
            return
        if roles is None or roles.target is None:
            self.task.setText(self.tr("No target yet"))
            self.facts.setText(self.tr("Choose the column to predict, in the column “role”."))
            self._show_classes([])
        else:
            self._show_task(roles.task, roles.task_reason, roles.target)
        self.kind.set_current_key(data.task)
        self.kind.setVisible(self.session.looking.options == "all")
        self._show_share(data)

    def _show_task(self, task: str, reason: str, target: str) -> None:
        table = self.session.table
        assert table is not None
        column = table.column(target)
        self.task.setToolTip(plain_tip(reason))
        if task == "classification":
            self.task.setText(self.tr("Classification"))
            self.facts.setText(self.tr("{0:,} classes").format(column.distinct))
            self._show_classes([f"{name} {count:,}" for name, count in column.top])
            return
        self.task.setText(self.tr("Regression"))
        if column.low is None or column.high is None:
            self.facts.setText(self.tr("{0:,} values").format(column.distinct))
        else:
            words = self.tr("{0:,} values from {1:g} to {2:g}")
            self.facts.setText(words.format(column.distinct, column.low, column.high))
        self._show_classes([])

    def _show_classes(self, names: list[str]) -> None:
        shown = names[:SHOWN_CLASSES]
        if len(names) > len(shown):
            shown.append(self.tr("+ {0} more").format(len(names) - len(shown)))
        if [chip.text() for chip in self.chips] == shown:
            return
        for chip in self.chips:
            self._classes.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = [Chip(name, self) for name in shown]
        for chip in self.chips:
            self._classes.addWidget(chip)

    def _show_share(self, data: DataSpec) -> None:
        kept = data.test_share > 0
        self.keep.setChecked(kept)
        self.share.setEnabled(kept)
        self.share.set_value(round((data.test_share or USUAL_SHARE) * 100))

    def _keep_clicked(self, kept: bool) -> None:
        percent = self.share.value() or USUAL_SHARE * 100
        share = percent / 100 if kept else 0.0
        self._edit(test_share=share, text=self.tr("Locked test rows"))

    def _share_changed(self, percent: int | None) -> None:
        if percent is None:
            return
        self._edit(test_share=percent / 100, text=self.tr("Locked test rows"))

    def _edit(self, text: str, **changes: object) -> None:
        spec = self.session.spec
        if spec.data is not None:
            data = structs.replace(spec.data, **changes)
            self.session.edit(structs.replace(spec, data=data), text)
