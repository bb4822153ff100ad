"""The schedule of a winner as CSV and JSON, and as a study that follows it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from msgspec import structs
from populations import STEPS, learnt_population, population_spec, step

from hpo_gui.analysis.lineage import phases_of
from hpo_gui.assembly.replay import replay_spec
from hpo_gui.assembly.results import export_results
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, PhaseSpec, StudySpec
from hpo_gui.core.spec_text import read_spec
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.export.schedule import write_schedule_csv


@pytest.fixture(scope="module")
def history() -> History:
    return learnt_population().study.history


@pytest.fixture
def best(history: History) -> Trial:
    assert history.best is not None
    assert history.best.parent is not None
    return history.best


def test_a_schedule_holds_every_phase_and_the_steps_it_lasts(
    history: History, best: Trial, tmp_path: Path
) -> None:
    wanted = {"schedule_csv": tmp_path / "s.csv", "schedule_json": tmp_path / "s.json"}
    export_results(population_spec(), tmp_path, history, wanted)
    phases = phases_of(history, best)
    told = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert told["number"] == best.number
    assert told["score"] == best.scores["loss"]
    assert told["steps"] == STEPS
    assert [(one["step"], one["params"]) for one in told["phases"]] == list(phases)
    assert [one["until"] for one in told["phases"]] == [*(s for s, _ in phases[1:]), STEPS]
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "until", "rate", "kind"]
    assert [float(row["rate"]) for row in rows] == [params["rate"] for _, params in phases]


def test_a_parameter_that_is_called_as_a_column_has_one_of_its_own(tmp_path: Path) -> None:
    space = Space([Int("step", 1, 9), Int("rate", 1, 9), Int("until", 1, 9)])
    trial = Trial(0, {"step": 3, "rate": 2, "until": 5}, Origin("random"), TrialState.COMPLETE)
    past = History(space, (Goal("loss"),), [trial])
    write_schedule_csv(past, trial, tmp_path / "s.csv")
    head, row = (tmp_path / "s.csv").read_text("utf-8").splitlines()
    assert head == "step,until,param_step,rate,param_until"
    assert row == "0,0,3,2,5"


def test_a_trial_without_a_parent_has_a_schedule_of_one_phase(
    history: History, tmp_path: Path
) -> None:
    export_results(
        population_spec(), tmp_path, history, {"schedule_json": tmp_path / "s.json"}, trial=1
    )
    (phase,) = json.loads((tmp_path / "s.json").read_text("utf-8"))["phases"]
    assert phase["params"] == history.trials[1].params


def test_a_replay_is_a_study_that_learns_the_same_from_scratch(
    history: History, best: Trial
) -> None:
    spec = replay_spec(population_spec(), history, best)
    assert spec.strategy.name == "manual"
    assert spec.training is not None
    assert spec.training.steps == STEPS
    (params,) = spec.strategy.options["configurations"]
    loss, state = 0.0, None
    for index in range(STEPS):
        for phase in spec.training.phases:
            params = {**params, **(phase.params if phase.step == index else {})}
        loss, state = step(state, params, index)
    assert loss == best.scores["loss"]
    assert all(phase.params.keys() == {"rate"} for phase in spec.training.phases)


def test_a_replay_is_written_as_a_file_that_can_be_read_from_where_it_lies(
    history: History, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / "replay.toml"
    export_results(population_spec(), tmp_path, history, {"replay": target})
    spec = read_spec(target)
    assert isinstance(spec, StudySpec)
    assert spec.name == "population replay"
    assert spec.objective is not None
    assert spec.objective.function == "../learner.py:step"
    assert spec.training is not None
    assert all(isinstance(phase, PhaseSpec) for phase in spec.training.phases)
    assert len(spec.training.phases) >= 1


def test_where_a_schedule_depends_on_the_number_of_steps_all_are_replayed(
    history: History, tmp_path: Path
) -> None:
    early = next(
        trial for trial in history.trials if trial.steps == 4 and trial.parent is not None
    )
    for name, steps in (("constant", 4), ("cosine", STEPS)):
        spec = replay_spec(population_spec(schedule=Choice(name)), history, early)
        assert spec.training is not None
        assert spec.training.steps == steps


def test_what_cannot_be_replayed_is_said(history: History, best: Trial) -> None:
    with pytest.raises(ExportError, match="learn step by step"):
        replay_spec(population_spec(training=None), history, best)
    other = [
        structs.replace(t, params={"rate": 0.1}) if t.number == best.number else t
        for t in history.trials
    ]
    changed = History(history.space, history.goals, other)
    with pytest.raises(ExportError, match=r"same parameters at every step"):
        replay_spec(population_spec(), changed, changed.trials[best.number])
    with pytest.raises(ExportError, match=r"\.csv"):
        export_results(population_spec(), Path(), history, {"schedule_csv": Path("s.txt")})
