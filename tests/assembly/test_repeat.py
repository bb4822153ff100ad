"""A study computed again comes to the same, and what was planted is found and named."""

from __future__ import annotations

import json
import sqlite3
import textwrap
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from small_studies import INLINE, call_here, finish, flowers, run_study

import hpo_gui.assembly.repeat_proposals
import hpo_gui.assembly.sessions
from hpo_gui.assembly.acts import act_on_study
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.past_versions import CARRIED, NO_ORDER, NO_USUAL, Asked
from hpo_gui.assembly.recorded import Plans
from hpo_gui.assembly.repeat import GIVEN, ReplayOptions, replay_study
from hpo_gui.assembly.repeat_proposals import Question, propose_again
from hpo_gui.assembly.repetition import Repetition
from hpo_gui.assembly.running import create_study, resume_study
from hpo_gui.assembly.sessions import SESSION, sessions_in
from hpo_gui.core.acts import Correct, Retract
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    EnsembleSpec,
    FunctionSpec,
    ModelSpec,
    RowsSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import TrialState
from hpo_gui.storage.study_file import StudyFile

MINE = """
    def objective(params, seed):
        if params["x"] > 0.9:
            raise ValueError("too far")
        return {"loss": (params["x"] - 0.3) ** 2 + params["n"] / 7, "size": 8 - params["n"]}

    def start(params, seed):
        return 1.0

    def step(state, params, index):
        state *= 0.8 + 0.2 * abs(params["x"] - 0.3)
        if params["x"] > 0.95:
            raise ValueError("diverged")
        return {"loss": state + params["n"] / 100}, state
"""
SPACE = (Float("x", 0.0, 1.0), Int("n", 1, 5), Categorical("kind", ["a", "b"]))
LOSS, SIZE = Goal("loss", "minimize"), Goal("size", "minimize")
DEPTH = Int("depth", 1, 9, default=3)
MORE = BudgetSpec(trials=7)
THREE = Choice("k_fold", {"folds": 3})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(textwrap.dedent(MINE), encoding="utf-8")
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    return tmp_path


def function_study(strategy: str = "random", trials: int = 12, **changes: Any) -> StudySpec:
    options = changes.pop("options", {})
    usual: dict[str, Any] = {
        "objective": FunctionSpec("mine.py:objective", SPACE),
        "goals": (LOSS,),
        "strategy": Choice(strategy, options),
        "budget": BudgetSpec(trials=trials),
        "compute": INLINE,
        "seed": 3,
    }
    return StudySpec(**{**usual, **changes})


def learning_study(strategy: str, **changes: Any) -> StudySpec:
    return function_study(
        strategy,
        objective=FunctionSpec("mine.py:step", SPACE, (), "start"),
        training=TrainingSpec(steps=8),
        **changes,
    )


def table_study(**changes: Any) -> StudySpec:
    usual: dict[str, Any] = {
        "data": DataSpec("flowers.csv", target="kind"),
        "models": (ModelSpec("decision_tree"),),
        "validation": THREE,
        "strategy": Choice("random"),
        "budget": BudgetSpec(trials=8),
        "compute": INLINE,
        "seed": 3,
    }
    return StudySpec(**{**usual, **changes})


def replayed(spec: StudySpec, folder: Path, wanted: ReplayOptions = ReplayOptions()) -> Repetition:
    path = folder / "study.hpostudy"
    run_study(spec, folder, path)
    return replay_study(path, wanted)


