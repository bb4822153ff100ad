"""Where a study goes when its file is in trouble, and that its cache goes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo_gui.assembly.folders import rescue_folder
from hpo_gui.assembly.shelter import StudyShelter
from hpo_gui.core.errors import StorageError
from hpo_gui.core.trial import Origin, Trial
from hpo_gui.execution.checkpoints import folder_of_study
from hpo_gui.storage.study_file import StudyFile

IDENTITY = "0123456789abcdef" * 2
TRIALS = (Trial(0, {"x": 0.5}, Origin("random")),)


@pytest.fixture
def file(tmp_path: Path) -> StudyFile:
    return StudyFile.create(tmp_path / "study.hpostudy", "{}")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("wine", "wine"),
        ("Häuser & Preise", "Häuser_Preise"),
        ("../../etc/passwd", "etc_passwd"),
        ("a" * 500, "a" * 60),
        ("...", "study"),
        ("", "study"),
    ],
)
def test_a_rescue_copy_is_named_after_the_study_and_takes_nobodys_place(
    file: StudyFile, name: str, stem: str
) -> None:
    shelter = StudyShelter(file, name)
    paths = []
    for _ in range(3):
        paths.append(shelter.rescue_path)
        paths[-1].touch()
    assert [path.name for path in paths] == [
        f"{stem}.rescue.hpostudy",
        f"{stem}-2.rescue.hpostudy",
        f"{stem}-3.rescue.hpostudy",
    ]
    assert {path.parent for path in paths} == {rescue_folder()}
    file.close()


def test_a_rescue_folder_that_cannot_be_made_is_named(file: StudyFile) -> None:
    rescue_folder().parent.mkdir(parents=True, exist_ok=True)
    rescue_folder().write_text("in the way")
    with pytest.raises(StorageError, match="cannot be made"):
        _ = StudyShelter(file, "wine").rescue_path
    file.close()


def test_checkpoints_belong_to_the_file_that_the_study_moved_to(
    file: StudyFile, tmp_path: Path
) -> None:
    old, new = file.path, tmp_path / "new.hpostudy"
    folder = folder_of_study(tmp_path / "cache", IDENTITY, old)
    shelter = StudyShelter(file, "wine", [folder])
    shelter.move_to(new, TRIALS)
    assert shelter.path == new
    assert file.load() == list(TRIALS)
    file.close()
    assert folder_of_study(tmp_path / "cache", IDENTITY, new) == folder
    assert folder_of_study(tmp_path / "cache", IDENTITY, old) != folder, "the old file is a copy"


def test_a_move_that_fails_leaves_the_checkpoints_where_they_were(
    file: StudyFile, tmp_path: Path
) -> None:
    folder = folder_of_study(tmp_path / "cache", IDENTITY, file.path)
    shelter = StudyShelter(file, "wine", [folder])
    with pytest.raises(StorageError):
        shelter.move_to(tmp_path / "missing" / "new.hpostudy", TRIALS)
    assert shelter.path == file.path
    assert folder_of_study(tmp_path / "cache", IDENTITY, file.path) == folder
    file.close()
