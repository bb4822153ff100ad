"""What only processes can do: be killed, die, eat memory, print, leave children behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from execution_objectives import Broken, SlowStart, VanishesInTheWorker, scripted
from pool_testing import (
    POSIX,
    MakePool,
    ends_of,
    finish_program,
    is_gone,
    make_task,
    run_all,
    run_until,
    start_program,
    starts_of,
    warm_up,
    worker_facts,
)

from hpo_gui.core.errors import ExecutionError
from hpo_gui.execution.executor import (
    TaskEnded,
    TaskStarted,
)
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.execution.worker_handle import Job, WorkerHandle

# Death of a worker


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("os_exit", "exit code 7"),
        ("segfault", "SIGSEGV" if POSIX else "exit code"),
        ("die_by_signal", "SIGKILL" if POSIX else "exit code"),
    ],
)
def test_a_crash_fails_one_trial_with_its_reason_and_the_rest_go_on(
    make_pool: MakePool, do: str, words: str
) -> None:
    ends = run_all(
        make_pool(), make_task(0), make_task(1, do, at=2, steps=5), make_task(2), make_task(3)
    )
    failure = ends[1].failure
    assert failure is not None
    assert failure.kind == "crashed"
    assert words in failure.message
    assert [ends[number].failure for number in (0, 2, 3)] == [None, None, None]


def test_a_segfault_leaves_its_traceback_and_the_last_words_are_kept(make_pool: MakePool) -> None:
    ends = run_all(make_pool(), make_task(0, "segfault"), make_task(1, "print_and_exit"))
    assert ends[0].failure is not None
    assert "Segmentation fault" in ends[0].failure.traceback
    assert ends[1].failure is not None
    assert "last words" in ends[1].failure.traceback
    assert "last words" in ends[1].output


def test_a_worker_killed_from_outside_while_idle_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool()
    victim = int(worker_facts(pool)["pid"])
    psutil.Process(victim).kill()
    assert worker_facts(pool, 901)["pid"] != victim


# Kill


def test_children_of_a_killed_trial_die_with_it(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    sign = tmp_path / "pid"
    pool.submit(make_task(0, "have_child", sign=str(sign)))
    run_until(pool, lambda events: sign.exists() and sign.read_text())
    child = int(sign.read_text())
    assert psutil.pid_exists(child)
    pool.kill(0)
    assert is_gone(child)


def test_killing_one_of_two_leaves_the_other_alone(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(workers=2)
    go_on = tmp_path / "go on"  # neither ends by itself, however slowly the other one starts
    for number in range(2):
        pool.submit(make_task(number, "wait_for", sign=str(go_on)))
    events = run_until(pool, lambda events: len(starts_of(events)) == 2)
    pool.kill(0)
    go_on.touch()
    events += run_until(pool, lambda events: len(ends_of(events)) == 2)
    ends = ends_of(events)
    assert ends[0].failure is not None
    assert ends[1].failure is None


def test_a_trial_can_run_again_right_after_its_kill(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    for _ in range(5):
        pool.submit(make_task(0, "sleep"))
        run_until(pool, starts_of)
        pool.kill(0)
        assert list(ends_of(pool.collect(0.0))) == [0]
    assert run_all(pool, make_task(0))[0].failure is None


# The task that waits in a worker


def test_a_waiting_task_survives_the_kill_of_the_one_before(make_pool: MakePool) -> None:
    pool = make_pool()
    warm_up(pool)
    pool.submit(make_task(0, "sleep"))
    pool.submit(make_task(1))
    run_until(pool, lambda events: 0 in starts_of(events))
    pool.kill(0)
    events = run_until(pool, lambda events: 1 in ends_of(events))
    assert ends_of(events)[1].failure is None
    assert len([e for e in events if isinstance(e, TaskStarted) and e.trial == 1]) == 1


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_waiting_task_can_be_ended_and_never_starts(make_pool: MakePool, how: str) -> None:
    pool = make_pool()
    warm_up(pool)
    pool.submit(make_task(0, "sleep", seconds=0.2))
    pool.submit(make_task(1))
    pool.submit(make_task(2))
    run_until(pool, lambda events: 0 in starts_of(events))
    getattr(pool, how)(1)
    assert list(ends_of(pool.collect(0.0))) == [1]
    events = run_until(pool, lambda events: {0, 2} <= set(ends_of(events)))
    assert 1 not in starts_of(events)
    assert all(end.failure is None for end in ends_of(events).values())


def test_a_task_behind_a_slow_one_is_called_back_for_an_idle_worker(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    warm_up(pool)
    tasks = [make_task(0, "sleep"), make_task(1, "sleep", seconds=0.1), make_task(2), make_task(3)]
    for task in tasks:
        pool.submit(task)
    events = run_until(pool, lambda events: {1, 2, 3} <= set(ends_of(events)))
    assert 0 not in ends_of(events)
    assert {starts_of(events)[n].worker for n in (1, 2, 3)} == {1 - starts_of(events)[0].worker}


def test_a_task_that_was_called_back_is_sent_under_another_number(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    assign = WorkerHandle.assign

    def note(handle: WorkerHandle, job: Job) -> None:
        sent.append((job.task.trial, job.serial))
        assign(handle, job)

    pool = make_pool(workers=2)
    warm_up(pool)
    monkeypatch.setattr(WorkerHandle, "assign", note)
    for task in [make_task(0, "sleep"), make_task(1, "sleep", seconds=0.1), make_task(2)]:
        pool.submit(task)
    run_until(pool, lambda events: {1, 2} <= set(ends_of(events)))
    assert [trial for trial, _ in sent] == [0, 1, 2, 2]
    assert len({serial for _, serial in sent}) == 4


def test_a_worker_that_is_to_leave_gives_its_waiting_task_back(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    warm_up(pool)
    for task in [make_task(0, "sleep", seconds=0.3), make_task(1, "sleep", seconds=0.3)]:
        pool.submit(task)
    pool.submit(make_task(2))
    pool.submit(make_task(3))
    run_until(pool, lambda events: len(starts_of(events)) == 2)
    pool.resize(1)
    events = run_until(pool, lambda events: {0, 1, 2, 3} <= set(ends_of(events)))
    assert all(end.failure is None for end in ends_of(events).values())


def test_crashes_among_waiting_tasks_blame_only_the_guilty(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    warm_up(pool)
    tasks = [make_task(number, "os_exit" if number % 5 == 2 else "score") for number in range(30)]
    ends = run_all(pool, *tasks)
    guilty = [number for number, end in ends.items() if end.failure is not None]
    assert sorted(guilty) == [2, 7, 12, 17, 22, 27]


# Limits


def test_a_trial_that_eats_memory_is_killed_and_the_limit_named(make_pool: MakePool) -> None:
    ends = run_all(
        make_pool(memory_mb=150), make_task(0), make_task(1, "eat_memory"), make_task(2)
    )
    failure = ends[1].failure
    assert failure is not None
    assert failure.kind == "memory_limit"
    assert "150 MiB" in failure.message
    assert (ends[0].failure, ends[2].failure) == (None, None)


@pytest.mark.parametrize("do", ["eat_fast", "raise_memory"])
def test_a_memory_error_is_blamed_on_the_limit(make_pool: MakePool, do: str) -> None:
    ends = run_all(make_pool(memory_mb=150), make_task(0, do), make_task(1))
    failure = ends[0].failure
    assert failure is not None
    assert failure.kind == "memory_limit"
    assert "MemoryError" in failure.traceback


def test_a_sleeper_is_ended_by_the_time_limit_in_the_middle_of_a_step(make_pool: MakePool) -> None:
    pool = make_pool(seconds=0.2)
    began = time.monotonic()
    ends = run_all(pool, make_task(0, "sleep"), make_task(1))
    assert ends[0].failure is not None
    assert ends[0].failure.kind == "time_limit"
    assert ends[1].failure is None
    assert time.monotonic() - began < 30


def test_a_waiting_task_has_its_whole_time(make_pool: MakePool) -> None:
    pool = make_pool(seconds=0.6)
    warm_up(pool)
    ends = run_all(pool, *(make_task(number, "sleep", seconds=0.2) for number in range(5)))
    assert [end.failure for end in ends.values()] == [None] * 5


# Output


def test_what_a_trial_prints_comes_with_its_end_and_not_to_the_terminal(
    make_pool: MakePool, capfd: pytest.CaptureFixture[str]
) -> None:
    ends = run_all(make_pool(), make_task(0, "print"), make_task(1), make_task(2, "chatter"))
    for words in ("printed by Python", "written to stderr", "written by C", "a warning"):
        assert words in ends[0].output
    assert ends[1].output == ""
    assert len(ends[2].output) <= 4000
    assert ends[2].output.endswith("the end of it\n")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_failed_trial_carries_what_it_printed(make_pool: MakePool) -> None:
    ends = run_all(make_pool(seconds=0.5), make_task(0, "print"), make_task(1, "sleep"))
    assert ends[1].failure is not None
    assert "printed" not in ends[1].failure.traceback


# Start


def test_workers_have_one_blas_thread_and_may_have_children(make_pool: MakePool) -> None:
    before = dict(os.environ)
    facts = worker_facts(make_pool())
    assert facts["omp"] == facts["blas"] == 1
    assert not facts["daemon"]
    assert dict(os.environ) == before


def test_tasks_wait_for_a_slow_start_and_can_be_ended_meanwhile(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool = make_pool(SlowStart(str(tmp_path / "go")))
    for number in range(3):
        pool.submit(make_task(number))
    assert pool.collect(0.0) == []
    pool.kill(1)
    assert list(ends_of(pool.collect(0.0))) == [1]
    (tmp_path / "go").touch()
    assert set(ends_of(run_until(pool, lambda events: len(ends_of(events)) == 2))) == {0, 2}


def test_workers_that_die_while_they_start_fail_all_tasks_after_three_tries(
    make_pool: MakePool, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    ends = run_all(make_pool(Broken(str(marks), "exit"), workers=1), make_task(0), make_task(1))
    for end in ends.values():
        assert end.failure is not None
        assert end.failure.kind == "crashed"
        assert "exit code 9 before it was ready" in end.failure.message
    assert len(marks.read_text()) == 3


def test_a_factory_that_cannot_be_received_fails_all_tasks(make_pool: MakePool) -> None:
    ends = run_all(make_pool(VanishesInTheWorker(), workers=2), make_task(0))
    assert ends[0].failure is not None
    assert "No module named" in ends[0].failure.message.replace("no module", "No module")


def test_a_factory_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(ExecutionError, match="another process"):
        ProcessPool(lambda: None, 1)


@pytest.mark.parametrize("workers", [0, -1])
def test_a_pool_has_at_least_one_worker(workers: int) -> None:
    with pytest.raises(ExecutionError, match="at least 1"):
        ProcessPool(scripted, workers)


# Many workers, few workers


def test_resizing_changes_how_many_run_at_once(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    for number in range(3):
        pool.submit(make_task(number, "sleep"))
    events = run_until(pool, lambda events: len(starts_of(events)) == 1)
    pool.resize(3)
    events += run_until(pool, lambda events: len(starts_of(events)) == 2)
    assert {event.worker for event in starts_of(events).values()} == {0, 1, 2}
    pool.resize(1)
    assert pool.collect(0.1) == []
    for number in range(3):
        pool.kill(number)
    assert len(ends_of(pool.collect(0.0))) == 3
    pool.submit(make_task(10, "sleep"))
    pool.submit(make_task(11, "sleep"))
    run_until(pool, lambda events: len(starts_of(events)) == 1)
    assert pool.collect(0.5) == []


def test_a_forgotten_pool_takes_its_workers_along(make_pool: MakePool) -> None:
    pool = ProcessPool(scripted, 1)
    pid = int(worker_facts(pool)["pid"])
    pool._bell.close()
    pool._staff.handles[0].process.join(0)
    del pool
    assert is_gone(pid)


# The end of the program


def test_workers_die_when_the_program_is_killed(tmp_path: Path) -> None:
    program, pids = start_program(tmp_path, "while True: pool.collect(1)")
    program.kill()
    finish_program(program)
    assert len(pids) == 2
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise RuntimeError('oh')"])
def test_a_program_that_ends_without_closing_does_not_hang(tmp_path: Path, ending: str) -> None:
    program, pids = start_program(tmp_path, ending)
    finish_program(program)
    assert all(is_gone(pid) for pid in pids)


def test_a_pool_works_from_another_thread_than_the_main_one() -> None:
    ends: dict[int, TaskEnded] = {}

    def work() -> None:
        pool = ProcessPool(scripted, 1)
        ends.update(run_all(pool, make_task(0), make_task(1, "os_exit"), make_task(2)))
        pool.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert ends[0].failure is None
    assert ends[1].failure is not None
    assert ends[2].failure is None


def test_a_script_that_starts_a_pool_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(
        """
from execution_objectives import scripted
from hpo_gui.execution.executor import Task, TaskEnded
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.execution.worker_handle import Job, WorkerHandle

pool = ProcessPool(scripted, 1)
pool.submit(Task(0, {}, 0, 0, 1))
events = []
while not events:
    events = pool.collect(1)
print(events[0].failure.message)
pool.close()
"""
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "__main__" in done.stdout


def test_a_program_can_end_while_another_thread_collects(tmp_path: Path) -> None:
    ending = """
    import threading
    def work():
        while True:
            pool.collect(0.01)
    threading.Thread(target=work, daemon=True).start()
    """.strip()
    program, pids = start_program(tmp_path, ending)
    finish_program(program)
    assert all(is_gone(pid) for pid in pids)
