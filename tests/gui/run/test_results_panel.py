"""The Results panel and the export drawer, by clicks."""

from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from hpo_gui.assembly.results import KINDS
from hpo_gui.core.errors import ExportError
from hpo_gui.core.spec import FunctionSpec, StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.export_choices import export_choices
from hpo_gui.gui.cards.export_drawer import folder_problem
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.tables.leaderboard_table import FROM, INTERVAL
from hpo_gui.gui.tables.trial_store import trial_store
from tests.analysis.studies import ACCURACY, SPACE, make_trial
from tests.gui.run.conftest import spec_for

CELL_PADDING = 24  # pixels on both sides


@pytest.fixture
def panel(shown, qtbot):
    made = ResultsPanel(shown)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_intervals_of_far_worse_trials_do_not_flatten_those_of_the_best(session, qtbot):
    good = [make_trial(n, [0.90 + n / 1000, 0.92, 0.91]) for n in range(5)]
    worse = [make_trial(n, [0.1, 0.2, 0.9]) for n in range(5, 9)]
    session.show_history(spec_for(9), SPACE, good + worse)
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1200, 760)
    with qtbot.waitExposed(panel):
        panel.show()
    ranking = panel.leaderboard.ranking
    low, high = ranking.scale()
    for told, _ in ranking.intervals()[:5]:
        assert low <= told.mean - told.half_width < told.mean + told.half_width <= high
    assert all(told.mean < low for told, _ in ranking.intervals()[5:])
    assert high - low < 0.2
    picture = panel.leaderboard.grab()  # arrow heads and cut intervals are painted
    assert not picture.isNull()


@pytest.fixture
def drawer(panel, tmp_path):
    panel.open_export()
    panel.drawer.set_folder(tmp_path / "results")
    return panel.drawer


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_results_the_panel_says_what_will_be_here(session, qtbot):
    session.show_history(spec_for(0), SPACE, [])
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible()
    with qtbot.waitSignal(session.go_to) as signal:
        click(panel.empty_action)
    assert signal.args == ["run", ""]


def test_failures_only_are_told_apart_from_nothing(session, qtbot):
    session.show_history(spec_for(1), SPACE, [make_trial(0, state=TrialState.FAILED)])
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert "No trial is complete" in panel.empty.title.text()


def test_the_leaderboard_begins_with_the_best_and_ends_with_the_defaults(panel, shown):
    ranking = panel.leaderboard.ranking
    best = trial_store(shown).summary.best
    assert ranking.places[0].trial is best
    assert ranking.verdict(ranking.places[0]) == "best"
    assert any(place.is_baseline for place in ranking.places)
    assert any("noise" in ranking.verdict(place) for place in ranking.places[1:])


def test_the_leaderboard_has_room_for_how_often_a_configuration_was_run(panel, shown):
    table, numbers = panel.leaderboard, 1
    before = table.columnWidth(numbers)
    best = table.ranking.places[0].trial
    done = shown.history.trials
    again = structs.replace(best, number=len(done), seed=5, told=len(done) + 1)
    shown.show_history(shown.spec, SPACE, [*done, again])
    table.rank()
    texts = [table.model().index(row, numbers).data() for row in range(table.model().rowCount())]
    assert any(text.endswith("×2") for text in texts)
    needed = max(table.fontMetrics().horizontalAdvance(text) for text in texts)
    assert needed + CELL_PADDING <= table.columnWidth(numbers)
    assert before < table.columnWidth(numbers)


def test_where_there_is_little_room_the_intervals_have_it(panel, qtbot):
    table = panel.leaderboard
    head = table.horizontalHeader()
    panel.resize(1400, 760)
    qtbot.waitUntil(lambda: not table.isColumnHidden(FROM))
    panel.resize(900, 760)
    qtbot.waitUntil(lambda: table.isColumnHidden(FROM))
    qtbot.waitUntil(lambda: head.sectionSize(INTERVAL) >= head.sectionSizeHint(INTERVAL))


