"""A comparison as picture and table: what is in the files, and what cannot be written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hpo_gui.analysis.study_comparison import StudyComparison
from hpo_gui.assembly.comparing import compare_files
from hpo_gui.core.errors import ExportError
from hpo_gui.export.comparison import write_comparison
from tests.support.compared_studies import write


@pytest.fixture
def found(tmp_path: Path) -> StudyComparison:
    empty = write(tmp_path / "empty.hpostudy")
    paths = [write(tmp_path / f"{n}.hpostudy", 0.5, 0.6 + n / 10) for n in range(2)]
    return compare_files([*paths, empty])


@pytest.mark.parametrize("along", ["trial", "time"])
@pytest.mark.parametrize(("name", "head"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_pictures_are_whole_files(
    found: StudyComparison, tmp_path: Path, name: str, head: bytes, along: str
) -> None:
    write_comparison(found, tmp_path / name, along)
    assert (tmp_path / name).read_bytes().startswith(head)


def test_the_table_has_a_row_a_study_and_leaves_empty_what_is_not_known(
    found: StudyComparison, tmp_path: Path
) -> None:
    write_comparison(found, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["best"] for row in rows] == ["0.6", "0.7", ""]
    assert [row["leads"] for row in rows] == ["False", "True", "False"]
    assert rows[2]["verdict"] == ""
    assert rows[2]["seconds_to_best"] == ""


def test_another_kind_of_file_is_refused_and_nothing_is_written(
    found: StudyComparison, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="must end in one of"):
        write_comparison(found, tmp_path / "a.docx")
    assert not (tmp_path / "a.docx").exists()
