"""Acts on trials from the run panel: menu, keys, inspector, dialogs, filter."""

from __future__ import annotations

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hpo_gui.core.acts import LONGEST_NOTE, Annotate, Correct, Restore, Retract
from hpo_gui.core.trial import TrialState
from hpo_gui.core.wanted import Again
from hpo_gui.gui.dialogs.correct_dialog import CorrectDialog
from hpo_gui.gui.dialogs.text_dialog import TextDialog
from hpo_gui.gui.dialogs.trail_dialog import TrailDialog
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.tables.trial_acts import acted_words, refused_notice, why_not
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.storage.records import AuditEvent
from tests.gui.run.conftest import spec_for

COMPLETE, RUNNING, PRUNED = 84, 89, 10


@pytest.fixture
def panel(shown, qtbot):
    made = RunPanel(shown)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    return made


def trial(panel, number=COMPLETE):
    return panel.session.builder.trials[number]


def menu_of(panel, number):
    return {a.text(): a for a in panel.trials.table.menu_for(number).actions() if a.text()}


def dialog_of(panel, kind, qtbot):
    qtbot.waitUntil(lambda: any(d.isVisible() for d in panel.findChildren(kind)))
    return next(d for d in panel.findChildren(kind) if d.isVisible())


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifier)


def test_delete_asks_why_and_retracts_all_that_are_selected(panel, qtbot):
    panel.session.looking.select([82, 83, COMPLETE])
    press(panel.trials.table, Qt.Key.Key_Delete)
    dialog = dialog_of(panel, TextDialog, qtbot)
    assert dialog.windowTitle() == "Retract 3 trials?"
    QTest.keyClicks(dialog.field, "wrong data")
    press(dialog.field, Qt.Key.Key_Return)
    assert {trial(panel, n).state for n in (82, 83, 84)} == {TrialState.RETRACTED}
    assert panel.session.history.best.number not in (82, 83, 84)


def test_a_dialog_that_is_cancelled_changes_nothing(panel, qtbot):
    menu_of(panel, COMPLETE)["Retract…"].trigger()
    dialog = dialog_of(panel, TextDialog, qtbot)
    press(dialog.field, Qt.Key.Key_Escape)
    assert trial(panel).state is TrialState.COMPLETE


def test_the_menu_offers_what_is_possible(panel):
    complete, running = menu_of(panel, COMPLETE), menu_of(panel, RUNNING)
    assert complete["Retract…"].isEnabled()
    assert "Restore" not in complete
    assert not running["Retract…"].isEnabled()
    assert "stop it first" in running["Retract…"].toolTip()
    assert running["Stop this trial"].isEnabled()
    panel.session.live.act([Retract(COMPLETE)])
    retracted = menu_of(panel, COMPLETE)
    assert not retracted["Correct a score…"].isEnabled()
    retracted["Restore"].trigger()
    assert trial(panel).state is TrialState.COMPLETE


def test_of_several_trials_those_are_changed_that_can_be(panel):
    panel.session.looking.select([COMPLETE, RUNNING, PRUNED])
    reasons = why_not(panel.session, panel.session.looking.selection)
    assert reasons["retract"] == reasons["kill"] == ""
    assert reasons["correct"] == "Select one trial only."
    assert set(why_not(panel.session, []).values()) == {"Select a trial first."}


def test_a_score_is_corrected_beside_what_was_measured(panel, qtbot):
    before = trial(panel).scores["accuracy"]
    menu_of(panel, COMPLETE)["Correct a score…"].trigger()
    dialog = dialog_of(panel, CorrectDialog, qtbot)
    assert not dialog.use.isEnabled()
    field = dialog.fields["accuracy"]
    for typed, words in (("nan", "Not a number"), ("1e999", "Not a number"), ("0,5", "point")):
        field.clear()
        QTest.keyClicks(field, typed)
        assert words in dialog.error.text()
        assert not dialog.use.isEnabled()
    field.clear()
    QTest.keyClicks(field, "0.5")
    QTest.keyClicks(dialog.reason, "typo")
    QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert trial(panel).scores["accuracy"] == 0.5
    panel.session.looking.select([COMPLETE])
    shown = panel.inspector.trial.by_hand
    assert shown.isVisible()
    assert "0.5000 by hand (measured: " in shown.text()
    model = panel.trials.table.trials
    assert model.is_by_hand(trial(panel), "score")
    assert not model.is_by_hand(trial(panel), "metric fit_time")
    menu_of(panel, COMPLETE)["Take the correction back"].trigger()
    assert trial(panel).scores["accuracy"] == before
    qtbot.waitUntil(lambda: not panel.inspector.trial.by_hand.isVisible())


