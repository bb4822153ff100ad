"""The strategy card: tiles, the options of the chosen strategy, and what they lead to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.core.catalogue import Entry
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice
from hpo_gui.gui.cards.configurations_list import ConfigurationsList
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.dialogs.grid_values import GridValuesDialog
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import LinkButton, explain
from hpo_gui.gui.widgets.choice_tiles import ChoiceTiles, TileGroup, TileText
from hpo_gui.gui.widgets.labels import set_role, wrapped
from hpo_gui.gui.widgets.options_form import OptionsForm
from hpo_gui.gui.widgets.reference_list import ReferenceList
from hpo_gui.strategies.catalogue import STRATEGIES

MOST_PARENTS = 2000
GROUPS = {
    "auto": "choosing",
    "model_bandit": "choosing",
    "portfolio": "choosing",
    "manual": "own",
    "optuna": "own",
}
BY_HAND = {"grid": ("values",), "manual": ("configurations",)}


class StrategyChoiceCard(StrategyCard):
    """Chooses the strategy and edits its options."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("strategy",))
        self.set_title(self.tr("Strategy"))
        self.set_subtitle(self.tr("what is tried next"))
        self._kept: dict[str, dict[str, Any]] = {}
        self._shown = ""
        self.form: OptionsForm | None = None
        self.tiles = ChoiceTiles(strategy_groups(list(STRATEGIES)), self.tr("Strategy"))
        self.tiles.chosen.connect(self._choose)
        self.sentence = wrapped("", "")
        self.references = ReferenceList()
        self.outlook = wrapped("", "small")
        self.values_button = LinkButton(self.tr("Values of single parameters…"))
        self.values_button.clicked.connect(self.ask_values)
        self.configurations = ConfigurationsList(session)
        self.configurations.changed.connect(self._set_configurations)
        self.dialog: GridValuesDialog | None = None
        self._options = QVBoxLayout()
        self._options.setSpacing(6)
        self.add(self.tiles)
        self.body.addSpacing(4)
        self.add(self.sentence)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.values_button)
        line.addWidget(self.outlook, 1)
        self.body.addLayout(line)
        self.body.addLayout(self._options)
        self.add(self.configurations)
        self.add(self.references)
        session.study_changed.connect(self._kept.clear)
        session.problems_changed.connect(self._show_outlook)
        session.looking.options_changed.connect(self._show_advanced)
        self.begin()

    def show_spec(self) -> None:
        """Show the strategy and its options."""
        choice = self.session.spec.strategy
        if choice.name != self._shown:
            self._make_form(choice.name)
        self.tiles.set_current(choice.name)
        self._kept[choice.name] = dict(choice.options)
        if self.form is not None and self.form.values() != dict(choice.options):
            self.form.set_values(choice.options)
        self.values_button.setVisible(choice.name == "grid")
        self.configurations.setVisible(choice.name == "manual")
        self._show_outlook()

    def ask_values(self) -> None:
        """Ask for the values of a grid."""
        space, options = self.session.space, self.session.spec.strategy.options
        if space is None:
            return
        self.dialog = GridValuesDialog(
            space, options.get("points", 5), options.get("values", {}), self.window()
        )
        self.dialog.given.connect(lambda values: self._set_option("values", values))
        of_study(self.dialog, self.session)
        self.dialog.open()

    def _make_form(self, name: str) -> None:
        self._shown = name
        if self.form is not None:
            self._options.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        known = name in STRATEGIES
        self.sentence.setText(STRATEGIES[name].use_when if known else "")
        self.sentence.setVisible(known)
        self.references.set_references(STRATEGIES[name].references if known else ())
        if not known:
            return
        titles = {entry.name: entry.title for entry in STRATEGIES} | self._choice_titles()
        form = OptionsForm(STRATEGIES[name].kind, hidden=BY_HAND.get(name, ()), titles=titles)
        if form.is_empty():
            form.deleteLater()
            return
        form.changed.connect(self._set_options)
        self.form = form
        self._options.addWidget(form)
        self._show_advanced(self.session.looking.options)

    def _choice_titles(self) -> dict[str, str]:
        """Words for choices that are written as abbreviations in a file."""
        return {
            "log_ei": self.tr("Log expected improvement"),
            "ucb": self.tr("Confidence bound"),
            "pi": self.tr("Probability of improvement"),
            "thompson": self.tr("Thompson sampling"),
            "matern52": self.tr("Matérn 5/2"),
            "matern32": self.tr("Matérn 3/2"),
            "rbf": self.tr("RBF"),
        }

    def _show_advanced(self, options: str) -> None:
        if self.form is not None:
            self.form.show_advanced(options == "all")

    def _choose(self, name: str) -> None:
        choice = Choice(name, self._kept.get(name, {}))
        self.change(self.tr("Choose {0}").format(STRATEGIES[name].title), strategy=choice)

    def _set_options(self, values: dict[str, Any]) -> None:
        choice = Choice(self.session.spec.strategy.name, values)
        self.change(self.tr("Change the strategy's options"), strategy=choice)

    def _set_option(self, name: str, value: Any) -> None:
        options = dict(self.session.spec.strategy.options)
        options[name] = value
        if not value:
            del options[name]
        self._set_options(options)

    def _set_configurations(self, configurations: object) -> None:
        self._set_option("configurations", configurations)

    def _show_outlook(self) -> None:
        choice, space = self.session.spec.strategy, self.session.space
        why_not = self.tr("The search space has to be mended first.") if space is None else ""
        explain(self.values_button, why_not)
        self.configurations.show_configurations(choice.options.get("configurations", ()), space)
        text, role = outlook(choice, space, self.session.spec.budget.trials, self.session.history)
        self.outlook.setText(text)
        set_role(self.outlook, role)
        self.outlook.setVisible(bool(text))


