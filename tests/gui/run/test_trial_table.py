"""The table by clicks and keys: sort, select, keep the place, copy, stop a trial."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Failure, TrialState
from hpo_gui.gui.tables.trial_table import TrialTable
from tests.analysis.studies import LOSS, SPACE, make_trial, random_trials
from tests.gui.run.conftest import spec_for

CELL_PADDING = 24  # pixels on both sides


@pytest.fixture
def table(shown, qtbot):
    made = TrialTable(shown)
    qtbot.addWidget(made)
    made.resize(1100, 420)
    made.show()
    return made


def words(table, row, key):
    return table.trials.words_at(row)[table.trials.column_of(key)]


def click_head(table, key):
    head, column = table.horizontalHeader(), table.trials.column_of(key)
    x = head.sectionViewportPosition(column) + head.sectionSize(column) // 2
    QTest.mouseClick(
        head.viewport(), Qt.MouseButton.LeftButton, pos=head.rect().center().__class__(x, 12)
    )


def click_row(table, row, modifier=Qt.KeyboardModifier.NoModifier):
    at = table.visualRect(table.trials.index(row, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, at)


def test_the_newest_trials_stand_first_and_running_ones_say_how_far_they_are(table):
    assert words(table, 0, "number") == "89"
    assert words(table, 0, "state") == "running"
    assert words(table, 0, "sd").startswith("fold ")
    assert table.model().rowCount() == 90


def test_a_trial_that_was_stopped_early_says_how_far_it_came_and_why(shown, qtbot):
    number = next(t.number for t in shown.builder.trials if t.state is TrialState.PRUNED)
    stopped = shown.builder.trials[number]
    why = "After 2 of 5 folds, 0.9 ± 0.02 cannot plausibly reach the 0.95 of trial 3 any more."
    told = msgspec.structs.replace(stopped, failure=Failure("pruned", why))
    shown.builder.put(told)
    table = TrialTable(shown)
    qtbot.addWidget(table)
    row = int(np.flatnonzero(table.trials.shown == number)[0])
    assert words(table, row, "sd") == f"fold {stopped.steps_done}/5"
    for key in ("state", "sd"):
        cell = table.trials.index(row, table.trials.column_of(key))
        assert cell.data(Qt.ItemDataRole.ToolTipRole) == why


def test_a_click_on_the_score_sorts_the_best_first_and_another_the_worst(table, shown):
    scores = [t.scores.get("accuracy", np.nan) for t in shown.builder.trials[:88]]
    click_head(table, "score")
    assert words(table, 2, "score") == f"{np.nanmax(scores):.4f}"
    click_head(table, "score")
    assert words(table, 2, "score") == f"{np.nanmin(scores):.4f}"
    assert words(table, 0, "state") == "running"


def test_of_a_loss_the_smallest_comes_first(session, qtbot):
    spec = StudySpec(goals=(LOSS,))
    session.show_history(spec, SPACE, random_trials(30, metric="log_loss", running=0))
    table = TrialTable(session)
    qtbot.addWidget(table)
    table.show()
    click_head(table, "score")
    scores = [t.scores["log_loss"] for t in session.builder.trials if t.scores]
    assert words(table, 0, "score") == f"{min(scores):.4f}"


def test_a_click_selects_and_control_adds(table, shown):
    click_row(table, 3)
    first = shown.looking.selection
    assert first == (int(table.trials.shown[3]),)
    click_row(table, 5, Qt.KeyboardModifier.ControlModifier)
    assert shown.looking.selection == (*first, int(table.trials.shown[5]))


def test_arrow_keys_move_the_selection_and_escape_lets_go(table, shown):
    click_row(table, 3)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert shown.looking.selection == (int(table.trials.shown[4]),)
    QTest.keyClick(table, Qt.Key.Key_Escape)
    assert shown.looking.selection == ()


def test_a_selection_from_elsewhere_is_shown_and_scrolled_to(table, shown):
    shown.looking.select([2, 5])
    assert sorted(table.selected_numbers()) == [2, 5]
    row = int(table.trials.rows_of(np.array([5]))[0])
    assert table.viewport().rect().contains(table.visualRect(table.trials.index(row, 0)).center())


def test_the_selection_stays_with_its_trials_while_others_arrive(table, shown, add):
    click_head(table, "score")
    shown.looking.select([40, 41])
    add([make_trial(number, [0.99] * 5) for number in range(90, 110)])
    assert sorted(table.selected_numbers()) == [40, 41]
    assert shown.looking.selection == (40, 41)
    assert table.model().rowCount() == 110


def test_the_rows_in_view_stay_while_trials_arrive_above(table, add):
    table.verticalScrollBar().setValue(600)
    top = int(table.trials.shown[table.rowAt(0)])
    offset = table.rowViewportPosition(table.rowAt(0))
    add([make_trial(number, [0.9] * 5) for number in range(90, 100)])
    assert int(table.trials.shown[table.rowAt(0)]) == top
    assert table.rowViewportPosition(table.rowAt(0)) == offset


def test_at_the_top_new_trials_come_into_view(table, add):
    add([make_trial(90, [0.9] * 5, state=TrialState.RUNNING)])
    assert table.rowAt(0) == 0
    assert words(table, 0, "number") == "90"


def test_a_filter_hides_rows_and_a_new_metric_gets_a_column(table, shown, add):
    shown.looking.set_filter("number < 10")
    assert table.model().rowCount() == 10
    assert table.trials.column_of("metric f1") < 0
    extra = make_trial(90, [0.9] * 5)
    extra.fold_scores["f1"] = (0.5,)
    extra.scores["f1"] = 0.5
    add([extra])
    assert table.trials.column_of("metric f1") > 0
    assert table.model().rowCount() == 10


def test_columns_can_be_hidden_and_shown_again(table):
    menu = table.column_menu()
    action = next(a for a in menu.actions() if a.text() == "criterion")
    action.trigger()
    column = table.trials.column_of("param criterion")
    assert table.isColumnHidden(column)
    table.show_column("param criterion", True)
    assert not table.isColumnHidden(column)


def test_copied_rows_can_be_pasted_into_a_spreadsheet(table, shown):
    shown.looking.select([10, 11])
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0].split("\t")[:3] == ["#", "state", "accuracy"]
    assert [line.split("\t")[0] for line in lines[1:]] == ["11", "10"]


def test_a_running_trial_can_be_stopped_from_its_menu(table, shown, monkeypatch):
    stopped = []
    monkeypatch.setattr(shown.live, "kill_trials", stopped.extend)
    actions = {a.text(): a for a in table.menu_for(89).actions()}
    actions["Stop this trial"].trigger()
    assert stopped == [89]
    complete = {a.text(): a for a in table.menu_for(0).actions()}
    assert "Stop this trial" not in complete
    assert complete["Export model…"].isEnabled()
    assert not actions["Export model…"].isEnabled()


def test_using_a_trial_as_a_start_is_one_edit_that_can_be_undone(table, shown, qtbot):
    action = next(a for a in table.menu_for(5).actions() if a.text() == "Use as start")
    with qtbot.waitSignal(shown.notice):
        action.trigger()
    assert shown.spec.start.configurations == (shown.builder.trials[5].params,)
    shown.undo.undo()
    assert shown.spec.start.configurations == ()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_state_is_painted_in_both_themes(session, qtbot, mode):
    from hpo_gui.gui.theme import current_theme

    current_theme().set_mode(mode)
    trials = [make_trial(i, [0.5], state=state) for i, state in enumerate(TrialState)]
    session.show_history(spec_for(7), SPACE, trials)
    table = TrialTable(session)
    qtbot.addWidget(table)
    table.resize(900, 300)
    table.show()
    picture = table.grab().toImage()
    assert picture.width() == 900
    assert {words(table, row, "state") for row in range(7)} == {str(s) for s in TrialState}


def test_many_parameters_with_long_names_get_columns(session, qtbot):
    from hpo_gui.core.parameter import Float
    from hpo_gui.core.space import Space

    names = [f"a_parameter_with_quite_a_long_name_{i}" for i in range(50)]
    space = Space([Float(name, 0.0, 1.0) for name in names])
    trials = [make_trial(0, [0.5], params=dict.fromkeys(names, 0.25))]
    session.show_history(StudySpec(goals=(Goal("accuracy"),)), space, trials)
    table = TrialTable(session)
    qtbot.addWidget(table)
    table.show()
    assert table.model().columnCount() == 57
    assert words(table, 0, f"param {names[49]}") == "0.250"
    assert max(table.columnWidth(i) for i in range(56)) <= 220


def test_the_names_of_models_are_readable_in_their_column(session, qtbot):
    names = ("logistic_regression", "knn")
    space = Space((Categorical("model", names), Float("x", 0.0, 1.0)))
    trials = [make_trial(0, [0.5], params={"model": names[0], "x": 0.5})]
    session.show_history(spec_for(1), space, trials)
    table = TrialTable(session)
    qtbot.addWidget(table)
    table.show()
    place = table.trials.column_of("param model")
    assert table.columnWidth(place) >= table.fontMetrics().horizontalAdvance(names[0]) + 24
    assert table.columnWidth(table.trials.column_of("param x")) < table.columnWidth(place)


def averaging(shown, scores, depths):
    """The study with these scores, of configurations that differ by their depth."""
    trials = [
        msgspec.structs.replace(
            make_trial(number, (score, score)),
            params={**make_trial(0, (0.5,)).params, "max_depth": depth},
        )
        for number, (score, depth) in enumerate(zip(scores, depths, strict=True))
    ]
    spec = msgspec.structs.replace(spec_for(3), duplicates="average")
    shown.show_history(spec, SPACE, trials)
    return trials


def test_where_repeats_are_averaged_the_table_shows_what_counts_beside_what_was_measured(
    table, shown
):
    averaging(shown, (0.9, 0.8, 0.6), (1, 2, 1))
    table.trials.sort(table.trials.column_of("counted"), Qt.SortOrder.DescendingOrder)
    assert table.trials.shown.tolist() == [1, 2, 0]
    assert [words(table, row, "score") for row in range(3)] == ["0.8000", "0.6000", "0.9000"]
    assert [words(table, row, "counted") for row in range(3)] == ["0.8000", "0.7500", "0.7500"]
    for key in ("score", "counted"):
        tip = table.trials.index(2, table.trials.column_of(key)).data(Qt.ItemDataRole.ToolTipRole)
        assert tip == "Counts as the mean over its 2 repeats: 0.7500."
    assert table.trials.store.summary.best.number == 1


def test_a_repeat_that_ends_changes_what_counts_for_the_trials_before(table, shown):
    first, _, _ = averaging(shown, (0.9, 0.8, 0.6), (1, 2, 3))
    table.trials.sort(table.trials.column_of("counted"), Qt.SortOrder.DescendingOrder)
    shown.looking.set_filter("counted > 0.85")
    assert table.trials.shown.tolist() == [0]
    assert words(table, 0, "counted") == "0.9000"
    again = msgspec.structs.replace(make_trial(3, (0.5, 0.5)), params=first.params)
    shown.take_trials([again])
    assert table.trials.shown.tolist() == []
    shown.looking.set_filter("")
    assert table.trials.shown.tolist()[:3] == [1, 3, 0]
    assert words(table, 2, "counted") == "0.7000"


def test_without_averages_a_trial_counts_as_it_was_measured(table, shown):
    assert table.trials.column_of("counted") == -1
    shown.looking.set_filter("counted > 0.85")
    assert "counted" in table.trials.store.filter_error


def test_numbers_of_any_size_are_not_cut(session, qtbot):
    space = Space([Float("alpha", 1e-7, 0.1, log=True), Float("far", -4e4, 4e4)])
    params = {"alpha": 2.917e-07, "far": -31234.5}
    session.show_history(spec_for(1), space, [make_trial(0, [0.9], params=params)])
    table = TrialTable(session)
    qtbot.addWidget(table)
    for name in ("alpha", "far"):
        column = table.trials.column_of(f"param {name}")
        words = table.trials.index(0, column).data()
        room = table.columnWidth(column) - CELL_PADDING
        assert table.fontMetrics().horizontalAdvance(words) <= room
