"""Files that cannot be used end in a clear message, and stay as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from trial_samples import make_trial

from hpo_gui.core.errors import NewerFileError, ReadOnlyError, StorageError
from hpo_gui.storage import database, schema
from hpo_gui.storage.study_file import StudyFile

SPEC = "{}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed study of fifty trials."""
    path = tmp_path / "study.hpostudy"
    with StudyFile.create(path, SPEC) as file:
        file.put(make_trial(number) for number in range(50))
    return path


def _edit(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# Not a study


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"species,mass\n", "something else"),
        (b"SQLite format 3\0", "cut off"),
        (b"\x00" * 5000, "something else"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, words: str, read_only: bool
) -> None:
    path = tmp_path / "x.hpostudy"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=words) as caught:
        StudyFile.open(path, read_only)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content
    assert [item.name for item in tmp_path.iterdir()] == ["x.hpostudy"]


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.sqlite"
    _edit(path, "CREATE TABLE trials (number)", "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="another program's database"):
        StudyFile.open(path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["bookmarks.sqlite"]


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="must exist"):
        StudyFile.open(tmp_path / "missing.hpostudy")
    with pytest.raises(StorageError, match="not a folder"):
        StudyFile.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


# Damage


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_called_damaged_and_left_alone(path: Path, keep: float) -> None:
    whole = path.read_bytes()
    cut = whole[: int(len(whole) * keep)]
    path.write_bytes(cut)
    with pytest.raises(StorageError, match="sound study file"):
        StudyFile.open(path, read_only=True).load()
    assert path.read_bytes() == cut
    with pytest.raises(StorageError, match="sound study file"), StudyFile.open(path) as file:
        file.load()
    assert path.exists()


def test_bytes_overwritten_anywhere_never_end_in_another_error(path: Path) -> None:
    whole = path.read_bytes()
    for start in range(0, len(whole), 1500):
        path.write_bytes(whole[:start] + os.urandom(700) + whole[start + 700 :])
        try:
            with StudyFile.open(path, read_only=True) as file:
                file.load()
                file.events()
                file.spec_json()
        except StorageError:
            pass


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE trials SET params = 'nonsense' WHERE number = 3",
        "UPDATE trials SET params = x'00ff' WHERE number = 3",
        "UPDATE trials SET params = CAST(x'7bff7d' AS TEXT) WHERE number = 3",
        "UPDATE trials SET seed = 'seven' WHERE number = 3",
        "UPDATE trials SET started = 'noon' WHERE number = 3",
        "UPDATE trials SET state = 'unheard of' WHERE number = 3",
        "UPDATE trials SET scores = '{\"accuracy\": [[[[]]]]}' WHERE number = 3",
    ],
)
def test_a_trial_that_makes_no_sense_is_damage_and_not_a_crash(path: Path, damage: str) -> None:
    _edit(path, damage)
    with StudyFile.open(path) as file, pytest.raises(StorageError, match="sound study file"):
        file.load()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE steps", "no steps"),
        ("PRAGMA user_version = 0", "no version"),
        ("CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END", "trigger"),
        ("CREATE VIEW v AS SELECT 1", "view"),
        ("CREATE VIRTUAL TABLE v USING fts5 (x)", "'v'"),
    ],
)
def test_a_schema_that_is_not_ours_is_refused(path: Path, change: str, words: str) -> None:
    _edit(path, change)
    with pytest.raises(StorageError, match=words):
        StudyFile.open(path)


# Versions


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    _edit(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.stat()
    for read_only in (False, True):
        with pytest.raises(NewerFileError, match="Update the program"):
            StudyFile.open(path, read_only)
    assert path.stat().st_size == before.st_size


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> dict[int, object]:
    """As if the schema had moved on by two versions."""
    now = schema.VERSION
    from hpo_gui.storage import migrations

    steps: dict[int, object] = {
        now: lambda connection: connection.execute("ALTER TABLE trials ADD COLUMN marks TEXT"),
        now + 1: lambda connection: connection.execute("UPDATE trials SET marks = 'old'"),
    }
    monkeypatch.setattr(schema, "VERSION", now + 2)
    monkeypatch.setitem(migrations.migrate.__kwdefaults__, "target", now + 2)
    monkeypatch.setitem(migrations.migrate.__kwdefaults__, "migrations", steps)
    return steps


def test_an_older_file_is_backed_up_and_migrated(path: Path, next_version: object) -> None:
    with StudyFile.open(path) as file:
        assert len(file.load()) == 50
        marks = file._opened.connection.execute("SELECT DISTINCT marks FROM trials").fetchall()
    assert marks == [("old",)]
    backup = path.with_name(f"study.version-{schema.VERSION - 2}-backup.hpostudy")
    connection = sqlite3.connect(backup)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION - 2,)
    assert connection.execute("SELECT count(*) FROM trials").fetchone() == (50,)
    connection.close()
    with StudyFile.open(path) as file:
        assert not file.read_only
    assert len(list(path.parent.glob("*backup*"))) == 1


