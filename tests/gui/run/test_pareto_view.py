"""The Pareto page by mouse and keys, and what cards and tables say of several goals."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.best_card import BestCard
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.cards.final_test import FinalTestCard
from hpo_gui.gui.cards.score_card import ScoreCard
from hpo_gui.gui.cards.trial_card import TrialCard
from hpo_gui.gui.cards.trials_card import TrialsCard
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.plots.convergence_points import HYPERVOLUME
from hpo_gui.gui.plots.pareto_view import ParetoView
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.front_words import front_words
from hpo_gui.gui.tables.leaderboard_table import VERDICT, LeaderboardTable
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.tables.trial_table import TrialTable
from hpo_gui.gui.theme import current_theme
from hpo_gui.gui.window.status_line import StatusLine
from tests.analysis.studies import SPACE as ONE_SPACE
from tests.analysis.studies import random_trials
from tests.gui.run.conftest import spec_for
from tests.support.several_goals import (
    ACCURACY,
    DOMINATED,
    KNEE,
    SIZE,
    SPACE,
    TIME,
    spec,
    trial,
    trials,
)

IMPOSSIBLE = (Goal("accuracy", "maximize", threshold=0.995), Goal("model_size", threshold=95.0))
FIVE = (ACCURACY, SIZE, TIME, Goal("f1"), Goal("log_loss"))


@pytest.fixture
def two(session: Session) -> Session:
    """The session, showing six trials with two goals."""
    session.show_history(spec(), SPACE, trials())
    return session


@pytest.fixture
def view(two: Session, qtbot: QtBot) -> ParetoView:
    return shown_view(two, qtbot)


def shown_view(session: Session, qtbot: QtBot) -> ParetoView:
    made = ParetoView(session)
    qtbot.addWidget(made)
    made.resize(900, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.grab()
    return made


def pixel_of(view: ParetoView, number: int) -> QPointF:
    points = view.plots[0].points
    place = int(np.flatnonzero(points.numbers == number)[0])
    return QPointF(points.x[place], points.y[place])


def click(view: ParetoView, number: int) -> None:
    at = pixel_of(view, number).toPoint()
    QTest.mouseClick(view.plots[0], Qt.MouseButton.LeftButton, pos=at)


# --- the plot ---------------------------------------------------------------------------------


def test_a_click_on_a_point_selects_the_trial(view: ParetoView, two: Session) -> None:
    click(view, 1)
    assert two.looking.selection == (1,)
    assert "on the front" in tip_of(trial_store(two), 1)


def test_arrow_keys_walk_along_the_points(view: ParetoView, two: Session) -> None:
    plot = view.plots[0]
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert two.looking.selection == (4,)  # the lowest accuracy
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert two.looking.selection == (3,)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert two.looking.selection == ()


def test_use_this_one_takes_the_selected_trial(view: ParetoView, two: Session) -> None:
    store = trial_store(two)
    assert not view.use.isEnabled()
    assert store.chosen is not None
    assert store.chosen.number == KNEE
    click(view, 1)
    QTest.mouseClick(view.use, Qt.MouseButton.LeftButton)
    assert store.chosen.number == 1
    assert store.why_chosen == "given"
    assert "chosen: trial 1" in front_words(store)
    assert not view.use.isEnabled()


def test_the_choice_ends_with_the_study(view: ParetoView, two: Session) -> None:
    two.looking.choose(1)
    two.show_history(spec(), SPACE, trials())
    assert two.looking.choice is None


def test_a_choice_of_a_trial_that_failed_does_not_count(two: Session) -> None:
    failed = trial(6, (0, 0), (ACCURACY, SIZE), state=TrialState.FAILED)
    two.show_history(spec(), SPACE, [*trials(), failed])
    two.looking.choose(6)
    chosen = trial_store(two).chosen
    assert chosen is not None
    assert chosen.number == KNEE


def test_the_epsilon_filter_hides_what_is_far_from_the_front(view: ParetoView) -> None:
    assert len(view.plots[0].points.numbers) == 6
    view._set_epsilon(0.0)
    view.grab()
    assert DOMINATED not in view.plots[0].points.numbers
    view._set_epsilon(0.2)
    view.grab()
    assert len(view.plots[0].points.numbers) in (5, 6)
    view._set_epsilon(None)
    assert len(view.plots[0].points.numbers) == 6


def test_the_filter_of_all_plots_hides_points(view: ParetoView, two: Session) -> None:
    two.looking.set_filter("front and accuracy > 0.9")
    view.grab()
    assert sorted(view.plots[0].points.numbers.tolist()) == [0, 1, 2]
    two.looking.set_filter("not front")
    assert view.plots[0].points.numbers.tolist() == [DOMINATED]


def test_switches_of_the_menu_change_what_is_painted(view: ParetoView) -> None:
    actions = {action.text(): action for action in view.menu().actions() if action.text()}
    bars = actions["95 % intervals of the front"]
    with_bars = view.plots[0].grab().toImage()
    bars.trigger()
    assert not view.look.bars
    assert view.plots[0].grab().toImage() != with_bars
    actions["Trials that are not significantly dominated"].trigger()
    assert view.look.by_chance
    actions["Logarithmic model size (bytes)"].trigger()
    view.grab()
    assert view.plots[0].y_home.log


def test_the_plot_follows_both_themes(view: ParetoView) -> None:
    light = view.grab().toImage()
    current_theme().set_mode("dark")
    assert view.grab().toImage() != light
    current_theme().set_mode("light")


def test_open_and_failed_trials_are_no_points(two: Session, qtbot: QtBot) -> None:
    more = [
        trial(6, (0, 0), (ACCURACY, SIZE), state=TrialState.FAILED),
        trial(7, (0, 0), (ACCURACY, SIZE), state=TrialState.RUNNING),
    ]
    two.show_history(spec(), SPACE, [*trials(), *more])
    view = shown_view(two, qtbot)
    assert sorted(view.plots[0].points.numbers.tolist()) == [0, 1, 2, 3, 4, 5]


def test_a_new_trial_appears_and_joins_the_front(view: ParetoView, two: Session) -> None:
    two.builder.put(trial(6, (0.992, 80.0), (ACCURACY, SIZE)))
    two.trials_changed.emit([6])
    view._mark_stale()
    view.grab()
    assert trial_store(two).pareto.front.tolist() == [6]
    assert 6 in view.plots[0].points.numbers
    assert front_words(trial_store(two)).startswith("1 trial on the Pareto front")
    assert view.words.text() == "", "the card beside it says so already"


@pytest.mark.parametrize(
    ("scores", "goals"),
    [
        ([(0.5, 10.0)], (ACCURACY, SIZE)),
        ([(0.5, 10.0)] * 3, (ACCURACY, SIZE)),
        ([(0.5, 10.0), (0.5, 20.0)], (ACCURACY, SIZE)),
        ([(1e-9, 1e9), (2e-9, 3e9), (5e-9, 7e9)], (ACCURACY, SIZE)),
        ([(0.5, 0.0), (0.6, 0.0)], IMPOSSIBLE),
        ([(0.1 * n, 9.0 - n, n, 0.5, 1.0 + n) for n in range(5)], FIVE),
    ],
    ids=["one", "equals", "constant", "scales", "impossible", "five"],
)
def test_odd_studies_are_shown_in_every_view(
    session: Session, qtbot: QtBot, scores: list[tuple[float, ...]], goals: tuple[Goal, ...]
) -> None:
    session.show_history(spec(goals), SPACE, trials(scores, goals))
    view = shown_view(session, qtbot)
    for kind in ("front", "parallel", "growth"):
        view.show_kind(kind)
        view.grab()
    assert view.currentIndex() == 0
    assert len(view.plots) == {2: 1, 5: 10}[len(goals)]
    assert len(view.plots[0].points.numbers) == len(scores)


def test_without_a_complete_trial_the_page_says_what_is_to_come(
    session: Session, qtbot: QtBot
) -> None:
    running = trial(0, (0, 0), (ACCURACY, SIZE), state=TrialState.RUNNING)
    session.show_history(spec(), SPACE, [running])
    view = shown_view(session, qtbot)
    assert view.currentWidget() is view.empty
    assert not view.use.isEnabled()


def test_all_infeasible_is_said_with_the_nearest_trial(session: Session, qtbot: QtBot) -> None:
    session.show_history(spec(IMPOSSIBLE), SPACE, trials(goals=IMPOSSIBLE))
    view = shown_view(session, qtbot)
    nearest = trial_store(session).pareto.nearest
    assert f"No trial keeps all thresholds. The nearest is trial {nearest}" in view.words.text()
    assert [item.text for item in view.legend.items] == ["not feasible"]


# --- tabs -------------------------------------------------------------------------------------


def test_the_tab_is_there_with_several_goals_only(session: Session, qtbot: QtBot) -> None:
    card = TrialsCard(session)
    results = ResultsPanel(session)
    qtbot.addWidget(card)
    qtbot.addWidget(results)
    session.show_history(spec_for(9), ONE_SPACE, random_trials(9))
    place, other = card.stack.indexOf(card.pareto), results.views.indexOf(results.pareto)
    assert not card.tabs.isTabVisible(place)
    assert not results.tabs.isTabVisible(other)
    session.show_history(spec(), SPACE, trials())
    assert card.tabs.isTabVisible(place)
    assert results.tabs.currentIndex() == other  # the front is looked at first
    card.show_pareto("growth")
    assert card.pareto.pages.currentWidget() is card.pareto.growth
    session.show_history(spec_for(9), ONE_SPACE, random_trials(9))
    assert not results.tabs.isTabVisible(other)
    assert results.tabs.currentIndex() == 0


# --- everything else that says "best" ---------------------------------------------------------


def test_cards_name_the_front_its_ends_and_the_trial_taken(two: Session, qtbot: QtBot) -> None:
    best, test, drawer = BestCard(two), FinalTestCard(two), ExportDrawer(two)
    for card in (best, test, drawer):
        qtbot.addWidget(card)
    assert best.tile.name.text() == "Pareto front"
    assert best.tile.value.text() == "5"
    assert "best accuracy: 0.9900  #0" in best.ends.as_text()
    assert "taken: #2, the knee" in best.ends.as_text()
    assert test.button.text() == "Open the locked test for #2"
    drawer.begin()
    assert drawer.trial == KNEE
    two.looking.choose(1)
    best.refresh()
    assert "taken: #1, by you" in best.ends.as_text()
    assert test.button.text() == "Open the locked test for #1"
    assert drawer.trial == 1
    assert "front_csv" in drawer.wanted()


def test_a_study_with_one_goal_has_its_best_trial(session: Session, qtbot: QtBot) -> None:
    session.show_history(spec_for(9), ONE_SPACE, random_trials(9))
    best, score, drawer = BestCard(session), ScoreCard(session), ExportDrawer(session)
    for card in (best, score, drawer):
        qtbot.addWidget(card)
    assert best.tile.name.text().startswith("Best trial #")
    assert best.ends.isHidden()
    assert score.goals.isHidden()
    assert score.title.text() == "Best score"
    assert "front_csv" not in drawer.wanted()
    assert "front" not in {c.key for c in TrialTable(session).trials.columns}


def test_the_trial_card_tells_all_goals_and_who_dominates(two: Session, qtbot: QtBot) -> None:
    card = TrialCard(two)
    qtbot.addWidget(card)
    card.show_trial(two.history.trials[DOMINATED], is_best=False)
    assert "model size (bytes): 600" in card.goals.as_text()
    assert card.standing.text() == "Dominated by #1, #2"
    QTest.mouseClick(card.use, Qt.MouseButton.LeftButton)
    assert two.looking.choice == DOMINATED
    assert card.standing.text() == "Chosen. Dominated by #1, #2"
    assert not card.use.isEnabled()


def test_the_table_marks_sorts_and_filters_the_front(two: Session, qtbot: QtBot) -> None:
    table = TrialTable(two)
    qtbot.addWidget(table)
    table.grab()
    model = table.trials
    place = model.column_of("front")
    assert [model.words(n)[place] for n in (0, KNEE, DOMINATED)] == ["front", "knee", ""]
    model.sort(place, Qt.SortOrder.DescendingOrder)
    assert model.shown[-1] == DOMINATED
    two.builder.put(trial(6, (0.992, 80.0), (ACCURACY, SIZE)))
    two.trials_changed.emit([6])
    assert model.shown[0] == 6
    assert model.words(0)[place] == ""
    two.looking.set_filter("front")
    assert model.shown.tolist() == [6]
    two.looking.set_filter("feasible and not front")
    assert len(model.shown) == 6


def test_a_filter_of_the_front_follows_it(two: Session) -> None:
    store = trial_store(two)
    two.looking.set_filter("front")
    assert store.mask.sum() == 5
    two.builder.put(trial(6, (0.992, 80.0), (ACCURACY, SIZE)))
    two.trials_changed.emit([6])
    assert np.flatnonzero(store.mask).tolist() == [6]


def test_the_leaderboard_tells_the_standing_of_each_trial(two: Session, qtbot: QtBot) -> None:
    table = LeaderboardTable(two)
    qtbot.addWidget(table)
    model = table.ranking
    told = [model.data(model.index(row, VERDICT)) for row in range(model.rowCount())]
    assert told == [
        "best accuracy",
        "on the front",
        "knee",
        "on the front",
        "best model size (bytes)",
        "dominated",
    ]
    assert model.data(model.index(1, model.columnCount() - 1)) == "500"
    two.looking.choose(1)
    table.refresh()
    assert model.data(model.index(1, VERDICT)) == "chosen"


def test_the_goal_that_is_looked_at_leads_plots_and_tables(two: Session, qtbot: QtBot) -> None:
    card = ScoreCard(two)
    qtbot.addWidget(card)
    store = trial_store(two)
    assert [card.goals.itemText(i) for i in range(3)] == [
        "accuracy",
        "model size (bytes)",
        "hypervolume",
    ]
    card._see("model_size")
    assert store.goal == SIZE
    assert store.summary.best is not None
    assert store.summary.best.number == 4
    assert store.goals == (ACCURACY, SIZE)  # their order stays
    assert store.pareto.bests == (0, 4)
    card._see(HYPERVOLUME)
    card.resize(700, 300)
    card.show()
    card.grab()
    assert card.plot.has_line
    assert not card.plot.of_goal
    card._see("accuracy")
    assert store.goal == ACCURACY


def test_the_status_line_tells_the_front(two: Session, qtbot: QtBot) -> None:
    line = StatusLine(two)
    qtbot.addWidget(line)
    assert line.remark.text() == "5 trials on the Pareto front"
    assert line.remark.toolTip() == front_words(trial_store(two))
    assert front_words(trial_store(two)) == (
        "5 trials on the Pareto front; knee: trial 2; best accuracy: trial 0; "
        "best model size (bytes): trial 4"
    )
