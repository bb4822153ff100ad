"""Trainings that go wrong: each says what and what to do, and nothing that was learnt is lost."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from small_studies import call_here, flowers, houses, hpo

import hpo_gui.assembly.results
from hpo_gui.assembly.opened import open_study
from hpo_gui.assembly.running import create_study, resume_study
from hpo_gui.core.spec_text import read_spec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.study.events import Finished, Message

DESCENT = """
    import os, pathlib, shutil

    def start(params, seed):
        return {{"x": 1.0 + seed % 7}}

    def step(state, params, index):
        {line}
        x = state["x"] * (1 - params["lr"])
        return {{"loss": x * x}}, {{"x": x}}
"""
FUNCTION = """
    seed = 1
    [objective]
    function = "train.py:step"
    start = "start"
    [objective.space]
    lr = { type = "float", low = 0.01, high = 0.5 }
    [[goals]]
    metric = "loss"
    [compute]
    executor = "inline"
"""
HALVING = """
    [strategy]
    name = "random"
    [training]
    steps = 16
    [pruner]
    name = "successive_halving"
    {pruner}
    [budget]
    trials = 8
"""
POPULATION = """
    [strategy]
    name = "population"
    population = {members}
    [training]
    steps = 6
"""
TABLE = """
    seed = 1
    [data]
    source = "table.csv"
    [[models]]
    name = "{model}"
    [models.space]
    {rate} = {{ type = "ordinal", values = [0.01, {huge}] }}
    [validation]
    kind = "{kind}"
    folds = 2
    [strategy]
    name = "grid"
    [training]
    steps = {steps}
    [compute]
    executor = "inline"
"""
PLAIN = HALVING.replace("successive_halving", "none").format(pruner="")
ASYNCHRONOUS = HALVING.format(pruner="")
SYNCHRONOUS = HALVING.format(pruner='mode = "synchronous"\n    cohort = 4')


FILLS = "index == 3 and pathlib.Path(__file__).with_name('full').touch()"
EMPTIES = "index == {} and shutil.rmtree(os.environ['HPO_STUDIO_HOME'], ignore_errors=True)"


@pytest.fixture
def disk_that_fills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """There is no room for checkpoints any more, once this file is there."""
    full, replace = tmp_path / "full", Path.replace

    def replace_or_not(self: Path, target: Path) -> Path:
        if target.suffix == ".checkpoint" and full.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_or_not)
    return full


@pytest.fixture
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The final model is fitted here, which is quicker."""
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


def write(folder: Path, sections: str, line: str = "pass") -> Path:
    """A study of the function above, with a line at the beginning of each step."""
    (folder / "train.py").write_text(textwrap.dedent(DESCENT).format(line=line))
    path = folder / "study.toml"
    path.write_text(textwrap.dedent(FUNCTION) + textwrap.dedent(sections))
    return path


def said_by(folder: Path, sections: str, line: str = "pass", code: int = 0) -> str:
    """What the terminal says of such a study."""
    said = hpo("run", write(folder, sections, line), "--out", folder / "r")
    assert said.code == code, said.text
    return said.text


def trials_of(folder: Path, out: str = "r") -> tuple[Trial, ...]:
    return open_study(folder / out / "study.hpostudy").trials


def outcome(trials: tuple[Trial, ...]) -> list[tuple[object, ...]]:
    return [(t.number, str(t.state), t.params, t.curves.get("loss"), t.parent) for t in trials]


def no_cache(home: Path) -> None:
    """A file stands where the cache folder would be made."""
    home.mkdir()
    (home / "cache").write_text("no folder")


# --- states that cannot be kept ---------------------------------------------------------------


