"""What another program writes into a study file is read as it comes, and no more than that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from trial_samples import make_trial

from hpo_gui.core.acting import Done
from hpo_gui.core.acts import Annotate, Retract
from hpo_gui.core.errors import StorageError
from hpo_gui.core.living import lives
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState
from hpo_gui.storage.following import Follower, News, is_free
from hpo_gui.storage.records import StepRow
from hpo_gui.storage.study_file import StudyFile

RUNNING = TrialState.RUNNING


def running(number: int, started: float = 1.0) -> Trial:
    return Trial(number, {"x": 0.5}, Origin("random"), RUNNING, started=started)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.hpostudy"


@pytest.fixture
def writer(path: Path) -> Iterator[StudyFile]:
    with StudyFile.create(path, '{"name": "one"}') as file:
        yield file


@pytest.fixture
def follower(writer: StudyFile, path: Path) -> Iterator[Follower]:
    made = Follower(path)
    yield made
    made.close()


def test_the_first_look_gives_everything_and_the_next_one_nothing(
    writer: StudyFile, follower: Follower
) -> None:
    writer.put([make_trial(0), make_trial(1)])
    writer.set_meta("base", "/home")
    news = follower.look()
    assert [trial.number for trial in news.trials] == [0, 1]
    assert news.trials == (make_trial(0), make_trial(1))
    assert news.spec == '{"name": "one"}'
    assert news.meta == {"base": "/home"}
    assert follower.look() == News()
    assert follower.look().is_empty


def test_only_new_and_changed_trials_come(writer: StudyFile, follower: Follower) -> None:
    writer.put([make_trial(0), running(1), running(2)])
    follower.look()
    writer.put([make_trial(2), running(3)])
    assert [trial.number for trial in follower.look().trials] == [2, 3]
    writer.put([make_trial(1)])
    assert follower.look().trials == (make_trial(1),)


def test_steps_of_a_running_trial_come_as_they_are_written(
    writer: StudyFile, follower: Follower
) -> None:
    writer.put([running(0)])
    follower.look()
    for fold in range(3):
        writer.put_step(0, fold, {"accuracy": fold / 4}, 0.1, 1.0)
        (trial,) = follower.look().trials
        assert trial.fold_scores["accuracy"] == tuple(past / 4 for past in range(fold + 1))
    assert trial == writer.load()[0]


def test_a_trial_that_starts_again_loses_its_steps(writer: StudyFile, follower: Follower) -> None:
    writer.put([running(0)])
    writer.put_step(0, 0, {"accuracy": 0.25}, 0.1, 1.0)
    follower.look()
    writer.put([running(0, started=2.0)])
    (trial,) = follower.look().trials
    assert trial.steps_done == 0
    writer.put_step(0, 0, {"accuracy": 0.75}, 0.1, 1.0)
    (trial,) = follower.look().trials
    assert trial.fold_scores == {"accuracy": (0.75,)}


def test_a_halted_trial_goes_on_with_its_curve(writer: StudyFile, follower: Follower) -> None:
    def learned(index: int) -> StepRow:
        return StepRow(0, index, Learned({"loss": (float(index), 1.0)}), 0.1, 1.0)

    writer.put([running(0)])
    writer.record((), [learned(0), learned(1)])
    follower.look()
    halted = structs.replace(writer.load()[0], state=TrialState.WAITING)
    writer.put([halted])
    assert follower.look().trials == (halted,)
    writer.put([structs.replace(halted, state=RUNNING)])
    writer.record((), [learned(2)])
    assert follower.look().trials == tuple(writer.load())
    assert writer.load()[0].curves == {"loss": (0.5, 1.0, 1.5)}


def test_what_was_known_is_not_told_again(writer: StudyFile, path: Path) -> None:
    writer.put([make_trial(number) for number in range(5)])
    follower = Follower(path, writer.load(), writer.spec_json())
    writer.put([make_trial(5)])
    news = follower.look()
    assert [trial.number for trial in news.trials] == [5]
    assert news.spec is None
    follower.close()


def test_a_finished_trial_that_was_changed_is_found_by_the_audit_trail(
    writer: StudyFile, follower: Follower
) -> None:
    writer.put([make_trial(number) for number in range(5)])
    follower.look()
    before = follower.read
    retracted = structs.replace(make_trial(2), state=TrialState.RETRACTED)
    writer.act([Done(Retract(2), make_trial(2), retracted, "It ran on the wrong data.")])
    assert follower.look().trials == (retracted,)
    assert follower.read - before == 1, "an act names its trial: no other one is read"


def test_an_act_between_reading_the_file_and_the_first_look_is_found(
    writer: StudyFile, path: Path
) -> None:
    writer.put([make_trial(number) for number in range(5)])
    follower = Follower(path, writer.load(), writer.spec_json())
    noted = structs.replace(make_trial(3), note="odd")
    writer.act([Done(Annotate(3, "odd"), make_trial(3), noted, "A note.")])
    assert follower.look().trials == (noted,)
    follower.close()


def test_another_version_of_the_specification_comes_once(
    writer: StudyFile, follower: Follower
) -> None:
    follower.look()
    writer.add_spec('{"name": "two"}', "changed")
    assert follower.look().spec == '{"name": "two"}'
    writer.put([make_trial(0)])
    assert follower.look().spec is None


def test_a_look_at_a_large_study_reads_a_few_rows(writer: StudyFile, follower: Follower) -> None:
    """What a look costs goes by what is new, not by how many trials there are."""
    writer.put([make_trial(number, folds=1) for number in range(3000)])
    writer.put([running(3000), running(3001)])
    follower.look()
    before = follower.read
    for _ in range(10):
        follower.look()
    assert follower.read == before
    writer.put_step(3000, 0, {"accuracy": 0.5}, 0.1, 1.0)
    writer.put([make_trial(3001), running(3002)])
    assert [trial.number for trial in follower.look().trials] == [3000, 3001, 3002]
    assert follower.read - before <= 4


def test_it_tells_who_writes_and_that_nobody_does_any_more(
    writer: StudyFile, follower: Follower
) -> None:
    follower.look()
    assert f"process {os.getpid()}" in follower.writer
    writer.close()
    follower.look()
    assert follower.writer == ""
    assert is_free(writer.path)


def test_a_look_after_the_writer_has_closed_gives_its_last_words(
    writer: StudyFile, follower: Follower
) -> None:
    follower.look()
    writer.put([make_trial(0)])
    writer.close()
    assert follower.look().trials == (make_trial(0),)
    assert follower.look().is_empty


def test_it_goes_on_with_the_next_writer(
    writer: StudyFile, follower: Follower, path: Path
) -> None:
    follower.look()
    writer.close()
    follower.look()
    with StudyFile.open(path) as second:
        assert not second.read_only, "a follower must not keep others from writing"
        second.put([make_trial(0)])
        assert follower.look().trials == (make_trial(0),)


def test_nothing_is_left_beside_the_file_when_all_are_gone(
    writer: StudyFile, follower: Follower, path: Path
) -> None:
    follower.look()
    writer.put([make_trial(0)])
    writer.close()
    follower.look()
    assert list(path.parent.glob("study*")) == [path]


def test_a_file_that_is_gone_is_an_error_in_plain_words(
    writer: StudyFile, follower: Follower, path: Path
) -> None:
    follower.look()
    writer.close()
    follower.look()
    for part in path.parent.glob("study.hpostudy*"):
        part.unlink()
    with pytest.raises(StorageError, match="must exist"):
        follower.look()


def test_a_copy_put_in_its_place_is_followed(
    writer: StudyFile, follower: Follower, path: Path, tmp_path: Path
) -> None:
    writer.put([make_trial(0)])
    follower.look()
    changed = structs.replace(make_trial(0), scores={"accuracy": 0.125})
    copy = tmp_path / "copy.hpostudy"
    writer.save_copy(copy)
    writer.close()
    follower.look()
    with StudyFile.open(copy) as file:
        file.put([changed, make_trial(1)])
    shutil.move(copy, path)
    assert follower.look().trials == (changed, make_trial(1))


def test_another_study_in_its_place_is_refused(
    writer: StudyFile, follower: Follower, path: Path, tmp_path: Path
) -> None:
    writer.put([make_trial(0), make_trial(1)])
    follower.look()
    writer.close()
    follower.look()
    other = tmp_path / "other.hpostudy"
    StudyFile.create(other, "{}").close()
    shutil.move(other, path)
    with pytest.raises(StorageError, match="another study"):
        follower.look()


WRITER = """
import sys
from hpo_gui.storage.study_file import StudyFile
from trial_samples import make_trial

with StudyFile.open(sys.argv[1]) as file:
    file.put([make_trial(0)])
    print("there", flush=True)
    sys.stdin.readline()
"""


def test_after_a_kill_of_the_writer_another_one_can_write_at_once(
    writer: StudyFile, follower: Follower, path: Path
) -> None:
    writer.close()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert follower.look().trials == (make_trial(0),)
        assert f"process {child.pid}" in follower.writer
        with StudyFile.open(path) as second:
            assert second.read_only
        child.kill()
        child.wait()
    assert path.with_name(f"{path.name}.lock").exists(), "the dead writer left its lock file"
    assert follower.look().is_empty
    assert follower.writer == ""
    with StudyFile.open(path) as second:
        assert not second.read_only, "but not the lock"
        second.put([make_trial(1)])
    assert follower.look().trials == (make_trial(1),)


def test_a_process_number_that_went_to_another_program_is_not_the_writer() -> None:
    assert not lives(os.getppid(), since=1.0)
    assert lives(os.getppid(), since=1e11)
    assert not lives(2**22 + 1, since=1e11)
