"""A study file in trouble: moved to another place, mended, and never half there."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_disk import FaultyDisk
from trial_samples import make_trial

from hpo_gui.core.errors import StorageError
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage import database, small_tables
from hpo_gui.storage.study_file import StudyFile

SPEC = '{"name": "wine"}'
TRIALS = [*(make_trial(number) for number in range(12)), Trial(12, {"depth": 3}, Origin("random"))]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StudyFile]:
    """A study with one of everything, of which the last two trials were not written yet."""
    with StudyFile.create(tmp_path / "study.hpostudy", SPEC) as study:
        study.put(TRIALS[:11])
        study.add_spec('{"name": "wine", "seed": 1}', "another seed")
        study.log("note", "looked at it")
        study.set_meta("seconds", "12.5")
        study.store_data(
            "t.csv", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", b"a"
        )
        yield study


def check_whole(path: Path, *events: str) -> None:
    """Everything is there, and it can be gone on with."""
    with StudyFile.open(path) as again:
        assert not again.read_only
        assert again.load() == TRIALS
        assert [again.spec_json(version) for version in (1, 2)] == [
            SPEC,
            '{"name": "wine", "seed": 1}',
        ]
        assert again.meta("seconds") == "12.5"
        assert [event.kind for event in again.events()] == ["spec", "note", *events]
        data = again.load_data()
        assert data is not None
        assert (data.name, data.content) == ("t.csv", b"a")
        assert again._row("PRAGMA integrity_check") == ("ok",)
        again.put([make_trial(13)])


def break_reading(file: StudyFile) -> None:
    """Let the file be one that cannot be read: its drive is gone."""

    class Gone:
        in_transaction = False

        def execute(self, *statement: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        def backup(self, target: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        def close(self) -> None:
            raise sqlite3.OperationalError("disk I/O error")

    opened = file._opened
    opened.connection.close()
    object.__setattr__(opened, "connection", Gone())


@pytest.mark.parametrize("readable", [True, False])
def test_a_study_moves_with_everything_and_is_written_there(
    file: StudyFile, tmp_path: Path, readable: bool
) -> None:
    old, new = file.path, tmp_path / "elsewhere.hpostudy"
    if not readable:
        break_reading(file)
    file.move_to(new, TRIALS)
    assert file.path == new
    with StudyFile.open(new) as second:
        assert second.read_only, "the right to write has moved along"
    file.set_meta("seconds", "12.5")
    event = file.events()[-1]
    assert str(old) in event.text
    assert ("from memory" in event.text) is not readable
    file.close()
    check_whole(new, "moved")
    with StudyFile.open(old) as before:
        assert not before.read_only, "the old file is free for others"
        assert before.load() == TRIALS[:11], "and is as it was"


def test_a_copy_that_is_damaged_is_not_taken_for_the_study(
    file: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpo_gui.storage.rescue._is_sound", lambda target: False)
    file.move_to(tmp_path / "new.hpostudy", TRIALS)
    assert "from memory" in file.events()[-1].text
    file.close()
    check_whole(tmp_path / "new.hpostudy", "moved")


def test_trials_that_memory_does_not_know_do_not_move_along(
    file: StudyFile, tmp_path: Path
) -> None:
    file.put([make_trial(number) for number in range(11, 30)])
    file.move_to(tmp_path / "new.hpostudy", TRIALS)
    assert file.load() == TRIALS


def test_data_that_are_too_large_for_memory_move_only_from_a_file_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_tables, "MOST_DATA_BYTES", 4)
    for readable in (True, False):
        path = tmp_path / f"{readable}.hpostudy"
        with StudyFile.create(path, SPEC) as file:
            file.store_data("t.csv", "0" * 64, b"a")
            if not readable:
                break_reading(file)
            file.move_to(tmp_path / f"new {readable}.hpostudy", TRIALS)
            kept = file._row("SELECT count(*) FROM data")
        assert kept == (int(readable),)


@pytest.mark.parametrize("readable", [True, False])
def test_a_move_that_fails_at_any_moment_changes_nothing(
    file: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    disk = FaultyDisk(monkeypatch)
    other = tmp_path / "other.hpostudy"
    with StudyFile.create(other, '{"name": "another study"}') as another:
        another.put([make_trial(0)])
    if not readable:
        break_reading(file)
    path, number = file.path, 0
    while file.path == path:
        number += 1
        with disk.failing(number, "full", lasts=10**9), contextlib.suppress(StorageError):
            file.move_to(other, TRIALS)
            continue
        assert disk.writes >= number
        assert not list(tmp_path.glob(".*partial*")), "nothing half-written stays"
        with StudyFile.open(other) as another:
            assert not another.read_only
            assert another.load() == [make_trial(0)], "what stood there is untouched"
    assert number > 10
    file.close()
    check_whole(other)


def test_a_study_does_not_move_onto_itself_or_onto_one_that_is_open(
    file: StudyFile, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match="must be another file"):
        file.move_to(file.path, TRIALS)
    other = tmp_path / "other.hpostudy"
    with StudyFile.create(other, SPEC), pytest.raises(StorageError, match="must not be open"):
        file.move_to(other, TRIALS)
    with pytest.raises(StorageError, match="cannot be used: No such file"):
        file.move_to(tmp_path / "missing" / "new.hpostudy", TRIALS)
    assert file.load() == TRIALS[:11]


def test_a_study_that_was_deleted_is_written_again_under_its_own_name(file: StudyFile) -> None:
    path = file.path
    path.unlink()
    file.move_to(path, TRIALS)
    file.put([])
    file.close()
    check_whole(path, "moved")


def change_nothing(path: Path) -> None:
    return


def replace_by_a_copy(path: Path) -> None:
    """As a synchronised folder does."""
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    shutil.copyfile(database.log_path(path), database.log_path(copy))
    copy.replace(path)


@pytest.mark.parametrize("happens", [change_nothing, replace_by_a_copy])
@pytest.mark.parametrize("doubtful", [False, True])
def test_a_file_that_is_there_is_mended(
    file: StudyFile, happens: Callable[[Path], None], doubtful: bool
) -> None:
    happens(file.path)
    file._doubtful = doubtful
    file.mend(TRIALS)
    file.put(TRIALS)
    file.close()
    check_whole(file.path)


@pytest.mark.parametrize("how", ["missing", "no study", "another study", "written by others"])
def test_a_file_that_is_another_one_is_not_touched(
    file: StudyFile, tmp_path: Path, how: str
) -> None:
    path = file.path
    path.rename(tmp_path / "away.hpostudy")
    if how == "no study":
        path.write_bytes(b"a letter")
    elif how == "another study":
        with StudyFile.create(tmp_path / "new.hpostudy", '{"name": "iris"}') as another:
            another.put([make_trial(0)])
        (tmp_path / "new.hpostudy").replace(path)
    elif how == "written by others":
        file.save_copy(tmp_path / "copy.hpostudy")
        with StudyFile.open(tmp_path / "copy.hpostudy") as copy:
            copy.put([make_trial(number) for number in range(11, 30)])
        (tmp_path / "copy.hpostudy").replace(path)
    before = path.read_bytes() if path.exists() else b""
    words = {
        "missing": "not there any more",
        "no study": "something else",
        "another study": "another study now",
        "written by others": "written by another program",
    }
    with pytest.raises(StorageError, match=words[how]):
        file.mend(TRIALS)
    with pytest.raises(StorageError, match="not there any more"):
        file.put(TRIALS)
    assert (path.read_bytes() if path.exists() else b"") == before
    file.move_to(tmp_path / "saved.hpostudy", TRIALS)
    file.close()
    check_whole(tmp_path / "saved.hpostudy", "moved")


@pytest.mark.parametrize("noticed", [False, True])
def test_a_study_in_the_place_of_an_open_one_is_not_overwritten_by_its_log(
    file: StudyFile, tmp_path: Path, noticed: bool
) -> None:
    path = file.path
    with StudyFile.create(tmp_path / "new.hpostudy", '{"name": "iris"}') as another:
        another.put([make_trial(0)])
    (tmp_path / "new.hpostudy").replace(path)
    if noticed:
        with pytest.raises(StorageError, match="not there any more"):
            file.put(TRIALS)
    file.close()
    with StudyFile.open(path) as another:
        assert another.spec_json() == '{"name": "iris"}'
        assert another.load() == [make_trial(0)]
    (orphan,) = tmp_path.glob("*.orphan1")
    assert orphan.stat().st_size > 0, "what may be all that is left of a study is kept"


def test_a_lock_file_that_was_deleted_is_made_anew_when_the_file_is_mended(
    file: StudyFile,
) -> None:
    lock = file.path.with_name(f"{file.path.name}.lock")
    lock.unlink()
    file._doubtful = True
    file.mend(TRIALS)
    assert lock.exists()
    with StudyFile.open(file.path) as second:
        assert second.read_only
    file.close()
    assert not lock.exists()


def test_a_file_whose_right_to_write_went_to_another_window_is_not_mended(
    file: StudyFile,
) -> None:
    lock = file.path.with_name(f"{file.path.name}.lock")
    lock.unlink()
    with StudyFile.open(file.path) as other:
        assert not other.read_only
        file._doubtful = True
        with pytest.raises(StorageError, match="open in another window"):
            file.mend(TRIALS)
        other.put([make_trial(40)])


def test_errors_that_pass_keep_the_connection_and_others_do_not(
    file: StudyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for message, doubtful in (("database or disk is full", False), ("disk I/O error", True)):
        before = file._opened.connection

        def fail(connection: object, trials: object, message: str = message) -> None:
            raise sqlite3.OperationalError(message)

        with monkeypatch.context() as patched:
            patched.setattr("hpo_gui.storage.tables.write_trials", fail)
            with pytest.raises(StorageError):
                file.put(TRIALS)
        file.mend(TRIALS)
        assert (file._opened.connection is not before) is doubtful


def test_the_states_of_open_trials_are_kept_where_they_were(
    file: StudyFile, tmp_path: Path
) -> None:
    running = Trial(13, {"depth": 4}, Origin("random"), TrialState.RUNNING, started=5.0)
    file.put([running])
    file.put_step(13, 0, {"accuracy": 0.5}, 1.0, 6.0)
    loaded = file.load()[-1]
    file.move_to(tmp_path / "new.hpostudy", [*TRIALS, loaded])
    assert file.load()[-1] == loaded
    assert [step.seconds for step in file.steps(13)] == [1.0], "step times come from the old file"