def test_a_migration_that_fails_changes_nothing(
    path: Path, next_version: dict[int, object]
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM trials")
        raise sqlite3.OperationalError("disk I/O error")

    next_version[schema.VERSION - 1] = fail
    with pytest.raises(StorageError, match="disk"):
        StudyFile.open(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION - 2,)
    assert connection.execute("SELECT count(*) FROM trials").fetchone() == (50,)
    columns = [row[1] for row in connection.execute("PRAGMA table_info (trials)")]
    connection.close()
    assert "marks" not in columns


def test_an_older_file_that_can_only_be_read_is_migrated_in_memory(
    path: Path, next_version: object
) -> None:
    before = path.read_bytes()
    with StudyFile.open(path, read_only=True) as file:
        assert len(file.load()) == 50
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*backup*"))


# Making new ones


def test_an_existing_file_is_never_replaced_by_a_new_study(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StorageError, match="must not exist yet"):
        StudyFile.create(path, SPEC)
    assert path.read_bytes() == before


def test_a_new_study_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        StudyFile.create(tmp_path / "missing" / "x.hpostudy", SPEC)
    assert list(tmp_path.iterdir()) == []


def test_the_log_that_another_study_left_behind_is_set_aside_and_not_read(
    path: Path, tmp_path: Path
) -> None:
    other = StudyFile.open(path)
    other.put([make_trial(50)])
    orphan = tmp_path / "new.hpostudy-wal"
    shutil.copyfile(database.log_path(path), orphan)
    other.close()
    content = orphan.read_bytes()
    with StudyFile.create(tmp_path / "new.hpostudy", SPEC) as file:
        assert file.load() == []
    assert (tmp_path / "new.hpostudy-wal.orphan1").read_bytes() == content


# Copies made by others, in the middle


def test_a_copy_with_its_log_has_everything(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.hpostudy"
    with StudyFile.open(path) as file:
        file.put([make_trial(50)])
        shutil.copyfile(path, copy)
        shutil.copyfile(database.log_path(path), database.log_path(copy))
    with StudyFile.open(copy) as file:
        assert len(file.load()) == 51


def test_a_copy_without_its_log_opens_as_of_before(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.hpostudy"
    with StudyFile.open(path) as file:
        file.put([make_trial(50)])
        shutil.copyfile(path, copy)
    with StudyFile.open(copy) as file:
        assert len(file.load()) == 50


@pytest.mark.parametrize("keep", [10, 32, 100, 5000])
def test_a_log_that_is_cut_off_costs_only_what_was_not_whole(
    path: Path, tmp_path: Path, keep: int
) -> None:
    copy = tmp_path / "copy.hpostudy"
    with StudyFile.open(path) as file:
        for number in range(50, 60):
            file.put([make_trial(number)])
        shutil.copyfile(path, copy)
        database.log_path(copy).write_bytes(database.log_path(path).read_bytes()[:keep])
    with StudyFile.open(copy) as file:
        assert 50 <= len(file.load()) < 60


# The disk does not want


def test_a_full_disk_is_named_and_nothing_is_half_written(path: Path) -> None:
    with StudyFile.open(path) as file:
        connection = file._opened.connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StorageError, match="disk is full") as caught:
            file.put(make_trial(number) for number in range(50, 500))
        assert "still in memory" in str(caught.value)
        assert len(file.load()) == 50
        connection.execute("PRAGMA max_page_count = 1000000")
        file.put([make_trial(50)])
        assert len(file.load()) == 51


class _Refusing:
    """A connection that fails at one kind of statement."""

    def __init__(self, connection: sqlite3.Connection, statement: str, message: str) -> None:
        self._connection = connection
        self._statement = statement
        self._message = message

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: object) -> object:
        if statement.startswith(self._statement):
            raise sqlite3.OperationalError(self._message)
        return self._connection.execute(statement, *values)


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT", "COMMIT"])
@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("database or disk is full", "disk is full"),
        ("disk I/O error", "cannot be reached"),
        ("database is locked", "another program holds it"),
    ],
)
def test_an_error_at_any_moment_leaves_the_file_as_it_was(
    path: Path, statement: str, message: str, words: str
) -> None:
    with StudyFile.open(path) as file:
        opened = file._opened
        refusing = _Refusing(opened.connection, statement, message)
        object.__setattr__(opened, "connection", refusing)
        with pytest.raises(StorageError, match=words):
            file.put([make_trial(50)])
        object.__setattr__(opened, "connection", refusing._connection)
        assert len(file.load()) == 50
        file.put([make_trial(50)])
        assert len(file.load()) == 51


