"""A study file keeps what it was given, alone and with others looking on."""

from __future__ import annotations

import hashlib
import math
import shutil
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest
from trial_samples import make_trial

from hpo_gui.core.acting import Done, do_acts
from hpo_gui.core.acts import Annotate, Correct, Restore, Retract, apply
from hpo_gui.core.errors import ReadOnlyError, StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.storage.database import log_path
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.storage.tables import AT_ONCE

SPEC = '{"name": "penguins"}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "penguins.hpostudy"


@pytest.fixture
def study(path: Path):
    with StudyFile.create(path, SPEC) as file:
        yield file


def test_what_was_put_is_there_after_closing_and_opening(path: Path) -> None:
    trials = [make_trial(number) for number in range(20)]
    with StudyFile.create(path, SPEC, "made by a test") as file:
        file.put(trials)
    with StudyFile.open(path) as file:
        assert file.load() == trials
        assert file.spec_json() == SPEC
        assert not file.read_only
        assert file.read_only_reason == ""
        assert file.path == path
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def left_by_a_kill(study: StudyFile, folder: Path, name: str) -> Path:
    """What is on the disk while a study is written, in another folder, as a kill leaves it."""
    folder.mkdir()
    log = log_path(study.path)
    assert log.stat().st_size
    shutil.copyfile(log, folder / log.name)
    return shutil.copyfile(study.path, folder / name)


def test_a_file_that_was_renamed_after_a_kill_is_not_opened_without_its_log(
    study: StudyFile, tmp_path: Path
) -> None:
    """What is only in the log would be lost without a word."""
    trials = [make_trial(number) for number in range(5)]
    study.put(trials)
    renamed = left_by_a_kill(study, tmp_path / "left", "better.hpostudy")
    for look in (StudyFile.open, StudyFile.look_into):
        with pytest.raises(StorageError, match="lacks its newest trials") as caught:
            look(renamed)
        assert "Rename that file to better.hpostudy-wal" in str(caught.value)
    names = sorted(item.name for item in renamed.parent.iterdir())
    assert names == ["better.hpostudy", "penguins.hpostudy-wal"]
    log_path(renamed.with_name(study.path.name)).rename(log_path(renamed))
    with StudyFile.open(renamed) as file:
        assert file.load() == trials


def test_a_study_whose_file_was_deleted_moves_to_another_name_beside_its_log(
    study: StudyFile,
) -> None:
    trials = [make_trial(0)]
    study.put(trials)
    study.path.unlink()
    study.move_to(study.path.with_name("better.hpostudy"), trials)
    assert study.load() == trials


def test_the_log_of_another_study_hinders_nobody(study: StudyFile, tmp_path: Path) -> None:
    study.put([make_trial(0)])
    renamed = left_by_a_kill(study, tmp_path / "left", "better.hpostudy")
    StudyFile.create(renamed.with_name("other.hpostudy"), SPEC).close()
    StudyFile.open(renamed.with_name("other.hpostudy")).close()
    shutil.copyfile(study.path, renamed.with_name(study.path.name))  # it is not that one's log
    StudyFile.look_into(renamed).close()


def test_no_new_study_takes_the_name_under_which_the_log_of_another_one_has_remained(
    study: StudyFile, tmp_path: Path
) -> None:
    """Killed and renamed: the log would be set aside, and its trials missed by nobody."""
    trials = [make_trial(number) for number in range(5)]
    study.put(trials)
    renamed = left_by_a_kill(study, tmp_path / "left", "better.hpostudy")
    before = renamed.with_name(study.path.name)
    renamed.with_name("a.hpostudy").write_text("no study at all")
    with pytest.raises(StorageError, match="better.hpostudy was called penguins.hpostudy when"):
        StudyFile.create(before, SPEC)
    assert not before.exists()
    assert not before.with_name(f"{before.name}.lock").exists()
    log_path(before).rename(log_path(renamed))
    with StudyFile.open(renamed) as file:
        assert file.load() == trials
    StudyFile.create(before, SPEC).close()


def test_a_file_with_two_names_is_only_read(path: Path) -> None:
    """Each name has a lock and a log of its own: two writers would destroy the file."""
    StudyFile.create(path, SPEC).close()
    other = path.with_name("other.hpostudy")
    other.hardlink_to(path)
    for name in (path, other):
        with StudyFile.open(name) as file:
            assert file.read_only
            assert "another name" in file.read_only_reason
            with pytest.raises(ReadOnlyError, match="hard link"):
                file.put([make_trial(0)])
    other.unlink()
    with StudyFile.open(path) as file:
        assert not file.read_only


