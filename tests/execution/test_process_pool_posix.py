"""What the pool can do to processes on POSIX systems: forks, process groups, deaf C code."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from pool_testing import (
    MakePool,
    ends_of,
    is_gone,
    make_task,
    run_all,
    run_until,
    start_program,
    until_file,
    worker_facts,
)

from hpo_gui.execution.executor import StepDone


def test_a_crash_with_a_surviving_fork_that_holds_the_pipes_is_noticed(
    make_pool: MakePool, tmp_path: Path
) -> None:
    sign = tmp_path / "pid"
    ends = run_all(make_pool(), make_task(0, "leave_orphan", sign=str(sign)), make_task(1))
    assert ends[0].failure is not None
    assert "exit code 5" in ends[0].failure.message
    assert ends[1].failure is None
    assert is_gone(int(sign.read_text()))


@pytest.mark.parametrize(
    ("end", "code", "printed"),
    [("return", 0, ""), ("exit", 3, ""), ("raise", 1, "ValueError: the child fails")],
)
def test_a_fork_that_leaves_the_objective_ends_and_is_no_second_worker(
    make_pool: MakePool, end: str, code: int, printed: str
) -> None:
    pool = make_pool()
    pool.submit(make_task(0, "fork", end=end))
    pool.submit(make_task(1))
    events = run_until(pool, lambda events: len(ends_of(events)) == 2)
    scores = [event.scores["score"] for event in events if isinstance(event, StepDone)]
    assert scores == [code, 0.0]
    ended = ends_of(events)
    assert [ended[trial].failure for trial in (0, 1)] == [None, None]
    assert printed in ended[0].output


def test_c_code_that_is_deaf_to_signals_and_holds_the_gil_is_killed_at_once(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool = make_pool()
    sign = tmp_path / "deaf"
    pool.submit(make_task(0, "hold_the_gil", sign=str(sign)))
    pool.submit(make_task(1))
    until_file(pool, sign)
    began = time.monotonic()
    pool.kill(0)
    events = pool.collect(0.0)
    assert time.monotonic() - began < 0.2
    assert ends_of(events)[0].failure is not None
    assert ends_of(run_until(pool, ends_of))[1].failure is None


def test_closing_kills_everything_at_once(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(workers=2)
    pids = [int(worker_facts(pool, number)["pid"]) for number in (900, 901, 902)]
    sign = tmp_path / "deaf"
    pool.submit(make_task(0, "hold_the_gil", sign=str(sign)))
    until_file(pool, sign)
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 1.0
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert pool._staff._folder.exists() is False


def test_ctrl_c_in_the_terminal_reaches_only_the_program(tmp_path: Path) -> None:
    ending = """
    import os, psutil, time
    try:
        print("ready", flush=True)
        while True:
            pool.collect(1)
    except KeyboardInterrupt:
        print(*(psutil.Process(pid).status() != "zombie" for pid in pids), flush=True)
    """.strip()
    program, pids = start_program(tmp_path, ending)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    for pid in pids:
        os.kill(pid, signal.SIGINT)
    os.killpg(program.pid, signal.SIGINT)
    out, errors = program.communicate(timeout=30)
    assert out == "True True\n"
    assert errors == ""
