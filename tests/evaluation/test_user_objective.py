"""The user's own function: found, called, and explained when it goes wrong."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.evaluation.user_objective import (
    UserFunctionFactory,
    check_function,
    load_function,
    read_scores,
)


@pytest.fixture(autouse=True)
def same_paths_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def call(path: Path, params: dict[str, Any], seed: int = 0) -> dict[str, float]:
    objective = UserFunctionFactory(path, "objective", ("loss",))()
    assert objective.steps == 1
    scores, _ = objective.step(objective.start(params, seed), params, 0)
    return scores


def test_a_number_is_the_goals_score(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(params):\n    return params['x'] ** 2\n")
    assert call(path, {"x": 3}) == {"loss": 9.0}


def test_a_dictionary_is_several_scores(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(p):\n    return {'loss': 1, 'size': 2.5}\n")
    assert call(path, {}) == {"loss": 1.0, "size": 2.5}


@pytest.mark.parametrize(
    "head", ["def objective(params, seed):", "def objective(params, seed=1):"]
)
def test_a_second_argument_gets_the_seed(tmp_path: Path, head: str) -> None:
    path = write(tmp_path, f"{head}\n    return seed\n")
    assert call(path, {}, seed=41) == {"loss": 41.0}


def test_a_function_that_wants_the_parameters_one_by_one_is_told_what_it_gets(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "def objective(lr, depth):\n    return lr * depth\n")
    with pytest.raises(ObjectiveError) as caught:
        call(path, {"depth": 3, "lr": 0.1, "l2": 0.0})
    assert str(caught.value) == (
        "objective() must take all parameters as one dictionary, but got '(lr, depth)'. "
        "Write `def objective(params): ...`, and there `params['lr']` and `params['depth']`."
    )


@pytest.mark.parametrize("head", ["objective(x, seed)", "objective(x, y)", "objective(x)"])
def test_parameters_may_be_called_as_the_arguments_are(tmp_path: Path, head: str) -> None:
    path = write(tmp_path, f"def {head}:\n    return x['x'] ** 2\n")
    assert call(path, {"x": 3}) == {"loss": 9.0}


def test_other_options_of_the_function_keep_their_defaults(tmp_path: Path) -> None:
    path = write(
        tmp_path, "def objective(params, scale=2, *, shift=1):\n    return scale + shift\n"
    )
    assert call(path, {}, seed=41) == {"loss": 3.0}


def test_the_function_cannot_change_the_trials_parameters(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(params):\n    return params.pop('x')\n")
    params = {"x": 1.0}
    call(path, params)
    assert params == {"x": 1.0}


def test_files_beside_it_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, "VALUE = 7\n", "a_neighbour_of_mine.py")
    path = write(
        tmp_path,
        "from a_neighbour_of_mine import VALUE\n\ndef objective(params):\n    return VALUE\n",
    )
    assert call(path, {}) == {"loss": 7.0}
    del sys.modules["a_neighbour_of_mine"]


def test_a_file_hides_no_module_of_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(params):\n    return 1\n", "json.py")
    call(path, {})
    import json

    assert hasattr(json, "dumps")


def test_classes_of_the_file_can_be_pickled(tmp_path: Path) -> None:
    path = write(
        tmp_path, "class Point:\n    x = 1\n\ndef objective(params):\n    return Point()\n"
    )
    point = load_function(path, "objective")({})
    assert pickle.loads(pickle.dumps(point)).x == 1


def test_processes_that_the_function_starts_find_what_the_file_defines(tmp_path: Path) -> None:
    """`multiprocessing` and joblib send functions by their names."""
    path = write(
        tmp_path,
        "def work(x):\n    return 2 * x\n\ndef objective(params):\n    return work\n",
        "my.train-1.py",
    )
    work = load_function(path, "objective")({})
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)(21))"
    child = [sys.executable, "-c", code]
    done = subprocess.run(child, input=pickle.dumps(work), capture_output=True, check=True)
    assert done.stdout.split() == [b"42"]


def test_what_the_function_raises_comes_out(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(params):\n    raise RuntimeError('no luck')\n")
    with pytest.raises(RuntimeError, match="no luck"):
        call(path, {})


def test_the_factory_travels_to_a_worker(tmp_path: Path) -> None:
    path = write(tmp_path, "def objective(params):\n    return 2\n")
    factory = pickle.loads(pickle.dumps(UserFunctionFactory(path, "objective", ("loss",))))
    assert factory().step(0, {}, 0)[0] == {"loss": 2.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def objective(params)\n    return 1\n", "mistake in line 1"),
        ("x = 1\n\n\ndef objective(params):\n  return 1\n return 2\n", "mistake in line 6"),
        ("def objectiv(params):\n    return 1\n", "Did you mean `objectiv`"),
        ("def other(params):\n    return 1\n", "It defines: other"),
        ("", "It defines: nothing"),
        ("import no_such_package_here\nobjective = print\n", r"line 1\): ModuleNotFoundError"),
        ("objective = 3\n", "must be a function"),
        ("def objective():\n    return 1\n", "must take one argument"),
        ("def objective(a, b, c):\n    return 1\n", "must take one argument"),
        ("def objective(*, params):\n    return 1\n", "must take one argument"),
        ("import sys\nsys.no_such\n\ndef objective(p): ...\n", r"line 2\): AttributeError"),
        (
            "def objective(p): ...\n\nexit(2)\n",
            r"line 3\): SystemExit: 2. Put what",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ObjectiveError, match=words):
        call(write(tmp_path, text), {})


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ObjectiveError, match="must be readable"):
        call(tmp_path / "gone.py", {})
    with pytest.raises(ObjectiveError, match="must be readable"):
        call(tmp_path, {})


def test_a_function_that_is_made_in_a_roundabout_way_is_found(tmp_path: Path) -> None:
    text = "from os.path import *\nimport math as objective_maths\nobjective = lambda p: 4\n"
    assert call(write(tmp_path, text), {}) == {"loss": 4.0}
    check_function(write(tmp_path, "from somewhere import *\n"), "objective")


def test_checking_a_file_does_not_run_it(tmp_path: Path) -> None:
    path = write(tmp_path, "raise SystemExit(3)\n\ndef objective(params): ...\n")
    check_function(path, "objective")


# --- what it returns --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "returned", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0), {"loss": np.float64(2)}]
)
def test_every_kind_of_number_will_do(returned: object) -> None:
    assert read_scores(returned, "f", ("loss",)) == {"loss": 2.0}


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "Add a `return`"),
        ("3", "must be a number"),
        pytest.param(10**400, "must be a number below 1.8e308", id="too large"),
        (True, "must be a number"),
        ([1.0], "must be a number"),
        (np.ones(2), "must be a number"),
        (1j, "must be a number"),
        (float("nan"), "finite number for `loss`"),
        (float("inf"), "finite number for `loss`"),
        ({"los": 1.0}, "Did you mean `los`"),
        ({}, "with the goal `loss`"),
        ({"loss": None}, r"f\(\)\['loss'\] must be a number"),
        ({"loss": float("-inf")}, "finite number"),
    ],
)
def test_what_is_no_score_is_explained(returned: object, words: str) -> None:
    with pytest.raises(ObjectiveError, match=words):
        read_scores(returned, "f", ("loss",))


@pytest.mark.parametrize(
    "masked",
    [np.ma.masked, np.ma.array(3.0, mask=True), np.ma.array([1.0, 2.0], mask=True).mean()],
)
def test_a_masked_value_is_no_score(masked: object) -> None:
    with pytest.raises(
        ObjectiveError, match="must return a finite number for `loss`, but got nan"
    ):
        read_scores(masked, "objective", ("loss",))
    scores = read_scores({"loss": np.ma.array(0.5), "other": masked}, "objective", ("loss",))
    assert scores["loss"] == 0.5
    assert np.isnan(scores["other"])


def test_another_metric_may_be_missing() -> None:
    scores = read_scores({"loss": 1.0, "size": float("nan")}, "f", ("loss",))
    assert np.isnan(scores["size"])