def test_a_trial_that_is_put_again_is_replaced(study: StudyFile) -> None:
    first = make_trial(0)
    study.put([first, make_trial(1)])
    changed = Trial(0, {"C": 2.0}, Origin("manual"), TrialState.RETRACTED)
    study.put([changed])
    assert study.load() == [changed, make_trial(1)]


def test_trials_come_back_by_number_in_whatever_order_they_were_put(study: StudyFile) -> None:
    study.put(make_trial(number) for number in (5, 3, 4))
    assert [trial.number for trial in study.load()] == [3, 4, 5]


def test_an_empty_study_has_no_trials(study: StudyFile) -> None:
    study.put([])
    assert study.load() == []
    assert study.events() == []
    assert study.load_data() is None
    assert study.meta("nothing") is None


def test_every_spec_is_kept_under_its_version(study: StudyFile) -> None:
    assert study.spec_version == 1
    assert study.add_spec('{"name": "wider"}', "widened C") == 2
    assert study.spec_version == 2
    assert study.spec_json() == '{"name": "wider"}'
    assert study.spec_json(1) == SPEC
    with pytest.raises(StorageError, match="spec version"):
        study.spec_json(3)


def test_steps_of_a_running_trial_are_merged_into_it(study: StudyFile) -> None:
    trial = Trial(7, {"C": 1.0}, Origin("random"), TrialState.RUNNING, started=1.0)
    study.put([trial])
    scores = [{"accuracy": 0.5, "f1": math.nan}, {"accuracy": 0.75}]
    for index, given in enumerate(scores):
        study.put_step(7, index, given, 0.25, 100.0 + index)
    expected = add_step(add_step(trial, 0, scores[0]), 1, scores[1])
    (loaded,) = study.load()
    assert repr(loaded) == repr(expected)
    assert loaded.state == TrialState.RUNNING
    assert [(step.index, step.seconds, step.at) for step in study.steps(7)] == [
        (0, 0.25, 100.0),
        (1, 0.25, 101.0),
    ]


def test_a_trial_that_learns_keeps_its_curves_and_the_step_that_counts(study: StudyFile) -> None:
    steps = [
        Learned({"loss": (1.0, 3.0), "train_loss": (0.5,)}),
        Learned({"loss": (math.inf, 9.0), "train_loss": (math.nan,)}, counts=False),
        Learned({"loss": (0.5, 0.25)}),
    ]
    trial = Trial(0, {"C": 1.0}, Origin("random"), TrialState.RUNNING, started=1.0)
    study.put([trial])
    for index, given in enumerate(steps):
        trial = add_step(trial, index, given)
        if index == 1:
            study.put([trial])
        else:
            study.put_step(0, index, given, 0.25, 100.0)
        assert repr(study.load()) == repr([trial])
    assert [repr(row.scores) for row in study.steps(0)] == [repr(steps[0]), repr(steps[2])]
    study.put([msgspec.structs.replace(trial, state=TrialState.COMPLETE)])
    assert repr(study.load()[0].curves) == repr(trial.curves)


def test_a_file_from_before_there_were_curves_can_be_gone_on_with(path: Path) -> None:
    trials = [make_trial(number) for number in range(20)]
    with StudyFile.create(path, SPEC) as file:
        file.put(trials)
        file.put([Trial(20, {}, Origin("random"), TrialState.RUNNING)])
        file.put_step(20, 0, {"accuracy": 0.5}, 1.0, 1.0)
        before = file.load()
    connection = sqlite3.connect(path)
    connection.executescript(
        "ALTER TABLE trials RENAME COLUMN fold_scores TO step_scores;"
        "ALTER TABLE trials DROP COLUMN curves;"
        "ALTER TABLE steps DROP COLUMN counts;"
        "ALTER TABLE trials DROP COLUMN note;"
        "ALTER TABLE trials DROP COLUMN tags;"
        "ALTER TABLE trials DROP COLUMN was;"
        "ALTER TABLE trials DROP COLUMN measured;"
        "ALTER TABLE events DROP COLUMN trials;"
        "ALTER TABLE events DROP COLUMN act;"
        "PRAGMA user_version = 1;"
    )
    connection.close()
    with StudyFile.open(path) as file:
        assert not file.read_only
        assert file.load() == before
        file.put_step(20, 1, {"accuracy": 0.75}, 1.0, 2.0)
        assert file.load()[20].fold_scores == {"accuracy": (0.5, 0.75)}
    assert path.with_name("penguins.version-1-backup.hpostudy").exists()


