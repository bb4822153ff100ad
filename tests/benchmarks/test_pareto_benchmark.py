"""The benchmarks of several goals measure what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import front
import front_racing
import pareto
from hpo_gui.core.pareto import is_front
from hpo_gui.core.value import Params
from hpo_gui.pruners.fold_racing import FoldRacing
from optimizer_bench.several_goals import SETS, all_problems, goals_problems
from optimizer_bench.volumes import Yardstick, share_after, yardstick

KNOWN = [name for name, problem in all_problems().items() if problem.front is not None]


def optimum(name: str, along: float) -> Params:
    """A configuration on the ideal front of a shifted problem, or of ours."""
    if name == "mixed":
        own: Params = {"round.bend": 0.3, "round.turns": 7}
        return {
            "shape": "round",
            "place": along,
            "scale": 10**-2.5,
            "count": 12,
            "size": "l",
        } | own
    count = len(all_problems()[name].space)
    places = 0.2 + 0.6 * ((np.arange(count) * 0.618034) % 1)
    places[: 1 if name.startswith("zdt") else 2] = along
    return {f"x{i}": float(place) for i, place in enumerate(places)}


@pytest.mark.parametrize("name", KNOWN)
def test_the_ideal_fronts_are_fronts_that_can_be_reached_and_not_passed(name: str) -> None:
    problem = all_problems()[name]
    assert problem.losses is not None
    assert problem.front is not None
    ideal = problem.front()
    assert ideal.shape[1] == problem.goals
    assert is_front(ideal).all()
    for along in (0.05, 0.2):
        reached = np.array(problem.losses(problem.space.check(optimum(name, along))))
        assert np.abs(ideal - reached).max(axis=1).min() < 0.05
    rng = np.random.default_rng(4)
    drawn = np.array([problem.losses(problem.space.sample(rng)) for _ in range(200)])
    for point in drawn:
        assert not np.all(point < ideal - 0.02, axis=1).any()


def test_a_size_is_measured_beside_the_loss() -> None:
    problem = all_problems()["size-clf10-acc"]
    assert problem.losses is not None
    small = problem.losses({"model": "tree", "max_depth": 1, "min_samples_leaf": 1})
    large = problem.losses({"model": "tree", "max_depth": 5, "min_samples_leaf": 1})
    assert small[1] == pytest.approx(np.log10(3))
    assert large[1] > small[1]
    assert large[0] < small[0]


def test_the_share_is_one_for_the_ideal_front_and_grows_with_the_trials() -> None:
    problem = all_problems()["zdt1"]
    assert problem.front is not None
    ideal = problem.front()
    stick = yardstick(problem, np.full((9, 2), 3.0), [], None)
    assert stick.known
    assert stick.reference.tolist() == [3.0, 3.0]
    assert share_after(ideal, len(ideal), stick) == pytest.approx(1.0)
    assert 0 < share_after(ideal, 1, stick) < share_after(ideal, 60, stick) < 1
    assert share_after(np.empty((0, 2)), 60, stick) == 0.0


def test_an_unknown_front_is_what_all_have_found_together() -> None:
    problem = all_problems()["size-clf10-acc"]
    found = [np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])]
    stick = yardstick(problem, np.array([[2.0, 2.0]] * 3), found, None)
    assert not stick.known
    assert stick.whole == pytest.approx(3.0)
    told = yardstick(problem, np.array([[2.0, 2.0]] * 3), found, [1.5, 1.5])
    assert told.reference.tolist() == [1.5, 1.5]


def test_a_run_is_made_once_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--problems", "zdt1,mixed", "--seeds", "0", "--budget", "4", "--keep", str(tmp_path)]
    asked += ["--methods", "random,nsga2:population=3"]
    assert pareto.main(asked) == 0
    first = capsys.readouterr().out
    assert "after 4 trials" in first
    assert "| zdt1 |" in first
    assert "nsga2:population=3" in first
    runs = (tmp_path / "runs.jsonl").read_bytes()
    assert pareto.main(asked) == 0
    assert (tmp_path / "runs.jsonl").read_bytes() == runs
    assert len(pareto.load_runs(tmp_path / "runs.jsonl")) == 4


def test_without_the_peers_interpreter_it_says_what_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--problems", "zdt1", "--seeds", "0", "--budget", "2", "--keep", str(tmp_path)]
    assert pareto.main([*asked, "--methods", "random,optuna-nsga2"]) == 0
    assert "LEFT OUT: optuna-nsga2" in capsys.readouterr().out


def test_what_cannot_be_asked_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for asked, word in (
        (["--problems", "zdt5"], "zdt5"),
        (["--budget", "0"], "at least 1"),
    ):
        with pytest.raises(SystemExit):
            pareto.read_arguments(asked)
        assert word in capsys.readouterr().err


def test_all_strategies_for_several_goals_take_part() -> None:
    assert {"nsga2", "random"} <= set(pareto.our_methods())
    assert not {"optuna", "grid", "manual", "tpe"} & set(pareto.our_methods())
    assert [problem.name for problem in goals_problems("quick,zdt1")] == list(SETS["quick"])


def test_the_front_is_timed_and_held_against_its_target(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "TARGETS", {("front", 200, 2): 10.0, ("hypervolume", 50, 3): 10.0})
    assert front.main(["--repeats", "1"]) == 0
    assert "All targets met." in capsys.readouterr().out
    monkeypatch.setattr(front, "TARGETS", {("front", 200, 2): 0.0})
    assert front.main(["--repeats", "1"]) == 1
    assert "NOT MET." in capsys.readouterr().out


@pytest.mark.parametrize("kind", front_racing.KINDS)
def test_simulated_races_count_folds_and_ends(kind: str) -> None:
    losses, names = front_racing.drawn(kind, np.random.default_rng(0))
    assert losses.shape == (front_racing.TRIALS, front_racing.FOLDS, len(names))
    ended, fits = front_racing.race(losses[:20], names, FoldRacing(confidence=0.999999))
    assert len(ended) == 20
    assert ended.sum() * front_racing.FOLDS <= fits <= 20 * front_racing.FOLDS


def test_a_share_beyond_the_reference_is_zero() -> None:
    stick = Yardstick(np.array([1.0, 1.0]), 0.5, True)
    assert share_after(np.array([[2.0, 0.0]]), 1, stick) == 0.0