@pytest.mark.parametrize("halving", [ASYNCHRONOUS, SYNCHRONOUS])
def test_halving_without_a_cache_folder_warns_and_ends_with_the_same_trials(
    tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch, halving: str
) -> None:
    no_cache(isolated_home)
    said = said_by(tmp_path, halving)
    assert said.count("What trials have learnt cannot be kept: The cache folder") == 1
    assert str(isolated_home / "cache" / "checkpoints") in said
    assert "Make the cache folder one that can be written." in said
    assert "failed" not in said
    monkeypatch.setenv("HPO_STUDIO_HOME", str(tmp_path / "another home"))
    assert hpo("run", tmp_path / "study.toml", "--out", tmp_path / "kept").code == 0
    assert outcome(trials_of(tmp_path)) == outcome(trials_of(tmp_path, "kept"))


def test_a_population_without_a_cache_folder_is_refused_before_it_begins(
    tmp_path: Path, isolated_home: Path
) -> None:
    no_cache(isolated_home)
    said = said_by(tmp_path, POPULATION.format(members=3), code=2)
    assert "The cache folder, where trials keep what they have learnt, must be one" in said
    assert str(isolated_home / "cache" / "checkpoints") in said
    assert "Make the cache folder one that can be written." in said
    assert not (tmp_path / "r" / "study.hpostudy").exists()


def test_halving_on_a_disk_that_becomes_full_goes_on(
    tmp_path: Path, disk_that_fills: Path
) -> None:
    said = said_by(tmp_path, ASYNCHRONOUS, FILLS)
    assert said.count("What trials have learnt cannot be kept: The checkpoint of a trial") == 1
    assert "No space left on device" in said
    assert "Free some space on that disk." in said
    assert {trial.state for trial in trials_of(tmp_path)} <= {
        TrialState.COMPLETE,
        TrialState.PRUNED,
    }


def test_a_population_on_a_disk_that_becomes_full_stops_and_goes_on_later(
    tmp_path: Path, disk_that_fills: Path
) -> None:
    population = POPULATION.format(members=3)
    said = said_by(tmp_path, population, FILLS, code=3)
    assert "Stopped: The checkpoint of a trial must be written (No space left on device)" in said
    assert "Free some space on that disk." in said
    assert "To go on: hpo-gui resume" in said
    assert "failed" not in said
    disk_that_fills.unlink()
    write(tmp_path, population)
    assert hpo("resume", tmp_path / "r" / "study.hpostudy").code == 0
    assert hpo("run", tmp_path / "study.toml", "--out", tmp_path / "whole").code == 0
    assert outcome(trials_of(tmp_path)) == outcome(trials_of(tmp_path, "whole"))


@pytest.mark.parametrize("halving", [ASYNCHRONOUS, SYNCHRONOUS])
def test_a_cache_that_is_emptied_in_mid_run_costs_halving_nothing_but_time(
    tmp_path: Path, halving: str
) -> None:
    said_by(tmp_path, halving, EMPTIES.format(3))
    write(tmp_path, halving)
    assert hpo("run", tmp_path / "study.toml", "--out", tmp_path / "kept").code == 0
    assert outcome(trials_of(tmp_path)) == outcome(trials_of(tmp_path, "kept"))


def test_a_cache_that_is_emptied_in_mid_run_fails_the_intervals_that_need_it(
    tmp_path: Path,
) -> None:
    said = said_by(tmp_path, POPULATION.format(members=3), EMPTIES.format(2))
    assert "must be there, after 2 steps, for trial" in said
    assert "missing or damaged in the cache folder, which may have been emptied." in said
    assert "The population has trained to its end" in said


def test_a_state_that_cannot_be_pickled_is_told_and_halving_goes_on(tmp_path: Path) -> None:
    said = said_by(tmp_path, ASYNCHRONOUS)
    assert "cannot be kept" not in said
    text = (tmp_path / "train.py").read_text().replace('{"x": x}', '{"x": x, "f": lambda: x}')
    (tmp_path / "train.py").write_text(text)
    again = hpo("run", tmp_path / "study.toml", "--out", tmp_path / "again")
    assert again.code == 0
    assert again.text.count("must be something that can be pickled") == 1
    assert "Return plain values, arrays or models as the state of a step." in again.text
    assert outcome(trials_of(tmp_path, "again")) == outcome(trials_of(tmp_path))