def test_steps_of_a_finished_trial_are_kept_but_do_not_change_it(study: StudyFile) -> None:
    study.put([Trial(0, {}, Origin("random"), TrialState.RUNNING)])
    study.put_step(0, 0, {"accuracy": 0.1}, 1.0, 1.0)
    finished = Trial(0, {}, Origin("random"), TrialState.COMPLETE, scores={"accuracy": 0.9})
    study.put([finished])
    assert study.load() == [finished]
    assert len(study.steps(0)) == 1


def test_a_trial_that_starts_afresh_forgets_its_steps(study: StudyFile) -> None:
    trial = Trial(0, {}, Origin("random"), TrialState.RUNNING)
    study.put([trial])
    study.put_step(0, 0, {"accuracy": 0.1}, 1.0, 1.0)
    study.put([Trial(0, {}, Origin("random"), TrialState.WAITING)])
    assert study.steps(0) == []
    assert study.load()[0].fold_scores == {}


def test_a_step_that_is_put_again_is_replaced(study: StudyFile) -> None:
    study.put([Trial(0, {}, Origin("random"), TrialState.RUNNING)])
    study.put_step(0, 0, {"accuracy": 0.1}, 1.0, 1.0)
    study.put_step(0, 0, {"accuracy": 0.2}, 1.0, 2.0)
    assert [step.scores for step in study.steps(0)] == [{"accuracy": 0.2}]


def test_the_audit_trail_keeps_order_and_time(study: StudyFile) -> None:
    study.log("retract", "trial 5: wrong data")
    study.log("note", "half a character: \udcff, and 100 %")
    events = study.events()
    assert [(event.kind, event.text) for event in events] == [
        ("retract", "trial 5: wrong data"),
        ("note", "half a character: ?, and 100 %"),
    ]
    assert events[0].at <= events[1].at


def test_small_texts_can_be_set_changed_and_removed(study: StudyFile) -> None:
    study.set_meta("layout", "{}")
    study.set_meta("layout", "{'a': 1}")
    assert study.meta("layout") == "{'a': 1}"
    study.set_meta("layout", None)
    assert study.meta("layout") is None


@pytest.mark.parametrize("content", [b"", b"species,mass\n", bytes(range(256)) * 5000])
def test_a_copy_of_the_data_comes_back_to_the_byte(study: StudyFile, content: bytes) -> None:
    study.store_data("old.csv", "0", b"old")
    digest = hashlib.sha256(content).hexdigest()
    study.store_data("penguins.csv", digest, content)
    data = study.load_data()
    assert data is not None
    assert (data.name, data.sha256, data.content) == ("penguins.csv", digest, content)


def test_a_changed_copy_of_the_data_is_refused(study: StudyFile) -> None:
    study.store_data("penguins.csv", "not its digest", b"species")
    with pytest.raises(StorageError, match="copy of the data has changed"):
        study.load_data()


def test_data_that_unpack_to_more_than_was_stored_are_not_unpacked(
    study: StudyFile, path: Path
) -> None:
    study.store_data("bomb.csv", hashlib.sha256(b"").hexdigest(), bytes(50_000_000))
    study.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE data SET size = 10")
    connection.close()
    with StudyFile.open(path) as file, pytest.raises(StorageError, match="copy of the data"):
        file.load_data()


# Two at once


def test_the_second_to_open_reads_and_is_told_who_writes(study: StudyFile, path: Path) -> None:
    with StudyFile.open(path) as second:
        assert second.read_only
        assert "process" in second.read_only_reason
        for write in (
            lambda: second.put([make_trial(0)]),
            lambda: second.put_step(0, 0, {}, 0, 0),
            lambda: second.log("note", ""),
            lambda: second.add_spec("{}", ""),
            lambda: second.set_meta("a", "b"),
            lambda: second.store_data("a", "b", b""),
        ):
            with pytest.raises(ReadOnlyError, match="Another window or program is writing"):
                write()


def test_a_reader_sees_what_the_writer_commits(study: StudyFile, path: Path) -> None:
    with StudyFile.open(path, read_only=True) as reader:
        before = reader.revision
        assert reader.load() == []
        assert reader.revision == before
        study.put([make_trial(0)])
        study.add_spec("{}", "")
        assert reader.revision != before
        assert reader.load() == [make_trial(0)]
        assert reader.spec_version == 2


