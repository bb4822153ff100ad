"""Bad input, one by one: a clear message or one failed trial, nothing lost, the program alive."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hpo_gui.cli import main

ROWS = "\n".join(f"{i % 7},{(i * 37) % 11},{'ab'[i % 2]}" for i in range(60))
GOOD = f"x,z,y\n{ROWS}\n"

STUDY = """
seed = 1
[data]
source = "data.csv"
target = "y"
[[models]]
name = "decision_tree"
[models.space]
max_depth = { type = "int", low = 1, high = 3 }
[validation]
kind = "stratified_k_fold"
folds = 3
[strategy]
name = "grid"
[compute]
executor = "inline"
"""

FUNCTION = """
seed = 1
[objective]
function = "mine.py:objective"
[objective.space]
x = { type = "int", low = 0, high = 3 }
[[goals]]
metric = "score"
direction = "maximize"
[strategy]
name = "grid"
[compute]
workers = 2
trial_seconds = 3
trial_memory_mb = 300
"""


def run(folder: Path, study: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (folder / "study.toml").write_text(study)
    code = main(["run", str(folder / "study.toml"), "--out", str(folder / "out")])
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert "Traceback" not in said
    return code, said


def trials(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


REFUSED = {
    "an empty file": (b"", "empty"),
    "a header only": (b"x,z,y\n", "row"),
    "one column": (b"y\na\nb\na\nb\n", "learn from"),
    "one row": (b"x,z,y\n1,2,a\n", "row"),
    "one class": (b"x,z,y\n" + b"\n".join(b"%d,2,a" % i for i in range(30)), "class"),
    "a class smaller than the folds": (
        b"x,z,y\n" + b"\n".join(b"%d,2,a" % i for i in range(30)) + b"\n1,2,b\n",
        "fold",
    ),
    "a binary file": (bytes(range(256)) * 8, "data.csv"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_cannot_be_used_is_refused_by_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, words = REFUSED[name]
    (tmp_path / "data.csv").write_bytes(content)
    code, said = run(tmp_path, STUDY, capsys)
    assert code == 2
    assert words in said
    assert (tmp_path / "data.csv").read_bytes() == content
    assert not (tmp_path / "out" / "trials.csv").exists()


TAKEN = {
    "a target with gaps": GOOD + "1,2,\n3,4,\n",
    "a constant column": "\n".join(
        f"{line},{'k' if i else 'same'}" for i, line in enumerate(GOOD.splitlines())
    ),
    "an all-missing column": "\n".join(f"{line}," for line in GOOD.splitlines()) + "\n",
    "equal column names": GOOD.replace("x,z,y", "x,x,y"),
    "mixed types": GOOD + "oops,3,a\nno number,4,b\n",
    "cp1252 letters": GOOD.replace("x,z", "größe,z"),
    "5,000 columns": "",
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_strange_table_is_understood(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TAKEN[name]
    if name == "5,000 columns":
        rng = np.random.default_rng(0)
        head = ",".join(f"c{i}" for i in range(4999)) + ",y"
        body = [
            ",".join(map(str, rng.integers(0, 9, 4999))) + f",{'ab'[i % 2]}" for i in range(30)
        ]
        text = "\n".join([head, *body])
    encoding = "cp1252" if name == "cp1252 letters" else "utf-8"
    (tmp_path / "data.csv").write_bytes(text.encode(encoding))
    code, said = run(tmp_path, STUDY, capsys)
    assert code == 0, said
    assert {row["state"] for row in trials(tmp_path)} == {"complete"}


def test_an_infinite_target_is_refused_with_its_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "\n".join(f"{i},{i / 3}" for i in range(40))
    (tmp_path / "data.csv").write_text(f"x,y\n{rows}\n41,inf\n")
    study = STUDY.replace("stratified_k_fold", "k_fold")
    code, said = run(tmp_path, study, capsys)
    assert code == 2
    assert "y" in said
    assert "inf" in said


def test_a_folder_or_a_missing_file_in_place_of_the_table_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(tmp_path, STUDY, capsys)
    assert code == 2
    assert "data.csv" in said
    (tmp_path / "data.csv").mkdir()
    code, said = run(tmp_path, STUDY, capsys)
    assert code == 2
    assert "folder" in said


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ('x = { type = "int", low = 3, high = 1 }', "low"),
        ('x = { type = "float", low = 0, high = 1, log = true }', "log"),
        ('x = { type = "float", low = -1, high = 1, log = true }', "log"),
        ('x = { type = "int", low = 1, high = 3, when = { nobody = [1] } }', "nobody"),
    ],
)
def test_a_faulty_space_is_named_by_its_key(
    space: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text("def objective(params):\n    return 1.0\n")
    study = FUNCTION.replace('x = { type = "int", low = 0, high = 3 }', space)
    code, said = run(tmp_path, study, capsys)
    assert code == 2
    assert words in said
    assert "space.x" in said


def test_constraints_that_nothing_satisfies_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text("def objective(params):\n    return 1.0\n")
    study = FUNCTION.replace(
        'function = "mine.py:objective"', 'function = "mine.py:objective"\nconstraints = ["x > 9"]'
    )
    code, said = run(tmp_path, study, capsys)
    assert code == 2
    assert "x > 9" in said


BEHAVIOURS = {
    "raises": ("raise ValueError('too far')", "too far"),
    "returns NaN": ("return float('nan')", "nan"),
    "sleeps for ever": ("import time; time.sleep(600)", "3"),
    "eats memory": ("return len([bytearray(50_000_000) for _ in range(40)])", "memory"),
    "ends its process": ("import os; os._exit(7)", "7"),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_misbehaving_function_is_one_failed_trial_with_its_reason(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body, words = BEHAVIOURS[name]
    (tmp_path / "mine.py").write_text(
        "def objective(params):\n"
        "    print('noise that nobody should see')\n"
        "    if params['x'] == 2:\n"
        f"        {body}\n"
        "    return {'score': params['x']}\n"
    )
    code, said = run(tmp_path, FUNCTION, capsys)
    assert code == 0, said
    assert "noise" not in said
    rows = trials(tmp_path)
    assert [row["state"] for row in rows] == ["complete", "complete", "failed", "complete"]
    assert words in rows[2]["error"].lower()
