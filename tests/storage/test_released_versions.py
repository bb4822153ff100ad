"""Study files of every schema version that was ever released open with all that they hold."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from released_studies import (
    DIGEST,
    FIXTURES,
    MAKE,
    META,
    SPECS,
    TABLE,
    build,
    dump,
    events,
    steps,
    trials,
    versions,
)

from hpo_gui.core.errors import StorageError
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage import migrations, schema
from hpo_gui.storage.study_file import StudyFile

every_version = pytest.mark.parametrize("version", versions())
older_versions = pytest.mark.parametrize("version", [v for v in versions() if v < schema.VERSION])

KILLED = 9
MIGRATOR = f"""
import os, sys
from hpo_gui.storage import migrations
from hpo_gui.storage.study_file import StudyFile

number, path = int(sys.argv[1]), sys.argv[2]
step = migrations.MIGRATIONS[number]

def killed(connection):
    step(connection)
    os._exit({KILLED})

migrations.migrate.__kwdefaults__["migrations"] = {{**migrations.MIGRATIONS, number: killed}}
StudyFile.open(path)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flowers.hpostudy"


def check(file: StudyFile, version: int) -> None:
    """Compare all that a file gives with what was put into it."""
    assert repr(file.load()) == repr(trials(version))  # NaN is not equal to itself
    for number in range(len(trials(version))):
        rows, given = file.steps(number), steps(version).get(number, [])
        assert repr([row.scores for row in rows]) == repr(given)
        assert [row.index for row in rows] == list(range(len(given)))
    assert tuple(file.spec_json(n + 1) for n in range(file.spec_version)) == SPECS
    assert [(event.kind, event.text, event.act) for event in file.events()] == events(version)
    assert {key: file.meta(key) for key in META} == META
    data = file.load_data()
    assert data is not None
    assert (data.name, data.sha256, data.content) == ("flowers.csv", DIGEST, TABLE)


def whole(path: Path) -> tuple[bytes, int]:
    return path.read_bytes(), path.stat().st_mtime_ns


def columns(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Table -> its columns: name, type, whether NULL is refused, place in the key."""
    connection = sqlite3.connect(path)
    try:
        return {
            table: {
                (row[1], row[2], row[3], row[5])
                for row in connection.execute(f"PRAGMA table_info({table})")
            }
            for table in schema.TABLES
        }
    finally:
        connection.close()


def test_there_is_a_file_of_every_schema_version() -> None:
    missing = sorted(set(range(1, schema.VERSION + 1)) - set(versions()))
    how = f"no dump of schema version {missing} in {FIXTURES.name}; make it by `{MAKE}`"
    assert not missing, how
    assert versions()[-1] == schema.VERSION, "a dump of a version that no program has written"


def test_the_dump_of_this_version_has_the_tables_of_a_new_file(path: Path) -> None:
    """Tables that change without a new version would leave older files behind unnoticed."""
    build(schema.VERSION, path)
    fresh = path.with_name("fresh.hpostudy")
    StudyFile.create(fresh, "{}").close()
    assert columns(path) == columns(fresh)


@every_version
def test_a_file_opens_with_exactly_what_was_put_into_it(version: int, path: Path) -> None:
    build(version, path)
    with StudyFile.open(path) as file:
        assert not file.read_only
        check(file, version)
        file.put([Trial(99, {"max_depth": 1}, Origin("random"), TrialState.COMPLETE)])
        file.log("note", "goes on")
        assert file.load()[-1].number == 99
    fresh = path.with_name("fresh.hpostudy")
    StudyFile.create(fresh, "{}").close()
    assert columns(path) == columns(fresh)


@every_version
def test_its_states_are_all_that_trials_can_have(version: int) -> None:
    assert {trial.state for trial in trials(version)} == set(TrialState)


@every_version
def test_its_specifications_are_read_and_written(version: int, path: Path) -> None:
    build(version, path)
    with StudyFile.look_into(path) as file:
        specs = [parse_spec(file.spec_json(n + 1), name="study.json") for n in range(2)]
    assert [spec.budget.trials for spec in specs] == [9, 20]
    assert {spec.data.target for spec in specs if spec.data} == {"kind"}
    assert msgspec.to_builtins(specs[0].models[0].fixed) == {"n_estimators": 50}


@older_versions
def test_an_older_file_is_backed_up_before_it_is_changed(version: int, path: Path) -> None:
    build(version, path)
    before = dump(path)
    StudyFile.open(path).close()
    backup = path.with_name(f"flowers.version-{version}-backup.hpostudy")
    assert dump(backup) == before
    assert sorted(path.parent.iterdir()) == sorted((path, backup))
    with StudyFile.look_into(backup) as file:
        check(file, version)


def test_a_file_of_this_version_needs_no_backup(path: Path) -> None:
    build(schema.VERSION, path)
    StudyFile.open(path).close()
    assert list(path.parent.iterdir()) == [path]


@older_versions
def test_a_migration_that_fails_half_way_leaves_the_old_file_whole(
    version: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(version, path)
    before = dump(path)
    for number in range(version, schema.VERSION):

        def full(connection: sqlite3.Connection, number: int = number) -> None:
            migrations.MIGRATIONS[number](connection)
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            steps_of = {**migrations.MIGRATIONS, number: full}
            patch.setitem(migrations.migrate.__kwdefaults__, "migrations", steps_of)
            with pytest.raises(StorageError, match="the disk is full"):
                StudyFile.open(path)
        assert dump(path) == before
    with StudyFile.open(path) as file:
        check(file, version)


@older_versions
def test_a_program_killed_during_a_migration_leaves_the_old_file_whole(
    version: int, path: Path
) -> None:
    build(version, path)
    before = dump(path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    last = schema.VERSION - 1  # all steps before it have been taken when it is killed
    command = [sys.executable, "-c", MIGRATOR, str(last), str(path)]
    assert subprocess.run(command, env=environment, check=False).returncode == KILLED
    assert dump(path) == before
    with StudyFile.open(path) as file:
        assert not file.read_only
        check(file, version)


@every_version
def test_a_file_can_be_read_without_being_touched(version: int, path: Path) -> None:
    build(version, path)
    before = whole(path)
    with StudyFile.look_into(path) as file:
        assert file.read_only
        check(file, version)
    assert whole(path) == before
    assert list(path.parent.iterdir()) == [path]
    with StudyFile.open(path, read_only=True) as file:
        check(file, version)
    assert whole(path) == before
    assert not list(path.parent.glob("*backup*"))
