"""The Strategy panel, by clicks and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, EnsembleSpec, FunctionSpec, ModelSpec, StudySpec
from hpo_gui.gui.cards import strategy_choice as card
from hpo_gui.gui.cards.ensemble_switch import EnsembleSwitchCard
from hpo_gui.gui.cards.strategy_choice import outlook, strategy_groups
from hpo_gui.gui.panels.strategy_panel import StrategyPanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.value_edit import ValueEdit
from hpo_gui.strategies.catalogue import STRATEGIES
from tests.support.real_session import open_sample, settle
from tests.support.window import make_trial

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[Session]:
    session = open_sample(qtbot)
    yield session
    assert session.close()


@pytest.fixture
def panel(qtbot: QtBot, real: Session) -> StrategyPanel:
    made = StrategyPanel(real)
    qtbot.addWidget(made)
    made.resize(1190, 1100)
    made.show()
    qtbot.waitExposed(made)
    return made


def write(edit: QLineEdit, text: str) -> None:
    """Type into a field and press Return."""
    edit.setFocus()
    edit.selectAll()
    if text:
        QTest.keyClicks(edit, text)
    else:
        QTest.keyClick(edit, Key.Key_Delete)
    QTest.keyClick(edit, Key.Key_Return)


def pick(combo: Combo, key: object) -> None:
    """Choose as a click in the list does."""
    combo.set_current_key(key)
    combo.activated.emit(combo.currentIndex())


def becomes(qtbot: QtBot, read: object, wanted: object) -> None:
    assert callable(read)
    qtbot.waitUntil(lambda: read() == wanted, timeout=3000)


def test_what_was_filled_in_is_shown(panel: StrategyPanel, real: Session) -> None:
    assert panel.strategy.tiles.current() == "auto"
    assert panel.budget.boxes["trials"].isChecked()
    assert panel.budget.edits["trials"].value() == 60
    assert panel.budget.edits["seconds"].value() == 2
    assert panel.budget.unit.current_key() == 60.0
    assert panel.validation.editor.combo.current_key() == "stratified_k_fold"
    assert [row.choice.current_key() for row in panel.metrics.rows] == ["accuracy"]
    assert panel.compute.edits["seed"].value() == real.spec.seed
    assert panel.start.defaults.isChecked()
    assert panel.strategy.outlook.text().startswith("Bayesian optimization: ")


def test_a_tile_chooses_the_strategy_and_shows_its_options(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    QTest.mouseClick(panel.strategy.tiles.tiles["grid"], LEFT)
    becomes(qtbot, lambda: real.spec.strategy, Choice("grid"))
    assert real.undo.undoText() == "Choose Grid search"
    assert panel.strategy.form is not None
    assert "combinations are more than the budget of 60 trials" in panel.strategy.outlook.text()
    assert panel.strategy.outlook.property("role") == "warning"
    assert not panel.start.defaults.isChecked()
    points = panel.strategy.form.editor("points")
    assert isinstance(points, ValueEdit)
    write(points, "1")
    becomes(qtbot, lambda: real.spec.strategy.options, {"points": 1})
    real.undo.undo()
    real.undo.undo()
    assert panel.strategy.tiles.current() == "auto"


def test_abbreviations_of_a_file_are_words_in_the_window(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    QTest.mouseClick(panel.strategy.tiles.tiles["bayesian"], LEFT)
    becomes(qtbot, lambda: real.spec.strategy, Choice("bayesian"))
    assert panel.strategy.form is not None
    shown = {}
    for name in ("kernel", "acquisition"):
        combo = panel.strategy.form.editor(name)
        assert isinstance(combo, Combo)
        shown[name] = [combo.itemText(place) for place in range(combo.count())]
    assert set(shown["kernel"]) == {"Matérn 5/2", "Matérn 3/2", "RBF"}
    assert {"Automatic", "Log expected improvement"} <= set(shown["acquisition"])


def test_arrow_keys_move_between_the_tiles(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    tile = panel.strategy.tiles.tiles["auto"]
    tile.setFocus()
    QTest.keyClick(tile, Key.Key_Right)
    QTest.keyClick(panel.strategy.tiles.tiles["random"], Key.Key_Space)
    becomes(qtbot, lambda: real.spec.strategy.name, "random")


def test_the_chosen_strategy_says_when_to_use_it_and_names_its_papers(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    assert panel.strategy.sentence.text() == STRATEGIES["auto"].use_when
    assert panel.strategy.references.isHidden()
    QTest.mouseClick(panel.strategy.tiles.tiles["random"], LEFT)
    becomes(qtbot, lambda: real.spec.strategy.name, "random")
    assert panel.strategy.sentence.text() == STRATEGIES["random"].use_when
    assert len(panel.strategy.references.lines) == len(STRATEGIES["random"].references)
    assert panel.strategy.references.isVisible()


class Learner(msgspec.Struct, frozen=True):
    looks_at_scores: ClassVar[bool] = True

    def choose(self, history: History) -> tuple[Learner, str]:
        return self, f"Learner: {len(history)} trials, {len(history.space)} parameters."


def test_strategies_are_grouped_by_what_they_do() -> None:
    learner = Entry("learner", "Learner", "Use when it learns.", Learner)
    groups = strategy_groups([*STRATEGIES, learner])
    keys = {group.name: [tile.key for tile in group.tiles] for group in groups}
    assert "learner" in keys["Learn from trials"]
    assert keys["Chosen for you"] == ["auto", "model_bandit", "portfolio"]
    assert {"random", "grid"} <= set(keys["Cover the space"])
    assert "manual" in keys["Your own"]


def test_a_choice_that_looks_at_the_trials_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (*STRATEGIES, Entry("learner", "Learner", "Use when it learns.", Learner))
    monkeypatch.setattr(card, "STRATEGIES", Catalogue("strategy", entries))
    space = Space([Int("a", 1, 10)])
    assert outlook(Choice("learner"), space, 60)[0] == "Learner: 0 trials, 1 parameters."
    trials = [make_trial(0), make_trial(1)]
    history = History(space, [Goal("accuracy")], trials)
    assert outlook(Choice("learner"), space, 60, history)[0].startswith("Learner: 2 trials")
    other = Space([Int("a", 1, 10), Int("b", 1, 10)])
    assert outlook(Choice("learner"), other, 60, history)[0].startswith("Learner: 0 trials, 2")


def test_the_values_of_a_grid_are_typed_in_a_dialog(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    QTest.mouseClick(panel.strategy.tiles.tiles["grid"], LEFT)
    becomes(qtbot, lambda: real.spec.strategy.name, "grid")
    QTest.mouseClick(panel.strategy.values_button, LEFT)
    dialog = panel.strategy.dialog
    assert dialog is not None
    QTest.keyClicks(dialog.edits["max_depth"], "2, 4, none")
    QTest.keyClicks(dialog.edits["max_features"], "2 points")
    QTest.keyClicks(dialog.edits["criterion"], "gini, x")
    assert "must be one of gini, entropy" in dialog.summary.text()
    assert not dialog.take.isEnabled()
    dialog.edits["criterion"].clear()
    QTest.keyClicks(dialog.edits["criterion"], "gini")
    assert "combinations" in dialog.summary.text()
    QTest.mouseClick(dialog.take, LEFT)
    becomes(
        qtbot,
        lambda: real.spec.strategy.options,
        {"values": {"max_depth": (2, 4, None), "max_features": 2, "criterion": ("gini",)}},
    )


def test_manual_configurations_are_typed_changed_and_removed(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    QTest.mouseClick(panel.strategy.tiles.tiles["manual"], LEFT)
    becomes(qtbot, lambda: real.spec.strategy.name, "manual")
    listed = panel.strategy.configurations
    QTest.mouseClick(listed.add_button, LEFT)
    dialog = listed.dialog
    assert dialog is not None
    depth = dialog.form.fields["max_depth"]
    assert depth.none is not None
    assert depth.none.isChecked()
    QTest.mouseClick(depth.none, LEFT, pos=depth.none.rect().center() / 4)
    depth.none.setChecked(False)
    assert depth.number is not None
    depth.number.setText("77")
    assert "must be a whole number from 1 to 50 or none" in dialog.error.text()
    assert not dialog.take.isEnabled()
    depth.number.setText("7")
    assert dialog.take.isEnabled()
    pick(dialog.form.fields["bootstrap"].combo, 1)  # type: ignore[arg-type]  # it has a list
    assert not dialog.form.fields["max_samples"].isEnabled()
    QTest.mouseClick(dialog.take, LEFT)
    qtbot.waitUntil(lambda: "configurations" in real.spec.strategy.options)
    (typed,) = real.spec.strategy.options["configurations"]
    assert typed["max_depth"] == 7
    assert typed["bootstrap"] is False
    assert "max_samples" not in typed
    assert not real.problems
    QTest.mouseClick(listed.edit_buttons[0], LEFT)
    assert listed.dialog is not None
    write(listed.dialog.form.fields["max_depth"].number, "9")  # type: ignore[arg-type]
    becomes(qtbot, lambda: real.spec.strategy.options["configurations"][0]["max_depth"], 9)
    QTest.mouseClick(listed.remove_buttons[0], LEFT)
    becomes(qtbot, lambda: dict(real.spec.strategy.options), {})


def test_first_trials_are_the_defaults_and_what_the_user_adds(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    QTest.mouseClick(panel.start.defaults, LEFT)
    becomes(qtbot, lambda: real.spec.start.defaults, False)
    QTest.mouseClick(panel.start.configurations.add_button, LEFT)
    dialog = panel.start.configurations.dialog
    assert dialog is not None
    QTest.mouseClick(dialog.take, LEFT)
    becomes(qtbot, lambda: len(real.spec.start.configurations), 1)
    assert not real.problems


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [("trials", "150", 150), ("seconds", "5", 300.0), ("target", "0.95", 0.95)],
)
def test_a_limit_is_typed(
    qtbot: QtBot, panel: StrategyPanel, real: Session, name: str, text: str, wanted: float
) -> None:
    if not panel.budget.boxes[name].isChecked():
        panel.budget.boxes[name].click()
        qtbot.waitUntil(lambda: getattr(real.spec.budget, name) is not None)
    write(panel.budget.edits[name], text)
    becomes(qtbot, lambda: getattr(real.spec.budget, name), wanted)


def test_limits_are_switched_off_and_remembered(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    write(panel.budget.edits["trials"], "77")
    becomes(qtbot, lambda: real.spec.budget.trials, 77)
    panel.budget.boxes["seconds"].click()
    becomes(qtbot, lambda: real.spec.budget.seconds, None)
    panel.budget.boxes["no_improvement"].click()
    becomes(qtbot, lambda: real.spec.budget.no_improvement, 20)
    panel.budget.boxes["trials"].click()
    becomes(qtbot, lambda: real.spec.budget.trials, None)
    assert not panel.budget.edits["trials"].isEnabled()
    panel.budget.boxes["trials"].click()
    becomes(qtbot, lambda: real.spec.budget.trials, 77)


def test_a_study_may_end_for_lack_of_expected_gain(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    assert not panel.budget.ahead.isEnabled()
    panel.budget.boxes["gain"].click()
    becomes(qtbot, lambda: real.spec.budget.gain, 0.001)
    write(panel.budget.edits["gain"], "0.02")
    becomes(qtbot, lambda: real.spec.budget.gain, 0.02)
    write(panel.budget.ahead, "30")
    becomes(qtbot, lambda: real.spec.budget.gain_trials, 30)
    assert "an expected gain below 0.02 in 30 trials" in panel.budget.words.text()
    panel.budget.boxes["gain"].click()
    becomes(qtbot, lambda: real.spec.budget.gain, None)
    assert not panel.budget.edits["gain"].isEnabled()


def test_time_has_units(qtbot: QtBot, panel: StrategyPanel, real: Session) -> None:
    pick(panel.budget.unit, 3600.0)
    becomes(qtbot, lambda: real.spec.budget.seconds, 7200.0)
    assert panel.budget.edits["seconds"].value() == 2
    pick(panel.budget.unit, 1.0)
    becomes(qtbot, lambda: real.spec.budget.seconds, 2.0)
    assert panel.budget.unit.current_key() == 1.0


def test_a_bad_limit_is_not_taken(panel: StrategyPanel, real: Session, qtbot: QtBot) -> None:
    before = real.spec
    write(panel.budget.edits["trials"], "0")
    assert "at least 1" in panel.budget.edits["trials"].error()
    write(panel.budget.edits["trials"], "many")
    qtbot.wait(20)
    assert real.spec == before


def test_the_kind_of_validation_is_chosen_and_drawn(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    pick(panel.validation.editor.combo, "repeated_stratified_k_fold")
    becomes(qtbot, lambda: real.spec.validation.name, "repeated_stratified_k_fold")
    assert real.spec.validation is not None
    form = panel.validation.editor.form
    assert form is not None
    folds = form.editor("folds")
    assert isinstance(folds, ValueEdit)
    write(folds, "3")
    becomes(qtbot, lambda: real.spec.validation.options.get("folds"), 3)
    splits = panel.validation.splits
    qtbot.waitUntil(
        lambda: (
            splits.picture.shown is not None
            and not splits.is_busy
            and splits.picture.shown.count % 3 == 0
        ),
        timeout=30_000,
    )
    assert splits.picture.shown is not None
    assert splits.picture.shown.order == "class"


def test_folds_that_a_class_cannot_fill_are_told_at_once(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    form = panel.validation.editor.form
    assert form is not None
    folds = form.editor("folds")
    assert isinstance(folds, ValueEdit)
    write(folds, "100")
    splits = panel.validation.splits
    qtbot.waitUntil(lambda: "must have at least 100 rows" in splits.text.text(), timeout=30_000)
    assert "Chinstrap" in splits.text.text()
    assert splits.picture.shown is None


def test_options_that_two_kinds_share_are_carried_over(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    form = panel.validation.editor.form
    assert form is not None
    write(form.editor("folds"), "7")  # type: ignore[arg-type]
    becomes(qtbot, lambda: real.spec.validation.options.get("folds"), 7)
    pick(panel.validation.editor.combo, "k_fold")
    becomes(qtbot, lambda: real.spec.validation.name, "k_fold")
    assert real.spec.validation is not None
    assert real.spec.validation.options["folds"] == 7


def test_the_goal_is_chosen_with_its_direction(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    (row,) = panel.metrics.rows
    pick(row.choice, "neg_log_loss")
    becomes(qtbot, lambda: real.spec.goals, (Goal("neg_log_loss", "maximize"),))
    assert row.arrow.text() == "▲ maximize"
    assert row.arrow.toolTip() == "Higher is better."
    pick(row.choice, "fit_time")
    becomes(qtbot, lambda: real.spec.goals[0].metric, "fit_time")
    assert row.arrow.text() == "▼ minimize"


def test_other_metrics_are_recorded_and_taken_out(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    pick(panel.metrics.adder, "balanced_accuracy")
    becomes(qtbot, lambda: real.spec.metrics, ("balanced_accuracy",))
    pick(panel.metrics.adder, "f1_macro")
    becomes(qtbot, lambda: real.spec.metrics, ("balanced_accuracy", "f1_macro"))
    assert "f1_macro" not in panel.metrics.adder._keys
    assert "f1" not in panel.metrics.rows[0].choice._keys  # it is for two classes
    QTest.keyClick(panel.metrics.more.chip("balanced_accuracy"), Key.Key_Delete)
    becomes(qtbot, lambda: real.spec.metrics, ("f1_macro",))
    pick(panel.metrics.rows[0].choice, "f1_macro")
    becomes(qtbot, lambda: real.spec.metrics, ())


def test_workers_limits_and_seed_are_typed(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    edits = panel.compute.edits
    write(edits["workers"], "3")
    write(edits["trial_seconds"], "30")
    write(edits["trial_memory_mb"], "1500")
    write(edits["seed"], "42")
    becomes(qtbot, lambda: real.spec.seed, 42)
    assert real.spec.compute.workers == 3
    assert real.spec.compute.trial_seconds == 30
    assert real.spec.compute.trial_memory_mb == 1500
    QTest.mouseClick(panel.compute.dice, LEFT)
    qtbot.waitUntil(lambda: real.spec.seed != 42)
    write(edits["workers"], "")
    becomes(qtbot, lambda: real.spec.compute.workers, None)
    write(edits["workers"], "0")
    assert edits["workers"].error()


def test_preprocessing_is_chosen(qtbot: QtBot, panel: StrategyPanel, real: Session) -> None:
    scaling = panel.preprocessing.form.editor("scaling")
    assert isinstance(scaling, Combo)
    pick(scaling, "robust")
    becomes(qtbot, lambda: real.spec.preprocessing.scaling, "robust")
    pick(scaling, "auto")
    becomes(qtbot, lambda: real.spec.preprocessing.scaling, "auto")


def test_the_pruner_is_automatic_until_one_is_chosen(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    card = panel.pruner
    becomes(qtbot, lambda: real.spec.pruner, Choice("fold_racing"))
    assert card.editor.combo.current_key() == "auto"
    assert card.editor.sentence.text().startswith("Now: Fold racing. Use when")
    grid = msgspec.structs.replace(real.spec, strategy=Choice("grid"))
    real.edit(grid, "Measure everything")
    becomes(qtbot, lambda: real.spec.pruner, Choice("none"))
    assert card.editor.combo.current_key() == "auto"
    assert card.editor.sentence.text().startswith("Now: None.")
    pick(card.editor.combo, "median")
    becomes(qtbot, lambda: real.spec.pruner, Choice("median"))
    assert card.editor.sentence.text().startswith("Use when")
    assert not card.idle.isVisible()
    pick(card.editor.combo, "patience")
    becomes(qtbot, lambda: real.spec.pruner, Choice("patience"))
    assert "watches training" in card.idle.text()
    pick(card.editor.combo, "auto")
    becomes(qtbot, lambda: real.spec.pruner, Choice("none"))
    assert card.editor.combo.current_key() == "auto"


def test_a_problem_is_told_in_its_card(qtbot: QtBot, panel: StrategyPanel, real: Session) -> None:
    spec = msgspec.structs.replace(real.spec, strategy=Choice("grid", {"points": 0}))
    real.edit(spec, "Break it")
    settle(qtbot, real)
    assert panel.strategy.problem.isVisible()
    assert "strategy.points" in panel.strategy.problem.text()
    spec = msgspec.structs.replace(real.spec, pruner=Choice("nonsense"))
    real.edit(spec, "Break it more")
    settle(qtbot, real)
    assert "must be one of" in panel.pruner.problem.text()


def test_a_field_can_be_led_to(qtbot: QtBot, panel: StrategyPanel) -> None:
    panel.activateWindow()
    panel.focus_field("validation.folds")
    focused = panel.focusWidget()
    assert focused is not None
    assert panel.validation.isAncestorOf(focused)


def test_a_function_has_no_folds_but_a_key_and_a_direction(
    qtbot: QtBot, session: Session, panel: StrategyPanel, real: Session
) -> None:
    spec = StudySpec(objective=FunctionSpec("f.py:objective"), goals=(Goal("loss"),))
    real.edit(spec, "Tune a function")
    settle(qtbot, real)
    assert panel.validation.none.isVisible()
    assert not panel.preprocessing.isVisible()
    (row,) = panel.metrics.rows
    assert row.key.text() == "loss"
    assert row.direction.current_key() == "minimize"
    pick(row.direction, "maximize")
    becomes(qtbot, lambda: real.spec.goals, (Goal("loss", "maximize"),))
    write(row.key, "score")
    becomes(qtbot, lambda: real.spec.goals[0].metric, "score")


def test_the_outlook_of_a_grid_counts_what_fits_into_the_budget() -> None:
    space = Space([Int("a", 1, 10), Categorical("b", ("x", "y"))])
    text, role = outlook(Choice("grid", {"points": 10}), space, 60)
    assert (text, role) == ("20 combinations, before constraints.", "small")
    text, role = outlook(Choice("grid", {"points": 10}), space, 5)
    assert role == "warning"
    assert "only the first 25 %" in text
    assert outlook(Choice("auto"), space, 60)[0].startswith("Grid search: all 20")
    assert outlook(Choice("grid", {"points": 0}), space, 60)[0] == ""
    assert outlook(Choice("grid"), None, 60)[0] == ""


def test_an_empty_study_is_shown(qtbot: QtBot, session: Session) -> None:
    panel = StrategyPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert "No limit" in panel.budget.words.text()
    session.show_history(StudySpec(models=(ModelSpec("svm"),)), Space([]))
    assert not panel.start.configurations.add_button.isEnabled()


def test_a_switch_combines_the_best_models(session: Session, qtbot: QtBot) -> None:
    card = EnsembleSwitchCard(session)
    qtbot.addWidget(card)
    card.show()
    assert not card.numbers.isVisible()
    card.switch.click()
    assert session.asked.ensemble == EnsembleSpec()
    card.edits["size"].value_changed.emit(20)
    assert session.asked.ensemble == EnsembleSpec(size=20)
    assert card.numbers.isVisible()
    card.switch.click()
    assert session.asked.ensemble is None