def test_a_file_that_was_deleted_or_replaced_is_noticed_and_can_be_saved_elsewhere(
    path: Path, tmp_path: Path
) -> None:
    with StudyFile.open(path) as file:
        path.rename(tmp_path / "moved.hpostudy")
        with pytest.raises(StorageError, match="moved, replaced or deleted"):
            file.put([make_trial(50)])
        path.write_bytes(b"something else")
        with pytest.raises(StorageError, match="moved, replaced or deleted"):
            file.log("note", "")
        file.save_copy(tmp_path / "rescued.hpostudy")
    with StudyFile.open(tmp_path / "rescued.hpostudy") as file:
        assert len(file.load()) == 50


def test_a_folder_without_a_right_to_write_gives_a_study_to_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(lock: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hpo_gui.storage.writer_lock.WriterLock.acquire", forbid)
    with StudyFile.open(path) as file:
        assert file.read_only
        assert "folder cannot be written" in file.read_only_reason
        assert len(file.load()) == 50
        with pytest.raises(ReadOnlyError, match="Permission denied"):
            file.put([make_trial(50)])
    with pytest.raises(StorageError, match="Permission denied"):
        StudyFile.create(path.with_name("new.hpostudy"), SPEC)


@pytest.mark.parametrize("with_log", [False, True])
def test_a_folder_where_no_log_can_be_made_is_read_without_one(
    path: Path, monkeypatch: pytest.MonkeyPatch, with_log: bool
) -> None:
    expected = 50
    if with_log:
        copy = path.with_name("copy.hpostudy")
        with StudyFile.open(path) as file:
            file.put([make_trial(50)])
            shutil.copyfile(path, copy)
            shutil.copyfile(database.log_path(path), database.log_path(copy))
        path, expected = copy, 51
    before = sorted((item.name, item.read_bytes()) for item in path.parent.iterdir())
    connect = database._connect

    def refuse(target: Path, mode: str, *pragmas: str) -> sqlite3.Connection:
        if mode == "mode=ro":
            raise sqlite3.OperationalError("unable to open database file")
        return connect(target, mode, *pragmas)

    monkeypatch.setattr(database, "_connect", refuse)
    with StudyFile.open(path, read_only=True) as file:
        assert len(file.load()) == expected
        folder = file._opened.folder
    assert folder is None or not folder.exists()
    assert sorted((item.name, item.read_bytes()) for item in path.parent.iterdir()) == before


@pytest.mark.parametrize("step", [-1, 2**62])
def test_a_step_that_no_trial_can_have_is_damage(path: Path, step: int) -> None:
    _edit(path, f"INSERT INTO steps VALUES (0, {step}, 1.0, 1.0, '{{\"loss\": 1.0}}', NULL)")
    _edit(path, "UPDATE trials SET state = 'running' WHERE number = 0")
    with StudyFile.open(path) as file, pytest.raises(StorageError, match=f"step {step} is none"):
        file.load()


@pytest.mark.parametrize("size", ["-1", "9e999", "99999999999999", "'much'", "NULL"])
def test_a_copy_of_the_data_of_an_absurd_size_is_damage(path: Path, size: str) -> None:
    with StudyFile.open(path) as file:
        file.store_data("t.csv", "0" * 64, b"a")
    try:
        _edit(path, f"UPDATE data SET size = {size}")
    except sqlite3.IntegrityError:
        assert size == "NULL"
    with StudyFile.open(path) as file, pytest.raises(StorageError, match="its copy of the data"):
        file.load_data()


def test_a_file_without_a_specification_is_damaged(path: Path) -> None:
    _edit(path, "PRAGMA foreign_keys = OFF", "DELETE FROM specs")
    _check_no_spec(path)


def test_a_file_whose_specification_has_no_number_is_damaged(path: Path) -> None:
    _edit(
        path,
        "PRAGMA foreign_keys = OFF",
        "DROP TABLE specs",
        "CREATE TABLE specs (version, at, note, json)",
        "INSERT INTO specs VALUES ('newest', 1, '', '{}')",
    )
    _check_no_spec(path)


def test_a_file_without_any_version_of_its_specification_is_damaged(path: Path) -> None:
    _edit(path, "PRAGMA foreign_keys = OFF", "DELETE FROM specs")
    with (
        StudyFile.look_into(path) as file,
        pytest.raises(StorageError, match="no specification in it"),
    ):
        file.specs()


@pytest.mark.parametrize("version", ["NULL", "'newest'", "1.5"])
def test_a_version_that_is_no_number_is_damage(path: Path, version: str) -> None:
    _edit(
        path,
        "PRAGMA foreign_keys = OFF",
        "DROP TABLE specs",
        "CREATE TABLE specs (version, at, note, json)",
        f"INSERT INTO specs VALUES ({version}, 1.0, '', '{{}}')",
    )
    with (
        StudyFile.look_into(path) as file,
        pytest.raises(StorageError, match="of its specification"),
    ):
        file.specs()


def _check_no_spec(path: Path) -> None:
    with (
        StudyFile.look_into(path) as file,
        pytest.raises(StorageError, match="no specification in it"),
    ):
        file.spec_json()
