"""The Run panel and the inspector, by clicks."""

import json

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Failure, Origin, TrialState
from hpo_gui.gui.cards.best_card import BestCard, gain_words
from hpo_gui.gui.cards.trial_card import TrialCard
from hpo_gui.gui.cards.why_card import expectation_words, reason_words
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.tables.trial_store import trial_store
from tests.analysis.studies import ACCURACY, LOSS, SPACE, make_trial, random_trials
from tests.gui.run.conftest import spec_for


@pytest.fixture
def panel(shown, qtbot):
    made = RunPanel(shown)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    with qtbot.waitExposed(made):
        made.show()
    return made


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_trials_the_panel_says_what_will_be_seen_here(session, qtbot):
    session.show_history(spec_for(0), SPACE, [])
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible()
    assert not panel.score.isVisible()
    assert panel.run_button.isEnabled()


def test_the_first_trial_replaces_the_empty_page(session, qtbot, add):
    session.show_history(spec_for(0), SPACE, [])
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    add([make_trial(0, [0.5], state=TrialState.RUNNING)])
    assert panel.score.isVisible()
    assert panel.trials.table.model().rowCount() == 1


def test_the_best_trial_is_shown_until_another_is_selected(panel, shown):
    best = trial_store(shown).summary.best
    assert f"#{best.number}" in panel.inspector.best.tile.name.text()
    assert panel.inspector.trial.trial is best
    shown.looking.select([40])
    assert panel.inspector.trial.trial.number == 40
    assert "#40" in panel.inspector.trial.name.text()
    click(panel.inspector.trial.close_button)
    assert panel.inspector.trial.trial is best


def test_where_many_parameters_do_not_apply_they_are_counted_not_listed(session, qtbot):
    others = [Float(f"svm.p{n}", 0.0, 1.0, when={"model": ("svm",)}) for n in range(6)]
    knn = Int("knn.k", 1, 9, when={"model": ("knn",)})
    space = Space([Categorical("model", ("svm", "knn")), *others, knn])
    trial = make_trial(0, [0.9], params={"model": "knn", "knn.k": 3})
    session.show_history(spec_for(1), space, [trial])
    card = TrialCard(session)
    qtbot.addWidget(card)
    card.show_trial(trial, is_best=False)
    assert card.params.as_text() == "model: knn\nknn.k: 3"
    assert card.inactive.text() == "6 more do not apply here."
    assert "svm.p5" in card.inactive.toolTip()


def test_parameters_that_do_not_apply_show_a_dash(panel, shown):
    inactive = next(t for t in shown.builder.trials if "max_samples" not in t.params)
    shown.looking.select([inactive.number])
    assert "max_samples: —" in panel.inspector.trial.params.as_text()


def test_copy_puts_the_parameters_on_the_clipboard(panel, shown):
    shown.looking.select([40])
    click(panel.inspector.trial.copy)
    assert json.loads(QGuiApplication.clipboard().text()) == shown.builder.trials[40].params


def test_use_as_start_says_so_and_is_then_explained(panel, shown, qtbot):
    shown.looking.select([40])
    with qtbot.waitSignal(shown.notice):
        click(panel.inspector.trial.start)
    assert shown.spec.start.configurations == (shown.builder.trials[40].params,)
    assert not panel.inspector.trial.start.isEnabled()
    assert "already" in panel.inspector.trial.start.toolTip()


def test_export_leads_to_the_drawer_of_the_results(panel, shown, qtbot):
    with qtbot.waitSignal(shown.go_to) as signal:
        click(panel.inspector.trial.export)
    assert signal.args == ["results", "export"]
    assert shown.looking.selection == (trial_store(shown).summary.best.number,)


def test_a_failed_trial_tells_why_with_details_to_copy(panel, shown, add):
    failure = Failure("raised", "ValueError: n_neighbors must be positive", "Traceback …")
    add([make_trial(90, state=TrialState.FAILED, failure=failure)])
    shown.looking.select([90])
    block = panel.inspector.trial.failure
    assert block.isVisible()
    assert "n_neighbors" in block.text.text()
    click(block.copy)
    assert "Traceback …" in QGuiApplication.clipboard().text()
    assert not panel.inspector.trial.export.isEnabled()


