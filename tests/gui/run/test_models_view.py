"""Several models in the results: ranked side by side, refitted by one click, and as one vote."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical
from hpo_gui.core.space import Space
from hpo_gui.core.spec import EnsembleSpec, ModelSpec
from hpo_gui.core.trial import Failure, TrialState
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.tables.models_table import BEHIND, MODEL, SCORE, TRIALS, VERDICT
from tests.analysis.studies import ACCURACY, make_trial
from tests.gui.run.conftest import spec_for

NAMES = ("svm", "random_forest", "knn")
SPACE = Space([Categorical("model", NAMES)])
TIME = Goal("fit_time", "minimize")
BOOM = Failure("raised", "no such metric")


def scored(number, folds, model):
    return make_trial(number, folds, params={"model": model}, fit_time=0.1 + number)


def trials():
    return [
        scored(0, [0.95, 0.97, 0.94, 0.98, 0.96], "svm"),
        scored(1, [0.96, 0.94, 0.95, 0.97, 0.95], "random_forest"),
        scored(2, [0.90, 0.91, 0.92, 0.90, 0.91], "svm"),
        make_trial(3, state=TrialState.FAILED, failure=BOOM, params={"model": "knn"}),
    ]


def show(session, qtbot, models=NAMES, ensemble=None, goals=(ACCURACY,)):
    spec = msgspec.structs.replace(
        spec_for(4), models=tuple(map(ModelSpec, models)), ensemble=ensemble, goals=goals
    )
    session.show_history(spec, SPACE, trials())
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1400, 800)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def words(table, row, column):
    return table.model().index(row, column).data()


def test_the_switch_shows_models_beside_each_other(session, qtbot):
    panel = show(session, qtbot)
    assert panel.leaderboard.isVisible()
    assert not panel.refit.isVisible()
    click(panel.ranked.button("models"))
    table = panel.models
    assert table.isVisible()
    assert [words(table, row, MODEL) for row in range(3)] == ["svm", "random forest", "knn"]
    assert [words(table, row, VERDICT) for row in range(3)] == [
        "best",
        "≈ within noise",
        "no score",
    ]
    assert words(table, 0, SCORE).startswith("0.96")
    assert words(table, 1, BEHIND).startswith("0.006")
    assert words(table, 2, TRIALS) == "1 (1 failed)"
    tip = table.model().index(2, TRIALS).data(Qt.ItemDataRole.ToolTipRole)
    assert "no such metric" in tip


def test_a_click_on_a_model_selects_its_best_trial(session, qtbot):
    panel = show(session, qtbot)
    panel.focus_field("models")
    at = panel.models.visualRect(panel.models.model().index(1, MODEL)).center()
    QTest.mouseClick(panel.models.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert session.looking.selection == (1,)
    session.looking.select([2])
    assert panel.models.selectedIndexes() == []


def test_one_click_leads_to_the_export_of_a_models_best_trial(session, qtbot):
    panel = show(session, qtbot)
    panel.focus_field("models")
    panel.models.selectRow(1)
    click(panel.refit)
    assert panel.drawer.isVisible()
    assert panel.drawer.trial == 1
    assert "model_pickle" in panel.drawer.wanted()


def test_a_model_is_refitted_whatever_trial_was_taken_before(session, qtbot):
    panel = show(session, qtbot)
    session.looking.choose(2)
    panel.focus_field("models")
    panel.models.selectRow(1)
    click(panel.refit)
    assert panel.drawer.trial == 1


def test_a_model_without_a_score_cannot_be_refitted(session, qtbot):
    panel = show(session, qtbot)
    panel.focus_field("models")
    panel.models.selectRow(2)
    click(panel.refit)
    assert not panel.drawer.isVisible()


def test_one_model_alone_has_nothing_to_be_ranked_with(session, qtbot):
    panel = show(session, qtbot, models=("svm",))
    panel.focus_field("models")
    assert not panel.ranked.isVisible()
    assert panel.leaderboard.isVisible()


def test_a_narrow_table_leaves_out_what_is_least_needed(session, qtbot):
    panel = show(session, qtbot)
    panel.focus_field("models")
    assert not panel.models.isColumnHidden(BEHIND)
    panel.resize(1000, 800)
    qtbot.waitUntil(lambda: panel.models.isColumnHidden(BEHIND))


def test_the_ensemble_shows_weights_and_what_is_optimistic(session, qtbot):
    panel = show(session, qtbot, ensemble=EnsembleSpec())
    card = panel.ensemble
    assert card.isVisible()
    click(card.choose)
    qtbot.waitUntil(lambda: card.found is not None and card.choose.isEnabled())
    assert "#0 svm: 75%" in card.bars.accessibleDescription()
    assert "optimistic" in card.text.text()
    assert card.tile.isVisible()
    assert not card.tested.isVisible()
    click(card.open_test)
    qtbot.waitUntil(lambda: card.tested.isVisible() and card.choose.isEnabled())
    assert "0.85" in card.tested.text()
    assert not card.open_test.isVisible()
    click(card.export)
    assert panel.drawer.isVisible()
    assert "ensemble_pickle" in panel.drawer.wanted()


def test_what_stands_in_the_way_of_an_ensemble_is_said(session, qtbot, engine, monkeypatch):
    def find(*_):
        raise ExportError("ensemble", "needs predictions of at least one complete trial")

    monkeypatch.setattr(engine, "find_ensemble", find)
    card = show(session, qtbot, ensemble=EnsembleSpec()).ensemble
    click(card.choose)
    qtbot.waitUntil(lambda: card.error.isVisible() and card.choose.isEnabled())
    assert "needs predictions" in card.error.text()
    assert card.found is None


def test_without_the_wish_there_is_no_ensemble(session, qtbot):
    panel = show(session, qtbot)
    assert not panel.ensemble.isVisible()
    panel.open_export()
    box = panel.drawer.boxes["ensemble_pickle"]
    assert not box.isEnabled()


def test_looking_at_another_goal_keeps_the_ensemble_and_its_score(session, qtbot):
    panel = show(session, qtbot, ensemble=EnsembleSpec(), goals=(ACCURACY, TIME))
    click(panel.ensemble.choose)
    qtbot.waitUntil(lambda: panel.ensemble.found is not None)
    click(panel.ensemble.open_test)
    qtbot.waitUntil(lambda: bool(panel.ensemble.test))
    session.looking.see_goal("fit_time")
    assert panel.ensemble.found is not None
    assert "0.85" in panel.ensemble.tested.text()


def test_another_study_forgets_the_ensemble(session, qtbot):
    panel = show(session, qtbot, ensemble=EnsembleSpec())
    click(panel.ensemble.choose)
    qtbot.waitUntil(lambda: panel.ensemble.found is not None)
    session.show_history(spec_for(0), SPACE, [])
    assert panel.ensemble.found is None
    assert not panel.ensemble.isVisible()
