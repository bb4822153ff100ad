"""The population over the steps of training: what is drawn, pointed at, selected and replayed."""

from __future__ import annotations

import numpy as np
import pytest
from populations import PARAMETERS, STEPS, learnt_population, population_spec
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from hpo_gui.analysis.population import lineage
from hpo_gui.core.space import Space
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.plots.population_view import PopulationView
from hpo_gui.gui.tables.trial_actions import replay_schedule, why_no_replay
from hpo_gui.gui.theme import current_theme
from tests.analysis.studies import SPACE, random_trials
from tests.gui.run.conftest import spec_for

TRIALS = list(learnt_population().study.trials)


@pytest.fixture
def population(session):
    session.show_history(population_spec(), Space(PARAMETERS), TRIALS)
    return session


@pytest.fixture
def view(population, qtbot):
    shown = PopulationView(population)
    qtbot.addWidget(shown)
    shown.resize(1180, 500)
    with qtbot.waitExposed(shown):
        shown.show()
    for plot in shown.plots:
        plot.repaint()
    return shown


def pixel_of(plot, number):
    place = int(np.flatnonzero(plot.points.numbers == number)[0])
    return QPointF(plot.points.x[place], plot.points.y[place]).toPoint()


def test_scores_lineage_and_parameters_are_shown_the_changing_ones_first(view):
    assert view.currentIndex() == 1
    assert [plot.name for plot in view.parameters] == ["rate", "kind"]
    assert view.scores.title == "loss"
    for plot in view.plots:
        assert (plot.x_home.low, plot.x_home.high) == (0, STEPS)
        assert len(plot.points.numbers) > 10


def test_a_study_without_a_population_has_no_tab_for_it(shown, qtbot):
    for kind in (RunPanel, ResultsPanel):
        panel = kind(shown)
        qtbot.addWidget(panel)
        tabs = panel.trials.tabs if kind is RunPanel else panel.tabs
        assert not tabs.isTabVisible(tabs.count() - 1)
        shown.show_history(population_spec(), Space(PARAMETERS), [])
        assert tabs.isTabVisible(tabs.count() - 1)
        shown.show_history(spec_for(90), SPACE, random_trials(90))


def test_before_the_first_interval_is_over_it_says_what_will_be_there(session, qtbot):
    session.show_history(population_spec(), Space(PARAMETERS), TRIALS[:3])
    early = PopulationView(session)
    qtbot.addWidget(early)
    early.show()
    assert early.is_wanted
    assert early.currentIndex() == 0
    assert early.parameters == []


def test_a_click_selects_the_trial_everywhere_and_its_path_stands_out(view, population):
    number = TRIALS[-1].number
    before = view.tree.grab().toImage()
    QTest.mouseClick(view.scores, Qt.MouseButton.LeftButton, pos=pixel_of(view.scores, number))
    assert population.looking.selection == (number,)
    assert isinstance(before, QImage)
    best = population.history.best
    if number != best.number:
        assert view.tree.grab().toImage() != before
    tip = view.scores.tip(number)
    assert f"#{number}" in tip
    assert TRIALS[number].origin.reason in tip


def test_walking_by_keys_goes_from_trial_to_trial(view, population):
    view.tree.setFocus()
    QTest.keyClick(view.tree, Qt.Key.Key_Right)
    first = population.looking.selection
    QTest.keyClick(view.tree, Qt.Key.Key_Right)
    assert len(first) == 1
    assert population.looking.selection != first
    QTest.keyClick(view.tree, Qt.Key.Key_Escape)
    assert population.looking.selection == ()


def test_the_filter_takes_trials_out(view, population):
    before = len(view.scores.points.numbers)
    population.looking.set_filter("rate < 0.01")
    assert 0 < len(view.scores.points.numbers) < before


def test_new_trials_appear_while_the_study_runs(session, qtbot):
    session.show_history(population_spec(), Space(PARAMETERS), TRIALS[:3])
    view = PopulationView(session)
    qtbot.addWidget(view)
    view.show()
    assert view.currentIndex() == 0
    for trial in TRIALS[3:12]:
        session.builder.put(trial)
    session.trials_changed.emit(list(range(3, 12)))
    qtbot.waitUntil(lambda: view.currentIndex() == 1)
    assert set(view.tree.points.numbers.tolist()) == set(range(12))


def test_both_themes_paint_other_pictures(view):
    pictures = {}
    before = current_theme().mode
    for name in ("light", "dark"):
        current_theme().set_mode(name)
        pictures[name] = view.tree.grab().toImage()
    current_theme().set_mode(before)
    assert pictures["light"] != pictures["dark"]


def test_run_and_results_show_the_population(population, qtbot):
    for kind in (RunPanel, ResultsPanel):
        panel = kind(population)
        qtbot.addWidget(panel)
        panel.resize(1200, 800)
        panel.show()
        panel.focus_field("population")
        view = panel.trials.population if kind is RunPanel else panel.population
        assert view.isVisible()
        assert view.currentIndex() == 1


# --- the schedule -------------------------------------------------------------------------------


def test_the_drawer_offers_the_schedule_of_a_trial_that_went_on_from_another(population, qtbot):
    drawer = ExportDrawer(population)
    qtbot.addWidget(drawer)
    for key in ("schedule_csv", "schedule_json", "replay"):
        assert drawer.boxes[key].isEnabled()
    assert "schedule_csv" in drawer.wanted()
    assert "replay" not in drawer.wanted()
    population.looking.select([1])
    drawer.begin()
    assert drawer.trial == 1
    assert not drawer.boxes["schedule_csv"].isEnabled()
    assert "schedule_csv" not in drawer.wanted()


def test_why_nothing_can_be_replayed_is_said(population, shown):
    assert "not gone on from another" in why_no_replay(shown)
    shown.show_history(population_spec(), Space(PARAMETERS), [])
    assert "complete" in why_no_replay(shown)


def test_a_replay_is_a_new_study_of_the_selected_trial(population, monkeypatch):
    opened, said = [], []
    monkeypatch.setattr(
        population.opening, "open_draft", lambda spec, base: opened.append((spec, base))
    )
    population.notice.connect(said.append)
    assert why_no_replay(population) == ""
    replay_schedule(population)
    made = lineage(population.history)
    chosen = next(t for t in TRIALS if t.parent is not None and t.state == "complete")
    population.looking.select([chosen.number])
    replay_schedule(population)
    (best, base), (other, _) = opened
    assert base == population.base
    assert best.strategy.name == other.strategy.name == "manual"
    assert best.training.steps == STEPS
    assert other.training.steps == chosen.steps
    assert str(chosen.number) in said[-1].head
    assert made.is_population


def test_what_cannot_be_replayed_is_told_and_opens_nothing(population, monkeypatch):
    opened, said = [], []
    monkeypatch.setattr(population.opening, "open_draft", lambda spec, base: opened.append(spec))
    population.show_history(population_spec(training=None), Space(PARAMETERS), TRIALS)
    population.notice.connect(said.append)
    replay_schedule(population)
    assert opened == []
    assert said[-1].level == "error"


def test_a_study_without_trials_shows_nothing_of_the_one_before(population, view):
    population.show_history(population_spec(), Space(PARAMETERS), random_trials(3)[:0])
    assert view.currentIndex() == 0