def test_a_trial_that_was_stopped_early_tells_why_and_which_folds_it_did_not_do(panel, shown, add):
    why = "After 2 of 5 folds, 0.81 ± 0.02 cannot plausibly reach the 0.95 of trial 3 any more."
    stopped = make_trial(90, [0.8, 0.82], state=TrialState.PRUNED, failure=Failure("pruned", why))
    add([stopped])
    shown.looking.select([90])
    card = panel.inspector.trial
    assert card.failure.head.text() == "It was stopped early"
    assert card.failure.text.text() == why
    assert not card.failure.copy.isVisible()
    assert card.folds.accessibleDescription().count("—") == 3
    assert not card.export.isEnabled()


def test_when_all_trials_fail_a_message_says_so(session, qtbot):
    failure = Failure("raised", "ValueError: no", "Traceback")
    trials = [make_trial(i, state=TrialState.FAILED, failure=failure) for i in range(4)]
    session.show_history(spec_for(4), SPACE, trials)
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.messages.keys() == ["failures"]
    assert "ValueError" in panel.messages.bar("failures").text.text()
    session.show_history(spec_for(3), SPACE, random_trials(3, running=0))
    assert panel.messages.keys() == []


def test_the_message_about_failures_is_that_of_the_study_shown(session, qtbot):
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    for count, error in ((5, "error of A"), (3, "error of B")):
        failure = Failure("raised", error, "Traceback")
        trials = [make_trial(i, state=TrialState.FAILED, failure=failure) for i in range(count)]
        session.show_history(spec_for(count), SPACE, trials)
        bar = panel.messages.bar("failures")
        assert bar.head.text() == f"No trial has a score yet, {count} failed"
        assert bar.text.text() == error


def test_run_on_the_page_is_disabled_for_the_reasons_of_the_run_bar(session, qtbot):
    session.show_history(spec_for(0), SPACE)
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    assert panel.run_button.isEnabled()
    session.set_followed("Another program writes it.")
    assert not panel.run_button.isEnabled()
    assert "Another program writes it." in panel.run_button.toolTip()


def test_typing_a_filter_filters_table_and_plot(panel, shown, qtbot):
    box = panel.trials.filter
    box.setFocus()
    QTest.keyClicks(box, "score > 0.92 and criterion = gini")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert shown.looking.filter == "score > 0.92 and criterion = gini"
    assert panel.trials.table.model().rowCount() < 90
    assert "of 90" in panel.trials.count.text()
    panel.score.plot.repaint()
    shown_numbers = set(panel.score.plot.points.numbers.tolist())
    assert shown_numbers <= set(panel.trials.table.trials.shown.tolist())


def test_a_wrong_filter_is_explained_and_the_last_one_stays(panel, shown):
    box = panel.trials.filter
    QTest.keyClicks(box, "number < 5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box, " and")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.message.isVisible()
    assert "value" in box.message.text()
    assert panel.trials.table.model().rowCount() == 5
    box.clear()
    assert not box.message.isVisible()
    assert panel.trials.table.model().rowCount() == 90


def test_tabs_switch_between_the_views_of_the_trials(panel):
    card = panel.trials
    for view in (card.table, card.slices, card.landscape, card.timeline):
        bar, place = panel.trials.tabs, card.stack.indexOf(view)
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        assert view.isVisible()


def test_the_x_axis_is_chosen_by_a_click(panel):
    click(panel.score.along.button("time"))
    panel.score.plot.repaint()
    assert panel.score.plot.x_axis.kind == "time"


def test_the_menu_offers_other_metrics_and_a_log_scale(panel):
    menu = panel.score.menu()
    actions = {action.text(): action for action in menu.actions()}
    fit = next(words for words in actions if "fit" in words.lower())
    actions[fit].trigger()
    actions["Logarithmic scale"].trigger()
    panel.score.plot.repaint()
    assert panel.score.plot.is_log
    assert "fit" in panel.score.title.text().lower()


def test_a_trial_is_added_by_hand(panel, shown, monkeypatch):
    added = []
    monkeypatch.setattr(shown, "add_trial", added.append)
    panel.focus_field("add_trial")
    form = panel.add_trial
    assert form.isVisible()
    edit = form.fields["max_depth"]
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "7")
    click(form.add_button)
    assert added[0]["max_depth"] == 7
    assert SPACE.contains(added[0])
    assert panel.inspector.isVisible()