def outlook(
    choice: Choice, space: Space | None, trials: int | None, history: History | None = None
) -> tuple[str, str]:
    """What a strategy will do in a space, in a sentence, and the role of its label.

    Parameters
    ----------
    history : the trials so far, of any space
    """
    if space is None or choice.name not in STRATEGIES:
        return "", "small"
    if not len(space):
        return _tr("There is nothing to tune: only the defaults can be measured."), "small"
    parents = {name for parameter in space for name in parameter.when}
    if math.prod(min(space[name].size, MOST_PARENTS + 1) for name in parents) > MOST_PARENTS:
        return "", "small"
    try:
        strategy = STRATEGIES.make(choice.name, choice.options)
        if choice.name == "grid":
            return _grid_outlook(float(strategy.size(space)), trials)
        if hasattr(strategy, "choose"):
            return _chosen_words(strategy, space, trials, history), "small"
    except SpecError:
        return "", "small"  # told as a problem of the specification
    return "", "small"


def _chosen_words(strategy: Any, space: Space, trials: int | None, history: History | None) -> str:
    """Which strategy another one chooses, in its own sentence.

    It is asked with the trials so far, where they are of this space.
    """
    if history is None or history.space != space:
        goals = history.goals if history is not None else (Goal("score"),)
        history = History(space, goals, plan=Plan(trials=trials))
    return str(strategy.choose(history)[1])


def _grid_outlook(size: float, trials: int | None) -> tuple[str, str]:
    shown = f"{size:,.0f}" if size < 1e9 else f"{size:.2e}"
    if trials is None or size <= trials:
        return _tr("{0} combinations, before constraints.").format(shown), "small"
    text = _tr(
        "{0} combinations are more than the budget of {1:,} trials: only the first {2} % of them "
        "will be tried, in order."
    )
    return text.format(shown, trials, f"{trials / size * 100:.2g}"), "warning"


def _tr(text: str) -> str:
    return QCoreApplication.translate("StrategyChoiceCard", text)


def strategy_groups(entries: Sequence[Entry[Any]]) -> tuple[TileGroup, ...]:
    """The strategies in groups of one kind, in the order of the catalogue."""
    names = {
        "choosing": _tr("Chosen for you"),
        "learning": _tr("Learn from trials"),
        "covering": _tr("Cover the space"),
        "own": _tr("Your own"),
    }
    return tuple(
        TileGroup(
            title,
            tuple(
                TileText(entry.name, entry.title, entry.use_when)
                for entry in entries
                if _group(entry) == key
            ),
        )
        for key, title in names.items()
    )


def _group(entry: Entry[Any]) -> str:
    """Which group an entry belongs to; what is new is told apart by whether it learns."""
    if entry.name in GROUPS:
        return GROUPS[entry.name]
    return "learning" if getattr(entry.kind, "looks_at_scores", True) else "covering"