def test_a_note_is_kept_when_its_field_is_left(panel, qtbot):
    card = panel.inspector.note
    panel.session.looking.select([COMPLETE])
    panel.focus_field("note")
    qtbot.waitUntil(card.note.hasFocus)
    QTest.keyClicks(card.note, "odd: row 17")
    assert trial(panel).note == ""
    card.new_tag.setFocus()
    qtbot.waitUntil(lambda: trial(panel).note == "odd: row 17")
    panel.focus_field("note")
    QTest.keyClicks(card.note, "fine")
    press(card.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert trial(panel).note == "fine"


def test_a_note_goes_to_the_trial_that_it_was_typed_for(panel, qtbot):
    card = panel.inspector.note
    panel.session.looking.select([COMPLETE])
    panel.focus_field("note")
    QTest.keyClicks(card.note, "of 84")
    panel.session.looking.select([83])
    assert (trial(panel, 84).note, trial(panel, 83).note) == ("of 84", "")


def test_what_is_typed_stays_while_the_trial_changes(panel, add, qtbot):
    card = panel.inspector.note
    panel.session.looking.select([RUNNING])
    panel.focus_field("note")
    QTest.keyClicks(card.note, "half a th")
    add([structs.replace(trial(panel, RUNNING), scores={"accuracy": 0.1})])
    panel.inspector.refresh()
    QTest.keyClicks(card.note, "ought")
    assert card.note.toPlainText() == "half a thought"


def test_a_note_that_is_too_long_is_told_and_stays_in_the_field(panel, qtbot):
    card = panel.inspector.note
    panel.session.looking.select([COMPLETE])
    card.note.setPlainText("x" * (LONGEST_NOTE + 1))
    assert "10,001 characters" in card.error.text()
    card.keep()
    panel.session.looking.select([83])
    assert trial(panel).note == ""
    panel.session.looking.select([COMPLETE])
    assert len(card.note.toPlainText()) == LONGEST_NOTE + 1


def test_tags_are_typed_with_commas_and_removed_by_their_cross(panel, qtbot):
    card = panel.inspector.note
    panel.session.looking.select([COMPLETE])
    QTest.keyClicks(card.new_tag, "odd, slow machine,,odd")
    press(card.new_tag, Qt.Key.Key_Return)
    assert trial(panel).tags == ("odd", "slow machine")
    qtbot.waitUntil(lambda: card.tags_shown == ("odd", "slow machine"))
    press(card.tags.chip("odd"), Qt.Key.Key_Delete)
    assert trial(panel).tags == ("slow machine",)
    QTest.keyClicks(card.new_tag, "y" * 51)
    press(card.new_tag, Qt.Key.Key_Return)
    assert "at most 50 characters" in card.error.text()
    assert trial(panel).tags == ("slow machine",)


def test_a_tag_is_given_to_all_selected_trials(panel):
    panel.session.looking.select([82, 83, COMPLETE])
    QTest.keyClicks(panel.inspector.note.new_tag, "checked")
    press(panel.inspector.note.new_tag, Qt.Key.Key_Return)
    assert [trial(panel, n).tags for n in (82, 83, 84)] == [("checked",)] * 3


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tag = odd", {80, 81}),
        ('tag = "odd"', {80, 81}),
        ("tag != odd", "all but 80, 81"),
        ("tag in (slow, odd)", {80, 81, 82}),
        ('tag ~ "ODD"', {80, 81}),
        ("tag = none", "all but 80, 81, 82"),
        ("note ~ 'row 17'", {80}),
        ("note ~ ROW", {80, 83}),
        ("not note = none and tag = none", {83}),
        ("corrected", {79}),
        ("state = retracted", {78}),
        ("from ~ bay and number < 0", set()),
    ],
)
def test_tags_notes_and_corrections_are_filtered_by(panel, text, wanted):
    panel.session.live.act(
        [
            Annotate(80, "see row 17", ("odd", "slow")),
            Annotate(81, "", ("odd",)),
            Annotate(82, "", ("slow",)),
            Annotate(83, "another row"),
            Correct(79, {"accuracy": 0.5}),
            Retract(78),
        ]
    )
    panel.session.looking.set_filter(text)
    store = trial_store(panel.session)
    assert store.filter_error == ""
    passing = set(store.mask.nonzero()[0].tolist())
    if isinstance(wanted, str):
        wanted = set(range(90)) - {int(n) for n in wanted.removeprefix("all but ").split(", ")}
    assert passing == wanted


