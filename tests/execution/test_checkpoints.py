"""Checkpoints: exact, whole or absent, and never another study's."""

from __future__ import annotations

import os
import pickle
import uuid
from pathlib import Path

import numpy as np
import pytest

from hpo_gui.core.errors import ExecutionError
from hpo_gui.execution.checkpoints import (
    HASH_BYTES,
    KEPT_DAYS,
    KEY_BYTES,
    MAGIC,
    Checkpoint,
    Checkpoints,
    checkpoints_of,
    is_identity,
    sweep,
    user_key,
)

KEY = bytes(KEY_BYTES)
IDENTITY = "1" * 32


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "new" / "folder")
    state = {"weights": np.random.default_rng(0).normal(size=(50, 40)), "epoch": 7}
    checkpoints.save(3, 7, state)
    kept = checkpoints.load(3)
    assert kept is not None
    assert kept.steps == 7
    assert kept.state["epoch"] == 7
    assert kept.state["weights"].tobytes() == state["weights"].tobytes()
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["3.checkpoint"]


def test_the_newest_state_is_the_one_that_is_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(3, 1, "old")
    checkpoints.save(3, 2, "new")
    kept = checkpoints.load(3)
    assert kept is not None
    assert (kept.steps, kept.state) == (2, "new")


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _flip(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _flip,
        lambda content: b"",
        lambda content: b"HPOC",
        lambda content: b"PK" + content[2:],
        lambda content: content[:20],
    ],
)
def test_a_damaged_checkpoint_is_none(tmp_path: Path, spoil) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(0, 5, list(range(100)))
    path = checkpoints.path(0)
    path.write_bytes(spoil(path.read_bytes()))
    assert checkpoints.load(0) is None
    assert checkpoints.load(1) is None


class Vanishing:
    """A class whose module is gone when its object is read."""

    def __reduce__(self):
        return (__import__, ("no_such_module_anywhere",))


def test_a_state_whose_class_is_gone_is_none(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(0, 5, Vanishing())
    assert checkpoints.load(0) is None


def test_what_cannot_be_pickled_is_told_and_the_old_state_stays(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(0, 1, "old")
    with pytest.raises(ExecutionError, match="must be something that can be pickled"):
        checkpoints.save(0, 2, lambda: None)
    kept = checkpoints.load(0)
    assert kept is not None
    assert kept.state == "old"


def test_an_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExecutionError, match="must be written"):
        Checkpoints(tmp_path / "file").save(0, 1, "state")


def test_a_folder_that_is_no_folder_is_not_blamed_on_the_space(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExecutionError, match="Not a directory") as caught:
        Checkpoints(tmp_path / "file" / "study").save(0, 1, "state")
    assert "Free some space" not in str(caught.value)
    assert "can be written" in str(caught.value)


def test_a_folder_is_checked_before_anything_is_learnt(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "new" / "folder")
    checkpoints.check()
    assert list(checkpoints.folder.iterdir()) == []
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExecutionError, match="must be one that can be written") as caught:
        Checkpoints(tmp_path / "file" / "study").check()
    assert str(tmp_path / "file" / "study") in str(caught.value)
    assert "Make the cache folder one that can be written." in str(caught.value)


def test_what_nobody_needs_is_deleted(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for trial in range(5):
        checkpoints.save(trial, 1, trial)
    checkpoints.forget(0)
    checkpoints.forget(0)
    checkpoints.forget_others({2, 4})
    left = [trial for trial in range(5) if checkpoints.load(trial) is not None]
    assert left == [2, 4]


def test_they_follow_a_study_that_moves_but_not_its_copy(tmp_path: Path) -> None:
    root, study, copy = tmp_path / "root", tmp_path / "a.hpostudy", tmp_path / "b.hpostudy"
    study.touch()
    mine = checkpoints_of(root, IDENTITY, study, KEY)
    copy.touch()
    assert checkpoints_of(root, IDENTITY, copy, KEY).folder != mine.folder
    assert checkpoints_of(root, IDENTITY, study, KEY).folder == mine.folder
    study.rename(tmp_path / "moved.hpostudy")
    moved = checkpoints_of(root, IDENTITY, tmp_path / "moved.hpostudy", KEY)
    assert moved.folder == mine.folder


def test_the_states_of_deleted_and_of_forgotten_studies_are_swept_away(tmp_path: Path) -> None:
    root = tmp_path / "root"
    there, gone = "a" * 32, "b" * 32
    paths = [tmp_path / f"{name}.hpostudy" for name in (there, gone)]
    for path in paths:
        path.touch()
        checkpoints_of(root, path.stem, path, KEY).save(0, 1, "state")
    paths[1].unlink()
    sweep(root)
    assert [folder.name for folder in root.iterdir()] == [there]
    newest = max(path.stat().st_mtime for path in (root / there).iterdir())
    sweep(root, now=newest + (KEPT_DAYS + 1) * 24 * 3600)
    assert list(root.iterdir()) == []
    sweep(tmp_path / "never made")


class Opened:
    """What a planted file would do: reading it makes a file."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self):
        return (Path.touch, (self.sign,))


def test_a_planted_checkpoint_is_not_read(tmp_path: Path) -> None:
    sign = tmp_path / "read"
    Checkpoints(tmp_path / "study").save(0, 1, Opened(sign))
    assert Checkpoints(tmp_path / "study", KEY).load(0) is None
    assert not sign.exists()


def test_a_checkpoint_of_another_trial_study_or_step_is_not_read(tmp_path: Path) -> None:
    mine = Checkpoints(tmp_path / "mine", KEY)
    mine.save(0, 1, "state")
    content = mine.path(0).read_bytes()
    mine.path(1).write_bytes(content)
    other = Checkpoints(tmp_path / "other", KEY)
    other.folder.mkdir()
    other.path(0).write_bytes(content)
    steps = len(MAGIC) + HASH_BYTES
    mine.path(2).write_bytes(content[:steps] + b"\x02" + content[steps + 1 :])
    assert [mine.load(1), mine.load(2), other.load(0)] == [None, None, None]
    assert mine.load(0) == Checkpoint(1, "state")


def test_the_key_of_a_user_stays_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "checkpoints.key"
    key = user_key(path)
    assert len(key) == KEY_BYTES
    assert user_key(path) == key
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    assert user_key(path) not in (key, b"short")
    assert user_key(path / "no folder") != user_key(path / "no folder")


@pytest.mark.parametrize(
    "text", [None, "", "/tmp/x", "../" * 3, "g" * 32, "a" * 33, "a" * 32 + "\n"]
)
def test_only_what_the_program_makes_up_is_an_identity(text: str | None) -> None:
    assert not is_identity(text)
    assert is_identity(uuid.uuid4().hex)


def test_checkpoints_can_be_sent_to_a_process(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert pickle.loads(pickle.dumps(checkpoints)) == checkpoints
