"""Study files read to be compared: whole, damaged, missing, written by others, changed midway."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from hpo_gui.assembly.comparing import compare_files, folds_follow_seed, read_studied
from hpo_gui.core.errors import StorageError, StudioError
from hpo_gui.core.spec import Choice
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.storage.study_file import StudyFile
from tests.support.compared_studies import SPEC, trial, write
from tests.support.small_studies import files_below


def test_files_are_compared_and_left_as_they_are(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.hpostudy", 0.7, 0.9), write(tmp_path / "b.hpostudy", 0.8)]
    before = files_below(tmp_path)
    found = compare_files(paths)
    assert [line.score for line in found.lines] == [0.9, 0.8]
    assert found.lines[1].ahead is not None
    assert found.lines[1].ahead.verdict == "better"
    assert files_below(tmp_path) == before


def test_a_study_that_another_program_writes_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hpostudy", 0.7)
    with StudyFile.open(path) as file:
        assert not file.read_only
        assert len(read_studied(path).history) == 1


def test_the_same_file_by_two_names_is_the_same_study(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hpostudy", 0.7)
    other = tmp_path / "sub" / ".." / "a.hpostudy"
    (tmp_path / "sub").mkdir()
    with pytest.raises(StudioError, match="compared with itself"):
        compare_files([path, other])


def test_a_missing_or_damaged_file_is_told_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hpostudy", 0.7)
    with pytest.raises(StorageError, match="missing.hpostudy"):
        compare_files([path, tmp_path / "missing.hpostudy"])
    (tmp_path / "b.hpostudy").write_text("not a study")
    with pytest.raises(StorageError, match=r"b\.hpostudy"):
        compare_files([path, tmp_path / "b.hpostudy"])


def test_one_file_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="at least 2"):
        compare_files([tmp_path / "a.hpostudy"])


def test_a_study_without_a_goal_is_refused(tmp_path: Path) -> None:
    empty = write(tmp_path / "a.hpostudy", spec=structs.replace(SPEC, goals=()))
    with pytest.raises(StudioError, match="must have a goal"):
        read_studied(empty)


@pytest.mark.parametrize(
    ("changes", "mixed"),
    [
        ({"validation": Choice("hold_out")}, "folds"),
        ({"seed": 9}, "seed"),
        ({"strategy": Choice("tpe")}, ""),
    ],
)
def test_other_folds_in_mid_study_are_noticed(
    tmp_path: Path, changes: dict[str, object], mixed: str
) -> None:
    path = write(tmp_path / "a.hpostudy", 0.7)
    with StudyFile.open(path) as file:
        version = file.add_spec(spec_to_json(structs.replace(SPEC, **changes)), "edited")
        file.put([trial(1, 0.8, version)])
    assert read_studied(path).mixed == mixed


@pytest.mark.parametrize(
    ("choice", "follows"),
    [
        (None, False),
        (Choice("k_fold", {"folds": 3, "shuffle": True}), True),
        (Choice("k_fold", {"folds": 3, "shuffle": False}), False),
        (Choice("group_k_fold", {"folds": 3}), False),
        (Choice("repeated_k_fold"), True),
        (Choice("hold_out"), True),
        (Choice("time_series"), False),
        (Choice("leave_one_out"), False),
        (Choice("column", {"name": "fold"}), False),
    ],
)
def test_whether_the_seed_decides_the_folds(choice: Choice | None, follows: bool) -> None:
    assert folds_follow_seed(structs.replace(SPEC, validation=choice)) is follows


def test_averaged_repeats_are_compared_by_what_they_count_with(tmp_path: Path) -> None:
    """The first run of a configuration was lucky: the other study is really ahead."""
    averaged = structs.replace(SPEC, name="averaged", duplicates="average")
    path = tmp_path / "a.hpostudy"
    with StudyFile.create(path, spec_to_json(averaged)) as file:
        runs = zip((0.5, 0.5, 0.2), (0.98, 0.80, 0.92), strict=True)
        file.put(
            [
                structs.replace(trial(number, score), params={"x": x})
                for number, (x, score) in enumerate(runs)
            ]
        )
    found = compare_files([path, write(tmp_path / "b.hpostudy", 0.94)])
    assert [line.score for line in found.lines] == [0.92, 0.94]
    assert found.leader == 1
    repeats = next(told for told in found.differences if told.part == "repeats")
    assert repeats.text == "other repeats: their mean counts and each counts alone"