# --- functions and rates ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'if index == 3: raise ValueError("boom")',
            "step() at step 3 must run without an error (train.py, line 8): ValueError: boom. "
            "Mend it, or return a large loss",
        ),
        (
            "if index == 3: raise SystemExit",
            "step() at step 3 must run without an error (train.py, line 8): SystemExit. Mend it",
        ),
        (
            "if index == 3: return float('nan'), state",
            "step() at step 3 must return a finite number for `loss`, but got nan. Return a large",
        ),
        (
            "if index == 3: return 10**400, state",
            "step() at step 3 must be a number below 1.8e308. Return its logarithm",
        ),
    ],
)
def test_a_step_that_goes_wrong_names_itself_and_what_to_do(
    tmp_path: Path, line: str, words: str
) -> None:
    said = said_by(tmp_path, PLAIN.replace("trials = 8", "trials = 2"), line, code=3)
    assert said.count(f"failed: {words}") == 3, said  # of each trial, and at the end
    assert [len(trial.curves["loss"]) for trial in trials_of(tmp_path)] == [3, 3]


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ('[schedule]\nname = "cosine"\nfinal = -0.5', "schedule.final must be a number of at"),
        ('[schedule]\nname = "cosine"\nfinal = nan', "schedule.final must be a number of at"),
        ('[schedule]\nname = "cosine"\nfinal = 1e9', "schedule.final must be a number of at most"),
        (
            "[training]\nsteps = 6\nphases = [{ step = 4, params = { lr = -3.0 } }]",
            "training.phases[0].params.lr must be a learning rate: a number above 0 and at most",
        ),
        (
            "[training]\nsteps = 6\npatience = 0",
            "training.patience",
        ),
        (
            '[strategy]\nname = "population"\n[training]\nsteps = 6\npatience = 9',
            "training.patience must be left out with the strategy `population`",
        ),
        (
            '[strategy]\nname = "population"\npopulation = 0\n[training]\nsteps = 6',
            "strategy.population must be",
        ),
        (
            '[strategy]\nname = "population"\npopulation = 9\n[training]\nsteps = 6\n'
            "[budget]\ntrials = 4",
            "strategy.population must be at most the budget of trials, 4, but got 9",
        ),
        (
            '[pruner]\nname = "successive_halving"\neta = 1',
            "pruner.eta must be a whole number of at least 2, but got 1",
        ),
    ],
)
def test_options_that_cannot_be_meant_are_refused_before_anything_runs(
    tmp_path: Path, sections: str, words: str
) -> None:
    said = said_by(tmp_path, sections, code=2)
    assert words in said
    assert not (tmp_path / "r" / "study.hpostudy").exists()


def test_a_rate_beyond_reason_is_a_failed_trial_that_says_what_to_change(tmp_path: Path) -> None:
    path = write(tmp_path, PLAIN.replace("trials = 8", "trials = 2"))
    path.write_text(path.read_text().replace("low = 0.01, high = 0.5", "low = 1e7, high = 1e8"))
    said = hpo("run", path, "--out", tmp_path / "r")
    assert said.code == 3
    assert "`lr` at step 0 must be a number above 0 and at most 1e+06, but got" in said.text
    assert "Change its range in the space" in said.text