@pytest.mark.parametrize("text", ["score ~ 3", "note ~ 3", "note ~", "tag > 3"])
def test_a_filter_that_looks_for_a_part_of_no_text_is_told(panel, text):
    panel.session.looking.set_filter(text)
    assert trial_store(panel.session).filter_error


def test_columns_for_tags_and_notes_come_with_the_first_of_them(panel):
    model = panel.trials.table.trials
    assert model.column_of("tags") == model.column_of("note") == -1
    panel.session.live.act([Annotate(3, "b\nnice", ("x", "y"))])
    assert model.column_of("note") == -1 or model.words(3)[model.column_of("note")] == "b nice"
    assert model.words(3)[model.column_of("tags")] == "x, y"
    panel.session.live.act([Annotate(5, "a")])
    model.sort(model.column_of("note"), Qt.SortOrder.AscendingOrder)
    done = [number for number in model.shown.tolist() if trial(panel, number).note]
    assert done == [5, 3]
    rest = [n for n in model.shown.tolist() if not trial(panel, n).state.is_open]
    assert rest[:2] == [5, 3]


def test_repeats_are_shown_together(panel, add):
    again = structs.replace(trial(panel, 3), number=90, seed=5, scores={"accuracy": 0.5}, told=91)
    add([again])
    panel.session.looking.select([3])
    words = panel.inspector.trial.repeats.text()
    assert "over 2 runs of this configuration, also #90" in words
    panel.session.live.act([Retract(90)])
    panel.inspector.refresh()
    assert not panel.inspector.trial.repeats.isVisible()


def test_trials_are_run_again_from_the_menu(panel, monkeypatch):
    wanted = []
    monkeypatch.setattr(panel.session.live, "queue", wanted.extend)
    menu = menu_of(panel, COMPLETE)
    menu["Run again"].trigger()
    menu["Repeat with a new seed"].trigger()
    assert wanted == [Again(COMPLETE), Again(COMPLETE, fresh=True)]


def test_what_was_done_is_told_in_few_words(panel):
    seen = []
    panel.session.acted.connect(seen.append)
    panel.session.live.act([Retract(COMPLETE)])
    panel.session.live.act([Restore(COMPLETE), Retract(RUNNING)])
    panel.session.live.act([Annotate(n, "x") for n in range(5)])
    panel.session.live.act([Retract(1), Annotate(2, "y")])
    assert [acted_words(acted) for acted in seen] == [
        "Trial 84 retracted",
        "Trial 84 restored",
        "5 trials annotated",
        "2 trials changed",
    ]
    notice = refused_notice(seen[1])
    assert notice.head == "1 trial stays as it is"
    assert "must have ended" in notice.text


def test_the_trail_is_shown_copied_and_written(shown, qtbot, tmp_path):
    dialog = TrailDialog(shown)
    qtbot.addWidget(dialog)
    assert "Nobody" in dialog.text.text()
    assert not dialog.export.isEnabled()
    events = [
        AuditEvent(1.0, "retract", "Trial 1 retracted: =1+1", 4, Retract(1, "=1+1")),
        AuditEvent(2.0, "annotate", "Trial 2: <b>odd</b>", 4),
    ]
    dialog.show_events(events)
    assert dialog.table.item(0, 1).text() == "Trial 2: <b>odd</b>"
    dialog.copy_all()
    assert QApplication.clipboard().text().splitlines()[0].endswith("Trial 1 retracted: =1+1")
    with qtbot.waitSignal(shown.notice):
        dialog.write(tmp_path / "trail.csv")
    assert "'=1+1" in (tmp_path / "trail.csv").read_text(encoding="utf-8")
    with qtbot.waitSignal(shown.notice) as told:
        dialog.write(tmp_path)
    assert told.args[0].level == "error"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_retracted_and_corrected_rows_are_painted(session, qtbot, mode):
    from hpo_gui.gui.tables.trial_table import TrialTable
    from hpo_gui.gui.theme import current_theme
    from tests.analysis.studies import SPACE, random_trials

    current_theme().set_mode(mode)
    session.show_history(spec_for(90), SPACE, random_trials(90))
    table = TrialTable(session)
    qtbot.addWidget(table)
    table.resize(700, 300)
    before = table.grab().toImage()
    session.live.act([Retract(86), Correct(84, {"accuracy": 0.5})])
    assert table.grab().toImage() != before
