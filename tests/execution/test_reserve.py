"""Processes started ahead of time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from hpo_gui.core.errors import ExecutionError
from hpo_gui.execution import reserve
from hpo_gui.execution.call import call_in_process


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    reserve.dismiss()
    yield
    reserve.dismiss()


def waiting(purpose: str = reserve.WORK) -> list[int]:
    return [process.pid or 0 for process, _ in reserve._waiting.get(purpose, ())]


def test_a_call_takes_a_process_from_the_reserve() -> None:
    reserve.keep_ready(1, ["json"])
    (pid,) = waiting()
    assert call_in_process(os.getpid) == pid


def test_a_process_serves_call_after_call_and_leaves_no_output_behind() -> None:
    reserve.keep_ready(1)
    (pid,) = waiting()
    said: list[str] = []
    for number in range(3):
        assert call_in_process(_print_and_tell, number, on_output=said.append) == pid
        assert waiting() == [pid]
    assert "".join(said).split() == ["0", "1", "2"]


def test_a_process_whose_call_failed_does_not_serve_again() -> None:
    reserve.keep_ready(1)
    (pid,) = waiting()
    with pytest.raises(ExecutionError):
        call_in_process(int, "no number")
    assert waiting() == []
    assert not psutil.pid_exists(pid)


def test_a_process_that_was_not_prepared_or_has_grown_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_in_process(os.getpid)
    assert waiting() == []
    monkeypatch.setattr(reserve, "LARGEST_MB", 1.0)
    reserve.keep_ready(1)
    call_in_process(os.getpid)
    assert waiting() == []


def test_no_more_are_kept_than_were_wanted() -> None:
    reserve.keep_ready(2)
    first, second = waiting()
    call_in_process(os.getpid)
    assert waiting() == [second, first]
    reserve.keep_ready(1)
    third = reserve.start(_answer_at_once, "hpo-test")
    call_in_process(os.getpid)
    assert waiting() == [first]
    reserve.give_back(third)
    assert waiting() == [first]
    assert not psutil.pid_exists(second)


def _answer_at_once(connection: object) -> str:
    return reserve.AGAIN


def _print_and_tell(number: int) -> int:
    sys.stdout.write(f"{number}\n")
    return os.getpid()


def test_without_a_reserve_a_new_process_is_started() -> None:
    assert call_in_process(os.getpid) != os.getpid()


def test_the_reserve_is_filled_up_to_the_count_and_no_further() -> None:
    reserve.keep_ready(2)
    first = waiting()
    reserve.keep_ready(2)
    assert waiting() == first


def test_a_module_that_cannot_be_imported_does_no_harm() -> None:
    reserve.keep_ready(1, ["there.is.no.such.module"])
    (pid,) = waiting()
    assert call_in_process(os.getpid) == pid


def test_a_process_that_died_in_reserve_is_replaced() -> None:
    reserve.keep_ready(1)
    (pid,) = waiting()
    psutil.Process(pid).kill()
    reserve._waiting[reserve.WORK][0][0].join()
    assert call_in_process(os.getpid) not in (pid, os.getpid())


def test_dismissed_processes_are_gone() -> None:
    reserve.keep_ready(2)
    pids = waiting()
    began = time.monotonic()
    reserve.dismiss()
    assert time.monotonic() - began < 5
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_nothing_of_another_programs_reserve_is_dismissed_in_a_fork() -> None:
    reserve.keep_ready(1)
    reserve.dismiss(owner=-1)
    assert len(waiting()) == 1


def test_each_purpose_has_a_reserve_of_its_own() -> None:
    reserve.keep_ready(1)
    reserve.keep_ready(1, ["json"], purpose="thought")
    (thinker,) = waiting("thought")
    assert call_in_process(os.getpid) != thinker
    assert waiting("thought") == [thinker]
    process, connection = reserve.start(print, "hpo-test", purpose="thought")
    assert (process.pid, waiting("thought")) == (thinker, [])
    process.join()
    connection.close()
    process.close()
    reserve.keep_ready(1, purpose="thought")
    reserve.dismiss()
    assert waiting("thought") == []