def test_the_right_to_write_is_free_after_closing(path: Path) -> None:
    first = StudyFile.create(path, SPEC)
    reader = StudyFile.open(path)
    first.close()
    first.close()
    with StudyFile.open(path) as second:
        assert not second.read_only
        second.put([make_trial(1)])
        assert reader.load() == [make_trial(1)]
    reader.close()


def test_a_file_opened_for_reading_says_so(study: StudyFile, path: Path) -> None:
    study.close()
    with StudyFile.open(path, read_only=True) as file, StudyFile.open(path) as writer:
        assert file.read_only
        assert not writer.read_only
        with pytest.raises(ReadOnlyError, match="opened for reading only"):
            file.log("note", "")


def test_a_study_may_be_used_from_several_threads(study: StudyFile) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 25):
            study.put([make_trial(number)])
            study.load()

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(study.load()) == 100
    other = threading.Thread(target=study.close)
    other.start()
    other.join()
    with StudyFile.open(study.path) as again:
        assert not again.read_only


def test_a_closed_file_says_that_it_is_closed(study: StudyFile) -> None:
    study.close()
    with pytest.raises(StorageError, match="closed"):
        study.load()
    with pytest.raises(StorageError, match="closed"):
        study.save_copy(study.path.with_name("copy.hpostudy"))


# Copies


def test_a_copy_holds_everything_and_can_be_written(study: StudyFile, path: Path) -> None:
    study.put([make_trial(0)])
    study.log("note", "hello")
    copy = path.with_name("copy.hpostudy")
    study.save_copy(copy)
    study.put([make_trial(1)])
    assert {item.name for item in path.parent.iterdir()} >= {path.name, copy.name}
    assert not list(path.parent.glob("copy*-wal"))
    with StudyFile.open(copy) as file:
        assert not file.read_only
        assert file.load() == [make_trial(0)]
        assert file.events()[0].text == "hello"


