"""The store keeps columns and filter in step with the history."""

import numpy as np
import pytest

from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice
from hpo_gui.core.trial import TrialState
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.gui.tables.trial_store import planned_steps, trial_store
from tests.analysis.studies import SPACE, make_trial, random_trials
from tests.gui.run.conftest import spec_for


def passing(session):
    store = trial_store(session)
    return set(np.flatnonzero(store.mask).tolist())


def test_there_is_one_store_a_session(shown):
    assert trial_store(shown) is trial_store(shown)
    assert trial_store(shown).count == 90


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("score > 0.9", lambda t: t.scores.get("accuracy", 0) > 0.9),
        ("criterion = gini", lambda t: t.params["criterion"] == "gini"),
        ("criterion != gini", lambda t: t.params["criterion"] != "gini"),
        ("bootstrap = true", lambda t: t.params["bootstrap"] is True),
        ("state in (running, pruned)", lambda t: t.state in ("running", "pruned")),
        (
            "from = bayesian or number < 3",
            lambda t: t.origin.strategy == "bayesian" or t.number < 3,
        ),
        (
            "not from = random and max_depth >= 5",
            lambda t: t.origin.strategy != "random" and t.params["max_depth"] >= 5,
        ),
        (
            "`max_features` * 2 < 1 and accuracy > 0",
            lambda t: t.params["max_features"] < 0.5 and t.scores.get("accuracy", 0) > 0,
        ),
        (
            "0.9 < score < 0.92 and sd < 0.01",
            lambda t: 0.9 < t.scores.get("accuracy", 0) < 0.92 and t.sd("accuracy") < 0.01,
        ),
        ("time > 1 and folds = 5", lambda t: (t.seconds or 0) > 1 and t.steps_done == 5),
    ],
)
def test_a_filter_lets_pass_what_it_says(shown, text, rule):
    store = trial_store(shown)
    shown.looking.set_filter(text)
    assert store.filter_error == ""
    wanted = {t.number for t in shown.builder.trials if rule(t)}
    assert passing(shown) == wanted
    assert 0 < len(wanted) < 90


def test_none_finds_what_has_no_value(shown):
    without = {t.number for t in shown.builder.trials if t.params.get("max_samples") is None}
    shown.looking.set_filter("max_samples = none")
    assert passing(shown) == without
    shown.looking.set_filter("max_samples != none and criterion = gini")
    gini = {t.number for t in shown.builder.trials if t.params["criterion"] == "gini"}
    assert passing(shown) == gini - without
    shown.looking.set_filter("max_samples > 0.7 and criterion != none")
    assert passing(shown) == {
        t.number for t in shown.builder.trials if (t.params.get("max_samples") or 0) > 0.7
    }


@pytest.mark.parametrize(
    "text", ["score >", "skore > 1", "criterion > 3", "score ++ 1", "(score > 1"]
)
def test_a_filter_that_cannot_be_read_is_told_and_the_last_good_one_stays(shown, qtbot, text):
    store = trial_store(shown)
    shown.looking.set_filter("number < 5")
    with qtbot.waitSignal(store.filter_failed):
        shown.looking.set_filter(text)
    assert store.filter_error
    assert passing(shown) == {0, 1, 2, 3, 4}
    shown.looking.set_filter("number < 3")
    assert store.filter_error == ""
    assert passing(shown) == {0, 1, 2}


def test_a_store_made_later_knows_the_filter(shown):
    shown.looking.set_filter("number < 5")
    assert passing(shown) == {0, 1, 2, 3, 4}


def test_new_trials_are_filtered_as_they_come(shown, add, qtbot):
    store = trial_store(shown)
    shown.looking.set_filter("score > 0.99")
    assert passing(shown) == set()
    with qtbot.waitSignal(store.changed) as signal:
        add([make_trial(90, [0.995] * 5), make_trial(91, [0.5] * 5)])
    assert signal.args[0].tolist() == [90, 91]
    assert passing(shown) == {90}
    add([make_trial(89, [1.0] * 5)])
    assert passing(shown) == {89, 90}


def test_another_study_forgets_the_filter(shown):
    shown.looking.set_filter("number < 5")
    shown.show_history(spec_for(3), SPACE, random_trials(3, running=0))
    assert passing(shown) == {0, 1, 2}


def test_a_parameter_named_like_a_fixed_column_is_still_reachable(session):
    space = Space([Float("time", 0.0, 1.0)])
    trials = [make_trial(i, [0.5], params={"time": i / 10}, seconds=5) for i in range(5)]
    session.show_history(spec_for(5), space, trials)
    shown = trial_store(session)
    session.looking.set_filter("params.time > 0.2 and time = 5")
    assert np.flatnonzero(shown.mask).tolist() == [3, 4]


def test_the_summary_follows_the_trials(shown, add):
    store = trial_store(shown)
    before = store.summary.best
    assert before is not None
    add([make_trial(90, [0.99] * 5)])
    assert store.summary.best is not None
    assert store.summary.best.number == 90
    assert store.total_steps == 5
    assert store.summary.counts[TrialState.RUNNING] == 2


@pytest.mark.parametrize(
    ("choice", "ratio", "steps"),
    [
        (None, None, 0),
        (Choice("stratified_k_fold", {"folds": 5}), None, 5),
        (Choice("repeated_k_fold", {"folds": 5}), 0.25, 15),
        (Choice("leave_one_out"), None, 0),
        (Choice("time_series", {"folds": 5, "gap": 2}), 137 / 300, 5),
        (Choice("time_series", {"test_size": 10, "max_train_size": 40}), 0.25, 5),
        (Choice("time_series", {"test_size": 10}), None, 5),
        (Choice("nonsense"), None, 0),
    ],
)
def test_the_validation_tells_folds_and_their_overlap(choice, ratio, steps):
    assert fold_ratio(choice) == pytest.approx(ratio)
    assert planned_steps(choice) == steps