@pytest.mark.parametrize(
    ("model", "rate", "huge", "steps", "reason"),
    [
        ("sgd", "eta0", 1e9, 2, "`eta0` at step 0 must be a number above 0 and at most 1e+06"),
        ("mlp", "learning_rate_init", 1e6, 20, "must stay finite, but it diverges: "),
        ("gradient_boosting", "learning_rate", 1e6, 8, "the model diverges, it predicts up to"),
    ],
)
@pytest.mark.usefixtures("no_processes")
def test_a_model_that_diverges_is_a_failed_trial_and_the_study_goes_on(
    tmp_path: Path, model: str, rate: str, huge: float, steps: int, reason: str
) -> None:
    houses().to_csv(tmp_path / "table.csv", index=False)
    text = textwrap.dedent(TABLE).format(
        model=model, rate=rate, huge=huge, kind="k_fold", steps=steps
    )
    if model == "mlp":
        text = text.replace("[validation]", '[models.fixed]\nsolver = "sgd"\n[validation]')
    (tmp_path / "study.toml").write_text(f'{text}[pruner]\nname = "none"\n')
    said = hpo("run", tmp_path / "study.toml", "--out", tmp_path / "r")
    assert said.code == 0, said.text
    assert reason in said.text
    assert {str(trial.state) for trial in trials_of(tmp_path)} == {"complete", "failed"}
    assert (tmp_path / "r" / "model.pkl").exists()
    (lost,) = [trial for trial in trials_of(tmp_path) if trial.failure is not None]
    assert lost.failure is not None
    assert "rate" in lost.failure.message or "range" in lost.failure.message  # the remedy


@pytest.mark.usefixtures("no_processes")
def test_repeated_folds_are_trained_each(tmp_path: Path) -> None:
    flowers().to_csv(tmp_path / "table.csv", index=False)
    text = textwrap.dedent(TABLE).format(
        model="sgd", rate="eta0", huge=0.1, kind="repeated_stratified_k_fold", steps=2
    )
    (tmp_path / "study.toml").write_text(text.replace("folds = 2", "folds = 3\nrepeats = 2"))
    assert hpo("run", tmp_path / "study.toml", "--out", tmp_path / "r").code == 0
    for trial in trials_of(tmp_path):
        assert len(trial.fold_scores["accuracy"]) == 6
        assert len(trial.curves["accuracy"]) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "table.csv is empty. Choose a file"), ("a,b,kind\n", "table.csv must have rows below")],
)
def test_an_empty_table_is_refused_with_a_training_too(
    tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "table.csv").write_text(content)
    text = TABLE.format(model="sgd", rate="eta0", huge=0.1, kind="k_fold", steps=2)
    (tmp_path / "study.toml").write_text(textwrap.dedent(text))
    said = hpo("run", tmp_path / "study.toml", "--out", tmp_path / "r")
    assert said.code == 2
    assert words in said.text
    assert not (tmp_path / "r").exists()


# --- populations and cohorts that are too small -----------------------------------------------


def test_a_patience_longer_than_the_training_never_ends_it(tmp_path: Path) -> None:
    said_by(tmp_path, PLAIN.replace("steps = 16", "steps = 6\npatience = 30"))
    assert {len(trial.curves["loss"]) for trial in trials_of(tmp_path)} == {6}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (1, "The population has trained to its end: its one member has learnt 6 steps."),
        (3, "The population has trained to its end: all 3 members have learnt 6 steps."),
    ],
)
def test_a_population_says_that_it_has_trained_to_its_end(
    tmp_path: Path, members: int, words: str
) -> None:
    said = said_by(tmp_path, POPULATION.format(members=members))
    assert words in said
    assert "nothing left" not in said
    assert len(trials_of(tmp_path)) == 6 * members


def test_a_population_whose_members_all_fail_says_so_and_keeps_what_it_had(
    tmp_path: Path,
) -> None:
    line = 'if index == 2: raise ValueError("boom")'
    said = said_by(tmp_path, POPULATION.format(members=2), line)
    assert "No member of the population came to the end of its training, 6 steps: " in said
    assert "step() at step 2 must run without an error" in said
    assert "Best trial" in said
    assert "nothing left" not in said


@pytest.mark.parametrize("halving", [ASYNCHRONOUS, SYNCHRONOUS])
def test_fewer_trials_than_the_reduction_factor_all_go_to_the_end(
    tmp_path: Path, halving: str
) -> None:
    few = halving.replace("trials = 8", "trials = 3").replace("[pruner]", "[pruner]\n    eta = 10")
    said_by(tmp_path, few)
    assert [str(trial.state) for trial in trials_of(tmp_path)] == ["complete"] * 3


