"""Comparing study files on the command line: the table, the differences, the files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from msgspec import structs

from hpo_gui.cli.printing import MISUSE
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice
from tests.support.compared_studies import SPEC, write
from tests.support.small_studies import hpo


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    other = structs.replace(SPEC, name="other trees", strategy=Choice("tpe"))
    return [
        write(tmp_path / "a.hpostudy", 0.7, 0.9),
        write(tmp_path / "b.hpostudy", 0.8, spec=other),
    ]


def test_the_table_the_verdict_and_the_differences_are_told(pair: list[Path]) -> None:
    said = hpo("compare", *pair)
    assert said.code == 0
    lines = said.text.splitlines()
    assert lines[0] == "accuracy"
    assert lines[2].startswith("trees ")
    assert lines[2].endswith("best")
    assert "worse (0.1" in lines[3]
    assert "“trees” has the best score. It is better than “other trees”" in said.text
    assert "other strategy: auto and tpe" in said.text


def test_table_and_picture_are_written(pair: list[Path], tmp_path: Path) -> None:
    table, picture = tmp_path / "out" / "t.csv", tmp_path / "out" / "p.svg"
    said = hpo("compare", *pair, "--csv", table, "--plot", picture, "--along", "time")
    assert said.code == 0
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["study"] for row in rows] == ["trees", "other trees"]
    assert [float(row["best"]) for row in rows] == [0.9, 0.8]
    assert rows[1]["verdict"] == "better"
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_a_smaller_score_can_be_the_better_one(tmp_path: Path) -> None:
    spec = structs.replace(SPEC, goals=(Goal("accuracy", "minimize"),))
    pair = [write(tmp_path / f"{n}.hpostudy", 0.5 + n / 10, spec=spec) for n in range(2)]
    said = hpo("compare", *pair)
    assert said.text.startswith("accuracy (smaller is better)")
    assert "“trees (1)” has the best score" in said.text


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("a",), "at least 2"),
        (("a", "missing"), "missing.hpostudy"),
        (("a", "a"), "compared with itself"),
        (("a", "b", "--metric", "speed"), "Use one of accuracy"),
        (("a", "b", "--plot", "x.doc"), "must end in one of"),
    ],
)
def test_what_cannot_be_compared_is_told_and_nothing_is_written(
    pair: list[Path], tmp_path: Path, arguments: tuple[str, ...], wanted: str
) -> None:
    names = [f"{name}.hpostudy" for name in arguments if name in ("a", "b", "missing")]
    rest = arguments[len(names) :]
    said = hpo("compare", *(tmp_path / name for name in names), *rest)
    assert said.code == MISUSE
    assert wanted in said.text


def test_hostile_names_do_nothing_to_terminal_or_spreadsheet(tmp_path: Path) -> None:
    evil = structs.replace(SPEC, name="=cmd()\x1b[2J")
    pair = [write(tmp_path / "a.hpostudy", 0.5, spec=evil), write(tmp_path / "b.hpostudy", 0.6)]
    said = hpo("compare", *pair, "--csv", tmp_path / "t.csv")
    assert "\x1b" not in said.text
    assert "'=cmd()" in (tmp_path / "t.csv").read_text(encoding="utf-8")


def test_one_study_alone_is_counted_as_one(pair: list[Path]) -> None:
    said = hpo("compare", pair[0])
    assert said.code == MISUSE
    assert "must be at least 2 and at most 6 to be compared, but got 1" in said.text
