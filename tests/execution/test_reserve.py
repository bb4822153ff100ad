"""Processes started ahead of time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil
import pytest

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
    assert waiting() == []


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
    assert (waiting(), waiting("thought")) == ([], [thinker])
    process, connection = reserve.start(print, "hpo-test", purpose="thought")
    assert (process.pid, waiting("thought")) == (thinker, [])
    process.join()
    connection.close()
    process.close()
    reserve.keep_ready(1, purpose="thought")
    reserve.dismiss()
    assert waiting("thought") == []