def test_a_click_on_the_leaderboard_selects_everywhere(panel, shown):
    table = panel.leaderboard
    at = table.visualRect(table.model().index(2, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert shown.looking.selection == (table.ranking.places[2].trial.number,)


def test_tabs_switch_between_the_views_of_the_results(panel):
    views = (panel.parallel, panel.slices, panel.landscape, panel.folds)
    for view in views:
        bar, place = panel.tabs, panel.views.indexOf(view)
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        assert view.isVisible()


def test_the_locked_test_is_opened_for_the_best_and_compared_with_the_validation(panel, qtbot):
    card = panel.test
    assert card.button.isVisible()
    click(card.button)
    qtbot.waitUntil(lambda: card.tile.isVisible())
    assert card.tile.value.text() == "0.800"
    assert "The validation said" in card.text.text()
    assert not card.button.isVisible()


def test_without_locked_rows_the_card_leads_to_the_data(shown, qtbot):
    shown.show_history(spec_for(5, test_share=0.0), SPACE, [make_trial(0, [0.5, 0.6])])
    panel = ResultsPanel(shown)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.test.button.isVisible()
    with qtbot.waitSignal(shown.go_to) as signal:
        click(panel.test.link)
    assert signal.args[0] == "data"


def test_a_cheaper_trial_that_is_as_good_is_named_and_shown(session, qtbot):
    trials = [
        make_trial(0, [0.90, 0.94, 0.98], fit_time=10.0),
        make_trial(1, [0.92, 0.93, 0.93], fit_time=2.0),
    ]
    session.show_history(spec_for(2), SPACE, trials)
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.alternative.isVisible()
    assert "5.0 × faster" in panel.alternative.text.text()
    click(panel.alternative.show_button)
    assert session.looking.selection == (1,)


# --- the drawer ---------------------------------------------------------------------------------


def test_the_drawer_offers_exactly_what_can_be_written():
    offered = {choice.key: choice.file for choice in export_choices()}
    assert offered == {key: file for key, (file, _) in KINDS.items()}


def test_the_button_opens_the_drawer_and_the_cross_closes_it(panel):
    click(panel.export_button)
    assert panel.drawer.isVisible()
    click(panel.drawer.close_button)
    assert not panel.drawer.isVisible()


def test_the_window_can_lead_to_the_drawer(panel):
    panel.focus_field("export")
    assert panel.drawer.isVisible()


def test_the_best_trial_is_written_with_the_score_of_the_locked_test(
    drawer, shown, engine, qtbot, tmp_path, monkeypatch
):
    calls = []

    def export(spec, base, history, wanted, trial, test, study):
        calls.append((dict(wanted), trial, test))
        return tuple(wanted.values())

    monkeypatch.setattr(engine, "export", export)
    click(drawer.write)
    qtbot.waitUntil(lambda: drawer.done.isVisible())
    wanted, trial, test = calls[0]
    assert trial == trial_store(shown).summary.best.number
    assert test == {"accuracy": 0.8}
    assert wanted["model_pickle"] == tmp_path / "results" / "model.pkl"
    usual = {c.key for c in export_choices() if c.usual and c.needs not in ("lineage", "front")}
    assert set(wanted) == usual
    assert "model.pkl" in drawer.done.text()
    assert drawer.show_folder.isVisible()
    assert not drawer.progress.isVisible()


def test_the_selected_trial_is_chosen_when_the_drawer_opens(panel, shown):
    complete = [t.number for t in shown.builder.trials if t.state is TrialState.COMPLETE]
    shown.looking.select([complete[7]])
    panel.open_export()
    assert panel.drawer.trial == complete[7]


def test_ticks_decide_what_is_written_and_none_is_explained(drawer):
    for box in drawer.boxes.values():
        if box.isChecked():
            box.click()
    assert not drawer.write.isEnabled()
    assert "Tick" in drawer.write.toolTip()
    drawer.boxes["trials_parquet"].click()
    assert drawer.write.isEnabled()
    assert set(drawer.wanted()) == {"trials_parquet"}


def test_files_that_will_be_replaced_are_announced(drawer, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "trials.csv").write_text("old")
    drawer.refresh()
    assert "1 file there will be replaced" in drawer.replaces.text()
    assert drawer.replaces.isVisible()


def test_an_error_is_shown_with_its_remedy(drawer, engine, qtbot, monkeypatch):
    def export(*_):
        raise ExportError("model.pkl", "must be writable", remedy="Choose another folder.")

    monkeypatch.setattr(engine, "export", export)
    drawer.open_test.setChecked(False)
    click(drawer.write)
    qtbot.waitUntil(lambda: drawer.error.isVisible())
    assert "Choose another folder." in drawer.error.text()
    assert drawer.write.isEnabled()
    assert not drawer.done.isVisible()


def test_a_folder_that_is_a_file_is_refused(drawer, tmp_path):
    (tmp_path / "taken").write_text("a file")
    drawer.set_folder(tmp_path / "taken")
    click(drawer.write)
    assert "not a folder" in drawer.error.text()
    assert "Choose another folder" in drawer.error.text()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "permission denied" in folder_problem(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, monkeypatch):
    def refuse(self, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    problem = folder_problem(tmp_path / "new")
    assert "cannot be made: Permission denied" in problem


def test_a_function_of_ones_own_has_no_model_to_write(session, qtbot):
    spec = StudySpec(goals=(ACCURACY,), objective=FunctionSpec("mine.py:f"))
    session.show_history(spec, SPACE, [make_trial(0, [0.5])])
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    panel.open_export()
    assert not panel.drawer.boxes["model_pickle"].isEnabled()
    assert "no model" in panel.drawer.boxes["model_pickle"].toolTip()
    assert set(panel.drawer.wanted()) == {"params", "trials_csv", "plot_png", "spec"}


def test_a_skops_file_is_offered_where_skops_is_installed(session, qtbot, monkeypatch):
    session.show_history(spec_for(0), SPACE, [make_trial(0, [0.5])])
    for found, words in ((None, "needs the package skops"), (object(), "Recommended")):
        monkeypatch.setattr(
            "hpo_gui.gui.cards.export_drawer.find_spec", lambda name, found=found: found
        )
        panel = ResultsPanel(session)
        qtbot.addWidget(panel)
        panel.open_export()
        box = panel.drawer.boxes["model_skops"]
        assert box.isEnabled() == bool(found)
        assert words in box.toolTip()
        assert "model_skops" not in panel.drawer.wanted()


def test_before_the_first_trial_only_the_specification_can_be_written(session, qtbot):
    session.show_history(spec_for(0), SPACE, [])
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    panel.open_export()
    assert set(panel.drawer.wanted()) == {"spec"}
    assert not panel.drawer.boxes["trials_csv"].isEnabled()


def test_every_tab_has_room_whichever_is_chosen(panel, qtbot):
    panel.tabs.setStyleSheet("QTabBar::tab:selected { font-size: 30px; }")
    for place in filter(panel.tabs.isTabVisible, range(panel.tabs.count())):
        panel.tabs.setCurrentIndex(place)
        qtbot.waitUntil(lambda: panel.tabs.width() == panel.tabs.sizeHint().width(), timeout=1000)
        arrows = panel.tabs.findChildren(QToolButton)
        assert [arrow.isVisible() for arrow in arrows] == [False, False]
