"""Trials of before an edit of the space in table, filter, inspector and tips."""

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import Qt

from hpo_gui.assembly.seeing import see_from
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import FunctionSpec, StudySpec
from hpo_gui.gui.cards.inspector import Inspector
from hpo_gui.gui.engine import View
from hpo_gui.gui.loading import Loaded, make_history
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.tables.filter_box import FilterBox
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.tables.trial_table import TrialTable
from tests.analysis.studies import ACCURACY, make_trial

C = Float("C", 0.0, 100.0)
NOW = (Float("C", 0.0, 10.0), Float("gamma", 0.0, 1.0, default=0.5))


def function(*space):
    return StudySpec(objective=FunctionSpec("f.py:f", space), goals=(ACCURACY,))


@pytest.fixture
def edited(session):
    """A session with trials 0 (fits), 1 (does not) and 2 (of the second version)."""
    specs = {1: function(C), 2: function(*NOW)}
    params = ({"C": 5.0}, {"C": 50.0}, {"C": 7.0, "gamma": 0.25})
    trials = [make_trial(n, (0.8, 0.9), params=values) for n, values in enumerate(params)]
    trials[2] = structs.replace(trials[2], spec_version=2)
    view = View(None, Space(NOW), (ACCURACY,))
    history = make_history(view, specs[2], trials, see=see_from(specs, specs[2], {}))
    notes = {1: (0.0, ""), 2: (86_400.0 * 366, "C: range 0…100 → 0…10")}
    session._show(Loaded(specs[2], session.base, view=view, history=history, notes=notes))
    return session


@pytest.fixture
def table(edited, qtbot):
    made = TrialTable(edited)
    qtbot.addWidget(made)
    made.resize(900, 300)
    return made


def cell(table, number, key):
    row = int(np.flatnonzero(table.trials.shown == number)[0])
    return table.trials.index(row, table.trials.column_of(key))


def tip(table, number, key):
    return table.trials.data(cell(table, number, key), Qt.ItemDataRole.ToolTipRole) or ""


def test_the_table_shows_what_trials_really_had_paler_where_it_was_not_tuned(table):
    index = cell(table, 0, "param gamma")
    assert table.trials.data(index) == "0.500"
    assert table.trials.is_pale(index.row(), index.column())
    assert "not tuned then" in tip(table, 0, "param gamma")
    for number, key in ((2, "param gamma"), (0, "param C"), (0, "score")):
        index = cell(table, number, key)
        assert not table.trials.is_pale(index.row(), index.column())


def test_the_table_marks_what_lies_outside_and_says_why(table):
    outside = [table.trials.is_outside(cell(table, n, "number").row()) for n in range(3)]
    assert outside == [False, True, False]
    assert "C = 50 is above today's range" in tip(table, 1, "number")
    assert tip(table, 0, "number") == ""
    assert [table.trials.data(cell(table, n, "version")) for n in range(3)] == ["1", "1", "2"]
    assert not table.grab().isNull()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("outside", [1]), ("not outside", [0, 2]), ("version = 1", [0, 1]), ("gamma = 0.5", [0, 1])],
)
def test_the_filter_knows_what_is_outside_and_of_which_version(edited, text, numbers):
    store = trial_store(edited)
    edited.looking.set_filter(text)
    assert store.filter_error == ""
    assert np.flatnonzero(store.mask).tolist() == numbers


def test_the_filter_names_these_words_only_after_an_edit(edited, qtbot):
    box = FilterBox(edited)
    qtbot.addWidget(box)
    assert "outside, version" in box.toolTip()
    edited.show_history(function(C), Space((C,)), [make_trial(0, (0.8,), params={"C": 5.0})])
    assert "outside" not in box.toolTip()


def test_the_inspector_names_the_version_and_why_a_trial_is_outside(edited, qtbot):
    inspector = Inspector(edited)
    qtbot.addWidget(inspector)
    inspector.show()
    edited.looking.select([1])
    words = inspector.trial.version.text()
    assert words.startswith("Outside of today's space: C = 50 is above today's range.")
    assert "Version 1 of the specification, since 1970-01-01" in words
    edited.looking.select([2])
    words = inspector.trial.version.text()
    assert words.startswith("Version 2 of the specification, since 1971-01-02")
    assert words.endswith(": C: range 0…100 → 0…10.")


def test_tips_of_plots_say_it_too(edited):
    store = trial_store(edited)
    assert "Outside of today&#x27;s space: C = 50" in tip_of(store, 1)
    assert "Outside" not in tip_of(store, 0)


def test_a_trial_of_before_that_changes_is_seen_as_before(edited):
    store = trial_store(edited)
    edited.take_trials((structs.replace(edited.builder.trials[0], note="odd"),))
    assert store.trial(0).params == {"C": 5.0, "gamma": 0.5}
    assert store.raw(0).params == {"C": 5.0}
    assert edited.history.trials[0].note == "odd"
