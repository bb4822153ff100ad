"""The validation card, with the picture of the splits; and the small cards beside it."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QWidget

from hpo_gui.core.spec import Choice, PreprocessingSpec
from hpo_gui.evaluation.splits import SPLITS
from hpo_gui.gui.cards.family_editor import FamilyEditor
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.plots.splits_plot import SplitsPlot
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import planned_steps
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.options_form import OptionsForm
from hpo_gui.pruners.catalogue import PRUNERS, why_idle

PICTURE = 210


class ValidationCard(StrategyCard):
    """Chooses how rows are split, and shows the folds at once."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("validation",))
        self.set_title(self.tr("Validation"))
        self.set_subtitle(self.tr("which rows judge what was learnt from the others"))
        self.editor = FamilyEditor(SPLITS, self.tr("Kind of validation"))
        self.editor.changed.connect(self._set)
        self.splits = SplitsPlot(session)
        self.splits.setMinimumHeight(PICTURE)
        self.none = wrapped(
            self.tr("A function of your own gives its score itself: there is nothing to split."),
            "muted",
        )
        for part in (self.editor, self.splits, self.none):
            self.add(part)
        self.begin()

    def show_spec(self) -> None:
        """Show the kind and its options."""
        choice = self.session.spec.validation
        is_function = self.session.spec.objective is not None
        self.none.setVisible(is_function)
        self.editor.setVisible(not is_function)
        self.splits.setVisible(not is_function)
        if choice is not None:
            self.editor.show_choice(choice)

    def show_problems(self) -> None:
        """Leave to the picture what the picture tells."""
        super().show_problems()
        if self.splits.isVisibleTo(self) and self.session.table is not None:
            self.problem.hide()

    def _set(self, choice: object) -> None:
        assert isinstance(choice, Choice)
        self.change(self.tr("Change the validation"), validation=choice)


class PrunerCard(StrategyCard):
    """Chooses what stops hopeless trials early."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("pruner",))
        self.set_title(self.tr("Early stopping of trials"))
        self.set_subtitle(self.tr("hopeless trials make room for better ones"))
        self.editor = FamilyEditor(PRUNERS, self.tr("Pruner"), automatic=True)
        self.editor.changed.connect(self._set)
        self.idle = wrapped("", "muted")
        self.add(self.editor)
        self.add(self.idle)
        self.begin()

    def show_spec(self) -> None:
        """Show the pruner, and why it has nothing to do where that is so."""
        spec = self.session.spec
        self.editor.show_choice(spec.pruner, guessed=self.session.is_guessed("pruner"))
        training = spec.training
        steps = planned_steps(spec.validation) if training is None else training.steps
        if spec.objective is not None and training is None:
            steps = 1
        rows = spec.rows is not None
        steps = len(spec.row_shares) or steps
        why = why_idle(spec.pruner, steps, learns=training is not None, rows=rows)
        self.idle.setText(why)
        self.idle.setVisible(bool(why))

    def _set(self, choice: object) -> None:
        assert isinstance(choice, Choice)
        self.change(self.tr("Change the pruner"), pruner=choice)


class PreprocessingCard(StrategyCard):
    """Edits what happens to the columns inside each fold."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("preprocessing",))
        self.set_title(self.tr("Preprocessing"))
        self.set_subtitle(self.tr("inside each fold, never across"))
        self.form = OptionsForm(PreprocessingSpec)
        self.form.changed.connect(self._set)
        self.add(self.form)
        self.begin()

    def show_spec(self) -> None:
        """Show the choices."""
        spec = self.session.spec
        self.setVisible(spec.objective is None)
        given = {
            name: getattr(spec.preprocessing, name) for name in PreprocessingSpec.__struct_fields__
        }
        if self.form.all_values() != given:
            self.form.set_values(given)

    def _set(self, values: dict[str, str]) -> None:
        new = msgspec.convert(values, PreprocessingSpec)
        self.change(self.tr("Change the preprocessing"), preprocessing=new)
