"""Populations from a study file to the winner's schedule: states on the disk, kills, replays."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from small_studies import INLINE, finish, flowers, hpo, run_study

from hpo_gui.assembly.folders import checkpoints_folder
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.replay import replay_spec
from hpo_gui.assembly.running import create_study, resume_study
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.trial import Trial, TrialState

LEARNER = """
    import math

    def start(params, seed):
        return 1.0

    def step(state, params, index):
        wanted = -1.0 - index / 10
        state *= 0.7 + 0.3 * min(abs(math.log10(params["rate"]) - wanted), 1.0)
        if params["rate"] > 0.9:
            raise ValueError("diverged")
        return {"loss": state + params["offset"]}, state
"""
RATES = (Float("rate", 1e-4, 1.0, log=True), Float("offset", 0.0, 0.01))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "learner.py").write_text(textwrap.dedent(LEARNER), encoding="utf-8")
    return tmp_path


def function_study(**options: Any) -> StudySpec:
    compute = options.pop("compute", INLINE)
    steps = options.pop("steps", 10)
    return StudySpec(
        name="learner",
        seed=5,
        objective=FunctionSpec("learner.py:step", RATES, (), "start"),
        goals=(Goal("loss", "minimize"),),
        strategy=Choice("population", {"population": 4, "interval": 2, **options}),
        training=TrainingSpec(steps=steps),
        compute=compute,
    )


def what_happened(trials: tuple[Trial, ...]) -> list[tuple[object, ...]]:
    return [
        (t.number, t.params, t.parent, t.steps, t.state, t.scores, t.origin.reason) for t in trials
    ]


@pytest.mark.parametrize("explore", ["perturb", "pb2"])
def test_a_population_of_a_function_learns_to_the_end_and_leaves_no_states(
    folder: Path, explore: str
) -> None:
    opened = run_study(function_study(explore=explore), folder, folder / "s.hpostudy")
    assert len(opened.trials) == 4 * 5
    assert [trial.steps for trial in opened.trials] == sorted([2, 4, 6, 8, 10] * 4)
    for trial in opened.trials:
        assert trial.steps_done == trial.steps
        assert trial.parent is None or opened.trials[trial.parent].steps == (trial.steps or 0) - 2
    assert list(checkpoints_folder().rglob("*.checkpoint")) == []


@pytest.mark.parametrize("mode", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("stop", [1, 6, 9, 14])
def test_a_population_that_was_stopped_in_mid_generation_goes_on_as_if_it_had_not(
    folder: Path, stop: int, mode: str
) -> None:
    spec = function_study(mode=mode)
    whole = run_study(spec, folder, folder / "whole.hpostudy")
    path = folder / "half.hpostudy"
    runner = create_study(spec, folder, path)
    events = runner.run()
    for _ in events:
        if sum(trial.told is not None for trial in runner.study.trials) == stop:
            runner.stop_now()
            break
    list(events)
    assert len(open_study(path).trials) < 20
    finish(resume_study(path))
    assert what_happened(open_study(path).trials) == what_happened(whole.trials)


def test_a_population_whose_states_are_gone_goes_on_nevertheless(folder: Path) -> None:
    path = folder / "s.hpostudy"
    runner = create_study(function_study(), folder, path)
    events = runner.run()
    for _ in events:
        if sum(trial.told is not None for trial in runner.study.trials) == 9:
            runner.stop_now()
            break
    list(events)
    for state in checkpoints_folder().rglob("*.checkpoint"):
        state.write_bytes(b"torn")
    end = finish(resume_study(path))
    trials = open_study(path).trials
    assert end.done
    lost = [trial for trial in trials if trial.state is TrialState.FAILED]
    assert lost
    assert all("checkpoint" in trial.failure.message for trial in lost if trial.failure)
    anew = [trial for trial in trials[4:] if trial.parent is None]
    assert anew
    assert max(t.steps_done for t in trials[anew[0].number :]) == 10


def test_two_workers_give_the_same_synchronous_population(folder: Path) -> None:
    one = run_study(function_study(), folder, folder / "one.hpostudy")
    two = run_study(
        function_study(compute=ComputeSpec(workers=2)), folder, folder / "two.hpostudy"
    )
    assert what_happened(two.trials) == what_happened(one.trials)


def test_the_replay_of_a_winner_ends_at_the_winners_score(folder: Path) -> None:
    opened = run_study(function_study(quantile=0.5), folder, folder / "s.hpostudy")
    history = read_history(opened)
    assert history.best is not None
    assert history.best.parent is not None
    said = hpo("export", opened.path, "--replay", folder / "new" / "replay.toml")
    assert said.code == 0
    assert hpo("run", folder / "new" / "replay.toml", "--out", folder / "again").code == 0
    again = open_study(folder / "again" / "study.hpostudy")
    (trial,) = again.trials
    assert trial.scores == history.best.scores
    assert trial.steps_done == history.best.steps
    spec = replay_spec(opened.spec, history, history.best)
    assert spec.training is not None
    assert again.spec.training is not None
    assert again.spec.training.phases == spec.training.phases


def test_a_population_of_a_model_learns_on_a_table_and_its_winner_is_fitted(
    folder: Path,
) -> None:
    flowers().to_csv(folder / "flowers.csv", index=False)
    spec = StudySpec(
        name="flowers",
        seed=2,
        data=DataSpec("flowers.csv", target="kind"),
        models=(ModelSpec("sgd"),),
        validation=Choice("hold_out", {"test_share": 0.5}),
        goals=(Goal("accuracy"),),
        strategy=Choice("population", {"population": 4, "interval": 2, "quantile": 0.5}),
        training=TrainingSpec(steps=6, stretch=1),
        compute=INLINE,
    )
    opened = run_study(spec, folder, folder / "s.hpostudy")
    history = read_history(opened)
    assert len(history) == len({t.number for t in history.trials}) >= 12
    assert history.best is not None
    copies = [trial for trial in history.trials if "copies" in trial.origin.reason]
    assert copies
    said = hpo("export", opened.path, "--model", folder / "m.pkl", "--trial", copies[-1].number)
    assert said.code == 0, said.text
    assert (folder / "m.pkl").stat().st_size > 1000
    replay = replay_spec(opened.spec, history, history.best)
    again = run_study(replay, folder, folder / "again.hpostudy")
    assert again.trials[0].scores["accuracy"] == history.best.scores["accuracy"]


def test_a_budget_of_trials_ends_a_population_early(folder: Path) -> None:
    spec = structs.replace(function_study(), budget=BudgetSpec(trials=9))
    opened = run_study(spec, folder, folder / "s.hpostudy")
    assert len(opened.trials) == 9