def test_a_value_out_of_range_is_refused(panel, shown, monkeypatch):
    added = []
    monkeypatch.setattr(shown, "add_trial", added.append)
    panel.focus_field("add_trial")
    edit = panel.add_trial.fields["max_depth"]
    edit.selectAll()
    QTest.keyClicks(edit, "700")
    click(panel.add_trial.add_button)
    assert added == []
    assert "max_depth" in panel.add_trial.error.text()
    click(panel.add_trial.cancel)
    assert panel.inspector.isVisible()


def test_what_does_not_apply_cannot_be_typed(panel):
    panel.focus_field("add_trial")
    form = panel.add_trial
    box = form.fields["bootstrap"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert not form.fields["max_samples"].isEnabled()
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert form.fields["max_samples"].isEnabled()


def summary_of(session, *trials, goal=ACCURACY):
    session.show_history(StudySpec(goals=(goal,)), SPACE, trials)
    return trial_store(session).summary


def test_the_pill_is_honest(session):
    low, high = [0.90, 0.91, 0.92, 0.90], [0.95, 0.965, 0.97, 0.95]
    better = summary_of(session, make_trial(0, low, strategy="default"), make_trial(1, high))
    text, tone, why = gain_words(better, ACCURACY)
    assert text.startswith("▲ 0.0512 ± ")
    assert text.endswith("above the defaults")
    assert tone == "good"
    assert "Nadeau" in why
    mixed = [0.93, 0.88, 0.95, 0.90]
    noise = summary_of(session, make_trial(0, low, strategy="default"), make_trial(1, mixed))
    text, tone, _ = gain_words(noise, ACCURACY)
    assert "within noise" in text
    assert tone == "warning"
    one = summary_of(session, make_trial(0, [0.9], strategy="default"), make_trial(1, [0.95]))
    text, tone, why = gain_words(one, ACCURACY)
    assert "±" not in text
    assert "chance" in why
    none = summary_of(session, make_trial(0, high, strategy="default"), make_trial(1, low))
    assert gain_words(none, ACCURACY)[0] == "the defaults are the best so far"
    assert gain_words(summary_of(session, make_trial(0, low)), ACCURACY) == ("", "", "")


def test_the_pill_of_a_loss_points_down(session):
    first = make_trial(0, [0.5, 0.52, 0.51], metric="log_loss", strategy="default")
    second = make_trial(1, [0.3, 0.32, 0.31], metric="log_loss")
    summary = summary_of(session, first, second, goal=LOSS)
    assert gain_words(summary, LOSS)[0].startswith("▼ 0.2")
    assert "below the defaults" in gain_words(summary, LOSS)[0]


def test_why_this_trial_is_said_in_a_sentence():
    trial = make_trial(3, [0.95, 0.97])
    assert reason_words(trial) == "Random: drawn at random from the search space."
    assert expectation_words(trial, ACCURACY) == ""
    trial = expecting(trial, "the best chance of improvement (23 %)")
    assert reason_words(trial) == "Bayesian: the best chance of improvement (23 %)."
    words = expectation_words(trial, ACCURACY)
    assert words == "Expected 0.9610 ± 0.0090, got 0.9600 (−0.1\u00a0sd)."


def expecting(trial, reason="", mean=0.961, sd=0.009, **changes):
    origin = Origin("bayesian", reason, mean=mean, sd=sd, acquisition=-4.25)
    return structs.replace(trial, origin=origin, **changes)


def test_a_running_trial_has_its_expectation_alone():
    trial = expecting(make_trial(3, [0.95], state=TrialState.RUNNING))
    assert expectation_words(trial, ACCURACY) == "Expected 0.9610 ± 0.0090."


def test_an_expectation_without_uncertainty_has_no_deviation():
    trial = expecting(make_trial(3, [0.95]), sd=None)
    assert expectation_words(trial, ACCURACY) == "Expected 0.9610, got 0.9500."


def test_the_card_tells_expectation_acquisition_and_parent(panel, shown, add):
    why = panel.inspector.why
    add([expecting(make_trial(90, [0.952, 0.962]), "the best chance", parent=40)])
    shown.looking.select([90])
    assert why.reason.text() == "Bayesian: the best chance."
    assert why.expected.text() == "Expected 0.9610 ± 0.0090, got 0.9570 (−0.4\u00a0sd)."
    assert why.facts.as_text() == "acquisition value: −4.250"
    assert not why.calibration.isVisible()  # one trial says nothing
    click(why.parent_button)
    assert shown.looking.selection == (40,)
    assert not why.expected.isVisible()
    assert not why.facts.isVisible()
    assert not why.parent_button.isVisible()


def test_enough_expectations_tell_how_often_they_were_right(panel, shown, add):
    add([expecting(make_trial(90 + i, [0.96 if i else 0.9])) for i in range(20)])
    shown.looking.select([95])
    text = panel.inspector.why.calibration.text()
    assert text == "Within ±2 sd so far: 95 % of 20 trials."


def test_the_column_of_expectations_is_hidden_until_it_is_asked_for(panel, add):
    add([expecting(make_trial(90, [0.95]))])
    table = panel.trials.table
    place = table.trials.column_of("expected")
    assert table.isColumnHidden(place)
    action = next(a for a in table.column_menu().actions() if a.text() == "expected")
    action.trigger()
    assert not table.isColumnHidden(place)
    assert table.trials.words(90)[place] == "0.9610 ± 0.0090"
    assert table.trials.words(40)[place] == ""
    table.trials.sort(place, Qt.SortOrder.DescendingOrder)
    assert 90 in table.trials.shown[:5]


def test_every_control_has_a_name_and_can_be_reached_by_tab(panel):
    from PySide6.QtWidgets import QAbstractButton, QLineEdit

    for kind in (QAbstractButton, QLineEdit):
        for control in panel.findChildren(kind):
            if control.isVisible() and not isinstance(control.parent(), QLineEdit):
                named = control.accessibleName() or control.toolTip()
                words = control.text() if isinstance(control, QAbstractButton) else ""
                assert named or words, control
    seen, widget = set(), panel.score.along.button("trial")
    for _ in range(200):
        seen.add(widget)
        widget = widget.nextInFocusChain()
    wanted = (
        panel.score.plot,
        panel.trials.table,
        panel.trials.filter,
        panel.inspector.trial.copy,
        panel.inspector.trial.export,
    )
    assert seen.issuperset(wanted)


@pytest.mark.parametrize(
    ("metric", "name", "unit"),
    [
        ("accuracy", "Best trial #0", "± 0.10 accuracy"),
        ("neg_log_loss", "Best trial #0: log loss (negative)", "± 0.10"),
    ],
)
def test_a_metric_with_a_long_name_stands_where_there_is_room(session, qtbot, metric, name, unit):
    goal = Goal(metric)
    trial = make_trial(0, [-0.4, -0.6], metric=metric)
    session.show_history(structs.replace(spec_for(1), goals=(goal,)), SPACE, [trial])
    card = BestCard(session)
    qtbot.addWidget(card)
    card.refresh()
    assert card.tile.name.text() == name
    assert card.tile.unit.text() == unit