# --- pauses, stops and kills while trials wait at a rung --------------------------------------


def wait_at_a_rung(path: Path, out: Path, react: str) -> list[object]:
    """Run until trials wait for others at a rung, then call a control of the run."""
    runner = create_study(read_spec(path), path.parent, out)
    events: list[object] = []
    for event in runner.run():
        events.append(event)
        halted = [
            trial
            for trial in runner.study.trials
            if trial.state is TrialState.WAITING and trial.steps_done
        ]
        if halted and react:
            getattr(runner, react)()
            if react == "pause":
                threading.Timer(0.3, runner.resume).start()
            react = ""
    assert not react, "nobody has waited"
    return events


@pytest.mark.parametrize("react", ["pause", "stop_now", "stop_after_current"])
def test_a_pause_or_a_stop_while_trials_wait_at_a_rung_changes_nothing(
    tmp_path: Path, react: str
) -> None:
    path = write(tmp_path, SYNCHRONOUS)
    events = wait_at_a_rung(path, tmp_path / "part.hpostudy", react)
    assert not [event for event in events if isinstance(event, Message)]
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.done == (react == "pause")
    if not end.done:
        *_, end = resume_study(tmp_path / "part.hpostudy").run()
        assert isinstance(end, Finished)
    assert end.reason == "All 8 trials of the budget are done."
    assert hpo("run", path, "--out", tmp_path / "whole").code == 0
    part = open_study(tmp_path / "part.hpostudy").trials
    assert outcome(part) == outcome(trials_of(tmp_path, "whole"))


def test_the_time_budget_keeps_what_waits_at_a_rung_for_the_next_run(tmp_path: Path) -> None:
    slow = SYNCHRONOUS.replace("trials = 8", "seconds = 0.4")
    write(tmp_path, slow, "import time; time.sleep(0.02)")
    hpo("run", tmp_path / "study.toml", "--out", tmp_path / "r")
    before = trials_of(tmp_path)
    assert {trial.state for trial in before} <= {
        TrialState.WAITING,
        TrialState.PRUNED,
        TrialState.COMPLETE,
    }
    open_before = [trial for trial in before if trial.state is TrialState.WAITING]
    assert open_before
    said = hpo("resume", tmp_path / "r" / "study.hpostudy", "--seconds", 1.2)
    assert "The time budget of 1.2 s is used." in said.text
    after = trials_of(tmp_path)
    assert sum(t.told is not None for t in after) > sum(t.told is not None for t in before)
    for trial in open_before:
        before_it = trial.curves.get("loss", ())
        assert after[trial.number].curves["loss"][: len(before_it)] == before_it


def test_a_study_that_is_killed_while_trials_wait_at_a_rung_ends_as_if_it_had_not_been(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, SYNCHRONOUS, "import time; time.sleep(0.1)")
    process = subprocess.Popen(
        [sys.executable, "-m", "hpo_gui", "run", str(path), "--out", str(tmp_path / "r")],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not somebody_waits(tmp_path / "r" / "study.hpostudy"):
        assert time.monotonic() < end
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = trials_of(tmp_path)
    assert not all(trial.told for trial in before)
    write(tmp_path, SYNCHRONOUS)
    assert hpo("resume", tmp_path / "r" / "study.hpostudy").code == 0
    assert hpo("run", path, "--out", tmp_path / "whole").code == 0
    assert outcome(trials_of(tmp_path)) == outcome(trials_of(tmp_path, "whole"))


def somebody_waits(study: Path) -> bool:
    """Whether a trial waits with steps that it has done."""
    if not study.exists():
        return False
    waiting = (t for t in open_study(study).trials if t.state is TrialState.WAITING)
    return any(trial.steps_done for trial in waiting)