def change(path: Path, statement: str, *values: object) -> None:
    """Change a study file behind the program's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


STUDIES = {
    "random": function_study(),
    "tpe": function_study("tpe", options={"startup": 4}),
    "cma_es": function_study("cma_es", options={"population": 4}),
    "hill_climbing": function_study("hill_climbing", options={"startup": 3}),
    "bayesian": function_study("bayesian"),
    "two goals": function_study("nsga2", goals=(LOSS, SIZE), options={"population": 4}),
    "grid": function_study("grid", options={"points": 3}),
    "with starting points": function_study(
        start=StartSpec(configurations=({"x": 0.5, "n": 2, "kind": "a"},))
    ),
    "trained": learning_study("random"),
    "halving": learning_study("random", pruner=Choice("successive_halving", {"least": 2})),
    "cohorts": learning_study(
        "random",
        pruner=Choice("successive_halving", {"least": 2, "mode": "synchronous", "cohort": 4}),
    ),
    "population": learning_study(
        "population", budget=BudgetSpec(), options={"population": 3, "interval": 2}
    ),
    "population by PB2": learning_study(
        "population",
        budget=BudgetSpec(),
        options={"population": 3, "interval": 4, "explore": "pb2"},
    ),
    "table": table_study(),
    "raced": table_study(budget=BudgetSpec(trials=20), pruner=Choice("fold_racing")),
    "growing rows": table_study(
        rows=RowsSpec(steps=3, least=0.4),
        pruner=Choice("successive_halving", {"least": 1}),
        budget=BudgetSpec(trials=12),
    ),
    "table that learns": table_study(
        models=(ModelSpec("sgd"),), training=TrainingSpec(steps=4), budget=BudgetSpec(trials=4)
    ),
    "an ensemble of two models": table_study(
        models=(ModelSpec("decision_tree"), ModelSpec("naive_bayes")),
        ensemble=EnsembleSpec(),
        strategy=Choice("auto"),
    ),
    "a time as a goal": table_study(goals=(Goal("accuracy"), Goal("fit_time", "minimize"))),
}


STOPPING = ("halving", "cohorts", "raced", "growing rows")
"""Studies in which the pruner has stopped trials."""


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_of_any_kind_comes_to_the_same_again(name: str, folder: Path) -> None:
    found = replayed(STUDIES[name], folder)
    trials = open_study(folder / "study.hpostudy").trials
    assert found.is_same, found.head
    assert found.trials == len(trials) > 3
    assert found.scores is not None
    assert found.scores.count == len(trials)
    assert found.proposals is not None
    given = sum(trial.origin.strategy in GIVEN for trial in trials)
    assert found.proposals.count == len(trials) - given
    assert found.verdicts is not None
    assert found.verdicts.count == sum(trial.state is TrialState.PRUNED for trial in trials)
    assert found.verdicts.count > 0 or name not in STOPPING
    assert found.head == f"{len(trials)} trials replayed: all proposals and scores are the same."


def test_failed_trials_have_to_fail_again(folder: Path) -> None:
    found = replayed(function_study(trials=30), folder)
    trials = open_study(folder / "study.hpostudy").trials
    assert any(trial.state is TrialState.FAILED for trial in trials)
    assert found.is_same


def test_a_study_that_went_on_with_another_budget_and_other_workers_is_the_same(
    folder: Path,
) -> None:
    path = folder / "study.hpostudy"
    spec = function_study("nsga2", trials=6, goals=(LOSS, SIZE), options={"population": 4})
    run_study(spec, folder, path)
    opened = open_study(path)
    more = structs.replace(opened.spec, budget=BudgetSpec(trials=14))
    finish(resume_study(path, more))
    with StudyFile.open(path, read_only=True) as file:
        sessions = [one.session for one in sessions_in(file.events())]
    assert [(one.trials, one.told, one.spec) for one in sessions] == [(0, 0, 1), (6, 6, 2)]
    assert [one.plan.trials for one in sessions] == [6, 14]
    found = replay_study(path)
    assert found.is_same
    assert found.trials == 14


def test_a_study_of_two_processes_that_was_killed_and_went_on_is_the_same(folder: Path) -> None:
    path = folder / "study.hpostudy"
    compute = ComputeSpec(workers=2)
    spec = function_study("tpe", 9, compute=compute, options={"startup": 3})
    runner = create_study(spec, folder, path)
    for event in runner.run():
        if runner.study.history.told >= 4:
            runner.stop_now()
        del event
    before = len(open_study(path).trials)
    finish(resume_study(path))
    found = replay_study(path, ReplayOptions(workers=2))
    assert found.is_same
    assert found.trials == 9 > before >= 4
    assert found.proposals is not None
    assert found.proposals.count == 9


# --- differences ------------------------------------------------------------------------------


def test_a_changed_score_is_found_and_named(folder: Path) -> None:
    path = folder / "study.hpostudy"
    trials = run_study(table_study(), folder, path).trials
    folds = {name: list(values) for name, values in trials[5].fold_scores.items()}
    real = folds["accuracy"][1]
    folds["accuracy"][1] = real + 2**-50
    change(path, "UPDATE trials SET fold_scores = ? WHERE number = 5", json.dumps(folds))
    found = replay_study(path)
    assert not found.is_same
    first = found.first
    assert first is found.scores
    assert first is not None
    difference = first.difference
    assert difference is not None
    assert (difference.trial, difference.name) == (5, "accuracy of fold 2")
    assert (float(difference.then), float(difference.now)) == (real + 2**-50, real)
    assert "trial 5 has another score: accuracy of fold 2 was " in found.head
    assert "Versions, processor and system are those of then." in found.details


def test_a_changed_parameter_is_found_and_named(folder: Path) -> None:
    path = folder / "study.hpostudy"
    trials = run_study(function_study(), folder, path).trials
    other = {**trials[4].params, "n": 5 if trials[4].params["n"] != 5 else 4}
    change(path, "UPDATE trials SET params = ? WHERE number = 4", json.dumps(other))
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.proposals is not None
    difference = found.proposals.difference
    assert difference is not None
    assert (difference.trial, difference.name) == (4, "n")
    assert (difference.then, difference.now) == (str(other["n"]), str(trials[4].params["n"]))
    assert found.scores is None
    assert "trial 4 would be another one: n was " in found.head


def test_a_changed_function_is_found_and_named(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    text = (folder / "mine.py").read_text().replace("/ 7", "/ 6")
    (folder / "mine.py").write_text(text)
    found = replay_study(path)
    assert found.proposals is not None
    assert found.proposals.difference is None
    assert found.scores is not None
    assert found.scores.difference is not None
    assert found.scores.difference.trial == 0
    assert "What has changed since: the file of the function has changed." in found.details


def test_a_trial_that_works_today_and_did_not_then_is_found(folder: Path) -> None:
    path = folder / "study.hpostudy"
    trials = run_study(function_study(trials=30), folder, path).trials
    first = next(trial.number for trial in trials if trial.state is TrialState.FAILED)
    text = (folder / "mine.py").read_text().replace("> 0.9:", "> 9.0:")
    (folder / "mine.py").write_text(text)
    found = replay_study(path)
    assert found.scores is not None
    difference = found.scores.difference
    assert difference is not None
    assert (difference.trial, difference.of) == (first, "end")
    assert f"trial {first} ends in another way: it failed then, it went well now." in found.head


def test_a_verdict_that_would_be_another_one_is_found(folder: Path) -> None:
    path = folder / "study.hpostudy"
    spec = learning_study("random", pruner=Choice("successive_halving", {"least": 2}))
    trials = run_study(spec, folder, path).trials
    first = next(trial for trial in trials if trial.state is TrialState.PRUNED)
    other = structs.replace(spec, pruner=Choice("successive_halving", {"least": 7}))
    change(path, "UPDATE specs SET json = ?", spec_to_json(other))
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.verdicts is not None
    difference = found.verdicts.difference
    assert difference is not None
    assert difference.trial == first.number
    assert difference.now == "it would go on"


def test_other_versions_are_named_when_there_is_a_difference(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "study.hpostudy"
    with monkeypatch.context() as patch:
        patch.setitem(hpo_gui.assembly.sessions.LIBRARIES, "scikit-learn", "old-learn")
        patch.setattr(hpo_gui.assembly.sessions, "_processor", lambda: "Abacus 1")
        run_study(function_study(), folder, path)
    same = replay_study(path)
    assert same.is_same
    (told,) = [line for line in same.details if line.startswith("What has changed since")]
    assert told.startswith("What has changed since made no difference: scikit-learn not installed")
    assert "processor Abacus 1 then, " in told
    change(path, "UPDATE trials SET fold_scores = ? WHERE number = 2", '{"loss": [0.125]}')
    found = replay_study(path)
    assert not found.is_same
    assert any(line.startswith("What has changed since: scikit") for line in found.details)


def test_the_first_of_several_differences_is_told(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    change(path, "UPDATE trials SET params = ? WHERE number = 10", '{"x": 0.1, "n": 1}')
    for number in (9, 3, 6):
        statement = "UPDATE trials SET fold_scores = ? WHERE number = ?"
        change(path, statement, '{"loss": [0.125], "size": [0.125]}', number)
    found = replay_study(path)
    assert found.first is not None
    assert found.first.difference is not None
    assert found.first.difference.trial == 3


def test_of_several_processes_that_propose_the_lowest_difference_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "study.hpostudy"
    trials = run_study(function_study(trials=60), folder, path).trials
    for number in (50, 21, 30):
        params = json.dumps({**trials[number].params, "x": 0.5})
        change(path, "UPDATE trials SET params = ? WHERE number = ?", params, number)
    monkeypatch.setattr(hpo_gui.assembly.repeat_proposals, "call_in_process", call_here)
    trials = open_study(path).trials
    asked = {1: Asked(Space(SPACE), (LOSS,), None, Choice("random"), 3)}
    question = Question(trials, Plans(()), asked, dict.fromkeys(range(60), 1))
    told: list[int] = []
    found = propose_again(question, range(60), told.append, workers=2)
    assert found is not None
    assert (found.trial, found.name, found.then) == (21, "x", "0.5")
    assert told[-1] <= 60
    assert propose_again(question, range(20), told.append, workers=2) is None
    assert told[-1] == 20


# --- what is not compared ---------------------------------------------------------------------


def test_a_sample_is_the_first_trials(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    change(path, "UPDATE trials SET fold_scores = '{}' WHERE number = 7")
    assert replay_study(path, ReplayOptions(trials=7)).is_same
    assert not replay_study(path, ReplayOptions(trials=8)).is_same


def test_a_metric_that_is_left_out_is_not_compared(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    text = (folder / "mine.py").read_text().replace("8 - params", "9 - params")
    (folder / "mine.py").write_text(text)
    assert not replay_study(path).is_same
    found = replay_study(path, ReplayOptions(left_out=("size",)))
    assert found.is_same
    assert "Not compared, as asked for: size." in found.details


def test_an_older_study_is_compared_and_told_to_know_less(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(STUDIES["halving"], folder, path)
    change(path, "DELETE FROM events")
    found = replay_study(path)
    assert found.is_same
    assert found.verdicts is not None
    assert found.verdicts.count == 0
    details = "\n".join(found.details)
    assert "does not tell with which versions" in details
    assert "What the pruner saw is not recorded for" in details


def edited_study(folder: Path) -> Path:
    """A study whose range is widened, that gets a parameter, then another strategy."""
    path = folder / "study.hpostudy"
    opened = run_study(function_study("hill_climbing", trials=6), folder, path)
    spaces = ((Float("x", 0.0, 2.0), *SPACE[1:]), (Float("x", 0.0, 2.0), *SPACE[1:], DEPTH))
    spec = opened.spec
    for trials, space in zip((10, 14), spaces, strict=True):
        function = FunctionSpec("mine.py:objective", space)
        spec = structs.replace(spec, objective=function, budget=BudgetSpec(trials=trials))
        finish(resume_study(path, spec))
    tpe = Choice("tpe", {"startup": 4})
    finish(resume_study(path, structs.replace(spec, strategy=tpe, budget=BudgetSpec(trials=20))))
    return path


def test_proposals_after_edits_are_made_again_in_the_version_of_their_time(folder: Path) -> None:
    path = edited_study(folder)
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.is_same, found
    assert found.proposals is not None
    assert found.proposals.count == 20
    assert "belong to 4 versions" in "\n".join(found.details)
    assert "could not be compared" not in "\n".join(found.details)


def test_a_changed_parameter_after_an_edit_is_found_and_named(folder: Path) -> None:
    path = edited_study(folder)
    change(path, "UPDATE trials SET params = json_set(params, '$.x', 1.25) WHERE number = 12")
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.proposals is not None
    difference = found.proposals.difference
    assert difference is not None
    assert (difference.trial, difference.name, difference.then) == (12, "x", "1.25")


def test_an_edited_study_that_does_not_tell_when_is_compared_up_to_the_edit(folder: Path) -> None:
    path = edited_study(folder)
    change(path, "DELETE FROM events WHERE kind = 'spec'")
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.is_same
    assert found.proposals is not None
    assert found.proposals.count == 6
    assert NO_ORDER in "\n".join(found.details)


def test_without_the_defaults_of_then_proposals_after_an_edit_are_not_compared(
    folder: Path,
) -> None:
    path = folder / "study.hpostudy"
    opened = run_study(
        table_study(strategy=Choice("random"), budget=BudgetSpec(trials=5)), folder, path
    )
    (tree,) = opened.spec.models
    smaller = structs.replace(tree, space=(tree.space or ())[1:])
    finish(resume_study(path, structs.replace(opened.spec, models=(smaller,), budget=MORE)))
    wanted = ReplayOptions(scores=False)
    whole = replay_study(path, wanted)
    assert whole.is_same
    assert whole.proposals is not None
    change(path, "DELETE FROM meta WHERE key = 'usual values'")
    less = replay_study(path, wanted)
    assert less.is_same
    assert less.proposals is not None
    assert less.proposals.count == whole.proposals.count - 2
    assert NO_USUAL in "\n".join(less.details)


def test_what_waited_at_an_edit_is_named_as_not_compared(folder: Path) -> None:
    path = folder / "study.hpostudy"
    opened = run_study(function_study(trials=6), folder, path)
    change(
        path,
        "UPDATE trials SET state = 'waiting', told = NULL, finished = NULL, started = NULL,"
        " scores = '{}', fold_scores = '{}' WHERE number = 5",
    )
    function = FunctionSpec("mine.py:objective", (*SPACE, DEPTH))
    edit = structs.replace(opened.spec, objective=function, budget=BudgetSpec(trials=8))
    finish(resume_study(path, edit))
    found = replay_study(path, ReplayOptions(scores=False))
    assert found.is_same, found
    assert found.proposals is not None
    assert found.proposals.count == 7
    (line,) = [line for line in found.details if CARRIED in line]
    assert line.startswith("1 proposal ")
    assert "the first of trial 5" in line


def test_proposals_before_and_after_acts_of_a_person_are_made_again(folder: Path) -> None:
    path = folder / "study.hpostudy"
    spec = function_study("hill_climbing", trials=8)
    opened = run_study(spec, folder, path)
    best = read_history(opened).best
    assert best is not None
    act_on_study(path, [Retract(best.number, "wrong data"), Correct(0, {"loss": -5.0})])
    more = structs.replace(opened.spec, budget=BudgetSpec(trials=14))
    finish(resume_study(path, more))
    found = replay_study(path)
    assert found.is_same, found
    assert found.proposals is not None
    assert found.proposals.count == 15
    assert found.scores is not None
    assert found.scores.count == 15
    assert any(line.startswith("2 times a person") for line in found.details)
    change(path, "DELETE FROM events WHERE kind = 'correct'")
    assert not replay_study(path).is_same, "without the act the strategy proposes otherwise"


def test_what_did_not_finish_is_told(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    change(path, "UPDATE trials SET state = 'waiting', told = NULL WHERE number = 11")
    failure = '{"kind": "time_limit", "message": "It took too long."}'
    change(path, "UPDATE trials SET state = 'failed', failure = ? WHERE number = 10", failure)
    found = replay_study(path)
    assert found.is_same
    details = "\n".join(found.details)
    assert "1 trial has not finished" in details
    assert "1 trial ended by a limit, a crash or by hand" in details


def test_a_child_that_failed_as_a_state_was_gone_need_not_fail_again(folder: Path) -> None:
    path = folder / "study.hpostudy"
    trials = run_study(STUDIES["population"], folder, path).trials
    last = trials[-1]
    assert last.parent is not None
    message = f"The checkpoint of trial {last.parent} must be there, after 6 steps."
    failure = json.dumps({"kind": "raised", "message": message})
    statement = (
        "UPDATE trials SET state = 'failed', failure = ?, scores = '{}', fold_scores = '{}', "
        "curves = '{}' WHERE number = ?"
    )
    change(path, statement, failure, last.number)
    found = replay_study(path)
    assert found.is_same, found.head
    assert "1 trial ended by a limit" in "\n".join(found.details)


def test_nothing_to_replay_is_told(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(trials=2), folder, path)
    change(path, "DELETE FROM steps")
    change(path, "DELETE FROM trials")
    with pytest.raises(StudioError, match="must have a trial to replay"):
        replay_study(path)
    with pytest.raises(StudioError, match="must be at least 1"):
        replay_study(path, ReplayOptions(trials=0))
    with pytest.raises(StudioError, match="workers must be at least 1"):
        replay_study(path, ReplayOptions(workers=-1))


def test_progress_is_told_and_who_is_told_may_give_up(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    shares = []

    def tell(share: float, words: str) -> None:
        shares.append(share)
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_study(path, tell=tell)
    known = [share for share in shares if share >= 0]
    assert known == sorted(known)


def test_the_file_is_only_read(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    before = path.read_bytes()
    replay_study(path)
    assert path.read_bytes() == before


def test_each_session_writes_down_with_what_it_runs(folder: Path) -> None:
    path = folder / "study.hpostudy"
    run_study(function_study(), folder, path)
    with StudyFile.open(path, read_only=True) as file:
        assert [event.kind for event in file.events()].count(SESSION) == 1
        (one,) = sessions_in(file.events())
    facts = one.session.facts
    assert {"Python", "NumPy", "SciPy", "scikit-learn", "BLAS", "processor", "system"} <= set(
        facts
    )
    assert all(facts.values())
    assert len(facts["file of the function"]) == 16


def test_a_study_whose_budget_was_changed_while_it_ran_is_the_same(folder: Path) -> None:
    path = folder / "study.hpostudy"
    runner = create_study(function_study("nsga2", trials=8, goals=(LOSS, SIZE)), folder, path)
    for _ in runner.run():
        if runner.study.history.told == 5 and runner.budget.trials == 8:
            runner.set_budget(BudgetSpec(trials=60))
    with StudyFile.open(path, read_only=True) as file:
        first, *others = (one.session for one in sessions_in(file.events()))
    assert (first.plan.trials, {one.plan.trials for one in others}) == (8, {60})
    found = replay_study(path, ReplayOptions(scores=False))
    assert (found.is_same, found.trials) == (True, 60)