def test_a_copy_replaces_a_file_only_when_it_is_whole(
    study: StudyFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = path.with_name("copy.hpostudy")
    study.save_copy(copy)
    before = copy.read_bytes()

    def fail(partial: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hpo_gui.storage.database.put_in_place", fail)
    study.put([make_trial(0)])
    with pytest.raises(StorageError, match="No space left"):
        study.save_copy(copy)
    assert copy.read_bytes() == before
    assert not list(path.parent.glob("*.partial"))


def test_a_copy_is_not_made_over_itself_or_over_an_open_study(
    study: StudyFile, path: Path
) -> None:
    with pytest.raises(StorageError, match="another file"):
        study.save_copy(path)
    other = path.with_name("other.hpostudy")
    with StudyFile.create(other, SPEC), pytest.raises(StorageError, match="must not be open"):
        study.save_copy(other)


def test_a_reader_can_save_a_copy(study: StudyFile, path: Path) -> None:
    study.put([make_trial(0)])
    copy = path.with_name("copy.hpostudy")
    with StudyFile.open(path) as reader:
        reader.save_copy(copy)
    with StudyFile.open(copy) as file:
        assert file.load() == [make_trial(0)]


def test_a_copy_into_a_missing_folder_is_an_error_and_the_study_goes_on(
    study: StudyFile, path: Path
) -> None:
    with pytest.raises(StorageError, match="cannot be used"):
        study.save_copy(path.parent / "missing" / "copy.hpostudy")
    study.put([make_trial(0)])
    assert len(study.load()) == 1


def test_a_look_into_a_file_changes_nothing_and_leaves_nothing(path: Path) -> None:
    with StudyFile.create(path, SPEC) as file:
        file.put([make_trial(0)])
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    with StudyFile.look_into(path) as file:
        assert file.read_only
        assert file.load() == [make_trial(0)]
        with pytest.raises(ReadOnlyError):
            file.put([make_trial(1)])
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    with StudyFile.open(path) as file:
        assert not file.read_only


def test_a_look_into_a_file_that_is_being_written_sees_what_is_there(study: StudyFile) -> None:
    study.put([make_trial(0)])
    with StudyFile.look_into(study.path) as file:
        assert file.load() == [make_trial(0)]
        study.put([make_trial(1)])
        assert len(file.load()) == 2
    study.put([make_trial(2)])
    assert len(study.load()) == 3


def test_nobody_begins_to_write_during_a_look(path: Path) -> None:
    StudyFile.create(path, SPEC).close()
    with StudyFile.look_into(path), StudyFile.open(path) as other:
        assert other.read_only
    with StudyFile.open(path) as other:
        assert not other.read_only


def test_a_look_into_what_is_no_study_says_so_and_leaves_no_lock(tmp_path: Path) -> None:
    text = tmp_path / "text.hpostudy"
    text.write_text("no study")
    with pytest.raises(StorageError):
        StudyFile.look_into(text)
    with pytest.raises(StorageError):
        StudyFile.look_into(tmp_path / "missing.hpostudy")
    assert [item.name for item in tmp_path.iterdir()] == [text.name]


def test_a_look_after_a_crash_sees_what_was_acknowledged(path: Path, tmp_path: Path) -> None:
    """The log beside the file holds what is not in it yet."""
    with StudyFile.create(path, SPEC) as file:
        file.put([make_trial(0)])
        left = tmp_path / "left"
        left.mkdir()
        for item in (path, path.with_name(f"{path.name}-wal")):
            (left / item.name).write_bytes(item.read_bytes())
    with StudyFile.look_into(left / path.name) as file:
        assert file.load() == [make_trial(0)]


def test_very_many_acts_of_all_kinds_leave_the_trials_that_they_made(study: StudyFile) -> None:
    count = AT_ONCE + 20
    study.put(make_trial(number) for number in range(count))
    trials = study.trials(range(count))
    acts = (
        *(Retract(number, "wrong data") for number in range(0, count, 2)),
        *(Correct(number, {"accuracy": number / count}) for number in range(1, count, 4)),
        *(Annotate(number, f"note {number}", ("odd",)) for number in range(count)),
        *(Restore(number) for number in range(0, count, 6)),
    )
    acted = do_acts(acts, trials.get, (Goal("accuracy"),))
    assert not acted.refused
    study.act(acted.done)
    assert repr(study.load()) == repr(list(acted.trials))
    assert [event.act for event in study.events()] == list(acts)
    assert {event.trials for event in study.events()} == {count}


def test_an_act_on_a_trial_that_the_file_lacks_keeps_the_whole_trial(study: StudyFile) -> None:
    trial = make_trial(0)
    study.act(do_acts((Retract(0),), {0: trial}.get, ()).done)
    assert repr(study.trial(0)) == repr(apply(Retract(0), trial, ()))


def test_trials_are_found_by_their_numbers_in_any_order(study: StudyFile) -> None:
    study.put(make_trial(number) for number in range(AT_ONCE + 3))
    found = study.trials([AT_ONCE + 2, 0, 7, 0, AT_ONCE + 3, -1])
    assert sorted(found) == [0, 7, AT_ONCE + 2]
    assert repr(found[7]) == repr(study.trial(7))
    assert study.trials([]) == {}


def test_an_act_and_the_trial_after_it_are_kept_together(study: StudyFile) -> None:
    trial = make_trial(0)
    study.put([trial, make_trial(1)])
    act = Correct(0, {"accuracy": 0.5}, "typo")
    corrected = apply(act, trial, [Goal("accuracy")])
    study.act([Done(act, trial, corrected, "Trial 0 corrected.")])
    noted = apply(Annotate(0, "odd \ud800", ("a", "b")), corrected, [])
    retracted = apply(Retract(0), noted, [])
    together = [
        Done(Annotate(0, "odd", ("a", "b")), corrected, noted, "Trial 0: a note."),
        Done(Retract(0), noted, retracted, "Trial 0 retracted."),
    ]
    study.act(together)
    assert study.events()[0].act == act
    assert [(event.kind, event.trials) for event in study.events()] == [
        ("correct", 2),
        ("annotate", 2),
        ("retract", 2),
    ]
    assert repr(study.trial(0)) == repr(msgspec.structs.replace(retracted, note="odd ?"))
    assert repr(study.load()[0]) == repr(study.trial(0))
    assert study.trial(2) is None


def test_an_act_that_cannot_be_written_leaves_the_trial_as_it_was(path: Path) -> None:
    trial = make_trial(0)
    with StudyFile.create(path, SPEC) as file:
        file.put([trial])
        with pytest.raises(sqlite3.IntegrityError):
            file.act([Done(Retract(0), trial, msgspec.structs.replace(trial, spec_version=9), "")])
        assert (file.load(), file.events()) == ([trial], [])
