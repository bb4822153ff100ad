"""The user's own training step by step: found, called, and explained when it goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from step_training import CONSTANT, run

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.goal import Goal
from hpo_gui.core.objective import is_over, learns
from hpo_gui.core.spec import Choice, TrainingSpec
from hpo_gui.evaluation.training import Training
from hpo_gui.evaluation.user_training import UserTrainingFactory

DESCENT = """
def start(params, seed):
    return {"x": float(seed), "rates": []}

def step(state, params, index):
    x = state["x"] * (1 - params["lr"])
    return {"loss": x * x, "size": 1}, {"x": x, "rates": [*state["rates"], params["lr"]]}
"""


@pytest.fixture(autouse=True)
def same_paths_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def make(folder: Path, text: str, schedule: Choice = CONSTANT, **options: Any) -> Training:
    path = folder / "train.py"
    path.write_text(text, encoding="utf-8")
    spec = TrainingSpec(**{"steps": 4, **options})
    return UserTrainingFactory(path, "start", "step", Goal("loss"), spec, schedule)()


def test_a_function_learns_step_by_step(tmp_path: Path) -> None:
    training = make(tmp_path, DESCENT)
    assert learns(training)
    assert training.steps == 4
    found, state = run(training, {"lr": 0.5}, seed=8)
    assert [learned.folds["loss"] for learned in found] == [(16.0,), (4.0,), (1.0,), (0.25,)]
    assert found[0].folds["size"] == (1.0,)
    assert found[0].folds["learning_rate"] == (0.5,)
    assert state.inner["x"] == 0.5


def test_it_goes_on_from_a_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    training = make(tmp_path, DESCENT, patience=2)
    straight, _ = run(training, {"lr": 0.3}, seed=5)
    stored, _ = run(training, {"lr": 0.3}, seed=5, through_pickle=True)
    assert straight == stored


@pytest.mark.parametrize("name", ["learning_rate", "lr", "eta0", "eta"])
def test_a_schedule_drives_what_is_called_like_a_learning_rate(tmp_path: Path, name: str) -> None:
    text = DESCENT.replace('"lr"', f'"{name}"')
    training = make(tmp_path, text, Choice("exponential", {"final": 0.5}), steps=3)
    _, state = run(training, {name: 0.4})
    assert state.inner["rates"] == pytest.approx([0.4, 0.4 * 0.5**0.5, 0.2])


def test_a_schedule_drives_the_parameter_that_the_study_names(tmp_path: Path) -> None:
    text = DESCENT.replace('"lr"', '"speed"')
    training = make(tmp_path, text, Choice("exponential", {"final": 0.5}), steps=2, rate="speed")
    found, state = run(training, {"lr": 9.0, "speed": 0.4})
    assert state.inner["rates"] == pytest.approx([0.4, 0.2])
    assert found[1].folds["learning_rate"] == pytest.approx((0.2,))


def test_options_of_the_schedule_do_not_reach_the_function(tmp_path: Path) -> None:
    text = DESCENT.replace("    x = state", "    assert set(params) == {'lr'}\n    x = state")
    training = make(tmp_path, text, Choice("cosine"))
    assert len(run(training, {"lr": 0.4, "schedule_final": 0.5})[0]) == 4


def test_patience_ends_it_early(tmp_path: Path) -> None:
    training = make(tmp_path, DESCENT, steps=50, patience=3)
    found, state = run(training, {"lr": 2.5}, seed=1)
    assert is_over(training, state)
    assert len(found) == 4
    assert [learned.counts for learned in found] == [True, False, False, False]


def test_a_start_without_a_seed_is_fine(tmp_path: Path) -> None:
    text = DESCENT.replace("def start(params, seed):", "def start(params):").replace(
        "float(seed)", "1.0"
    )
    assert len(run(make(tmp_path, text), {"lr": 0.5})[0]) == 4


def body(line: str) -> str:
    start = "def start(params, seed):\n    return {}\n\n"
    return f"{start}def step(state, params, index):\n    {line}\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("return 0.5", r"step\(\) must return two things, but got 0.5.*return scores, state"),
        ("pass", r"step\(\) must return two things, but got None"),
        ("return 0.5, {}, 1", r"must return two things"),
        ("return {'w': 1}, 0.5", r"must return the scores before the state"),
        ("return [1, 2], {'loss': 1.0}", r"must return the scores before the state"),
        ("return float('nan'), {}", r"step\(\) at step 0 must return a finite number for `loss`"),
        ("return {'lss': 1.0}, {}", r"with the goal `loss`.*Did you mean `lss`"),
        ("return 'good', {}", r"step\(\) at step 0 must be a number"),
        ("return {'loss': 1.0, 'size': 'big'}, {}", r"\['size'\] at step 0 must be a number"),
    ],
)
def test_what_a_step_must_not_return_is_explained(tmp_path: Path, line: str, words: str) -> None:
    training = make(tmp_path, body(line))
    with pytest.raises(ObjectiveError, match=words):
        run(training, {"lr": 0.5})


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        ("ZeroDivisionError('by my own fault')", "ZeroDivisionError: by my own fault"),
        ("ValueError", "ValueError"),
        ("SystemExit", "SystemExit"),
        ("SystemExit('enough')", "SystemExit: enough"),
    ],
)
def test_what_a_step_raises_is_told_with_the_step_and_the_line(
    tmp_path: Path, raised: str, shown: str
) -> None:
    training = make(tmp_path, body(f"raise {raised}"))
    with pytest.raises(ObjectiveError) as caught:
        run(training)
    words = f"step() at step 0 must run without an error (train.py, line 5): {shown}. Mend it, or"
    assert str(caught.value).startswith(words)
    assert type(caught.value.__cause__).__name__ == shown.partition(":")[0]


def test_what_a_start_raises_is_told_with_the_line(tmp_path: Path) -> None:
    text = "def start(params, seed):\n    raise ValueError('boom')\n"
    training = make(tmp_path, text + "def step(state, params, index):\n    return 1.0, state\n")
    with pytest.raises(ObjectiveError) as caught:
        run(training)
    words = "start() must run without an error (train.py, line 2): ValueError: boom. Mend it, or"
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("raised", ["MemoryError", "KeyboardInterrupt"])
def test_what_is_not_the_fault_of_a_step_comes_out_as_it_is(tmp_path: Path, raised: str) -> None:
    training = make(tmp_path, body(f"raise {raised}"))
    with pytest.raises((MemoryError, KeyboardInterrupt)) as caught:
        run(training)
    assert caught.typename == raised


def test_an_error_without_a_text_that_can_be_shown_is_told_by_its_type(tmp_path: Path) -> None:
    text = body("raise Odd") + (
        "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\n"
    )
    with pytest.raises(ObjectiveError, match=r"\(train.py, line 5\): Odd\. Mend it"):
        run(make(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def step(state, params, index):\n    return 0, 0\n", "must define the function `start`"),
        ("def start(params, seed):\n    pass\n", "must define the function `step`"),
        (
            "def start():\n    pass\ndef step(state, params, index):\n    pass\n",
            r"start\(\) must take one argument",
        ),
        (
            "def start(params):\n    pass\ndef step(state, params):\n    pass\n",
            r"step\(\) must take three arguments.*def step\(state, params, index\)",
        ),
    ],
)
def test_a_function_that_is_missing_or_takes_other_arguments_is_told(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ObjectiveError, match=words):
        make(tmp_path, text)


def test_a_state_that_cannot_be_pickled_is_told_with_patience(tmp_path: Path) -> None:
    text = body("return 1.0, (lambda: 0)")
    with pytest.raises(ObjectiveError, match="The state of a training must be something"):
        run(make(tmp_path, text, patience=2))
