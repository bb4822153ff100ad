"""Starting and killing child processes: spawned, one BLAS thread each, dead with their children.

A child is the leader of a session of its own (POSIX), so that Ctrl+C in the terminal reaches only
the program, and that the child and whatever it has started can be killed together.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from traceback import format_exception
from typing import Any, NoReturn

import psutil

from hpo_gui.execution import output

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",  # joblib's n_jobs=-1 then means one
}
SPARE_MEMORY_MB = 1024  # for threads' stacks and the like, above the hard limit
_CONTEXT = multiprocessing.get_context("spawn")
_STARTING = threading.Lock()  # the environment is changed while a child starts
_NICENESS = 10  # of children that give way, where 0 is usual and 19 the most
_give_way = threading.Event()


def let_children_give_way() -> None:
    """From now on, start children with a lower priority than this process.

    For a window: with two fits on two cores its event loop is half as late (benchmarks/window.py),
    and an idle computer computes as fast as before.
    """
    _give_way.set()


def spawn(
    target: Callable[..., None], name: str, *arguments: Any
) -> tuple[SpawnProcess, Connection[Any, Any]]:
    """Start ``target(connection, *arguments)`` in a new process.

    Returns
    -------
    The process, and the parent's end of a duplex pipe to it.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=True)
    # Not a daemon: daemons may not have children, which a user's objective may need.
    process = _CONTEXT.Process(target=target, args=(theirs, *arguments), name=name, daemon=False)
    try:
        with _STARTING, _single_threaded(), _interrupts_blocked():
            process.start()
        if _give_way.is_set():
            _lower_priority(process.pid)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def _lower_priority(pid: int | None) -> None:
    assert pid is not None, "the process has been started"
    with contextlib.suppress(psutil.Error):  # it has ended already
        if sys.platform == "win32":
            psutil.Process(pid).nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process(pid).nice(_NICENESS)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Set variables that numerical libraries read when they are loaded, for the child's sake."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Let the child start with Ctrl+C blocked; it inherits the mask of the calling thread."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def settle_in() -> None:
    """In the child: become the leader of a session, deaf to Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with contextlib.suppress(OSError):  # already a leader
            os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def limit_threads() -> None:
    """In the child: hold the numerical libraries that are loaded by now to one thread each."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(limits=1)


def limit_memory(memory_mb: int | None) -> None:
    """In the child, on Linux: a hard limit behind the parent's watch, for what eats too fast."""
    if memory_mb is None or sys.platform != "linux":
        return
    import resource

    with Path("/proc/self/statm").open() as file:
        held = int(file.read().split()[5]) * resource.getpagesize()
    ceiling = held + (2 * memory_mb + SPARE_MEMORY_MB) * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or ceiling < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))


_last_output: list[Path] = []  # where this process prints to, once it is watched


def end_with_parent(printed: Path) -> None:
    """In the child: from now on, die when the parent does; may be called again."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    watched = bool(_last_output)
    _last_output[:] = [printed]
    if watched:
        return

    def watch() -> None:
        wait([parent.sentinel])
        die(_last_output[0])

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def wait_for_parent(connection: Connection[Any, Any]) -> bool:
    """In the child: wait for a message; False when the parent is gone instead."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    return connection in wait([connection, parent.sentinel])


def die(printed: Path | None = None) -> None:
    """In the child: end at once, with everything that it has started. Does not return."""
    if printed is not None:
        with contextlib.suppress(OSError):
            printed.unlink()
            printed.parent.rmdir()
    kill_descendants(os.getpid())
    if sys.platform != "win32" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


@contextlib.contextmanager
def ending_forks() -> Iterator[None]:
    """End a fork of this process that comes out of the block, with the exit code of a script.

    Code of the user's may fork and leave the end of the child to Python, by a return, `sys.exit`
    or an error. The child would go on as a second one of this process, on the same pipes.
    """
    owner = os.getpid()
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        if os.getpid() == owner:
            raise
        failure = error
    if os.getpid() != owner:
        _end_fork(failure)


def _end_fork(failure: BaseException | None) -> NoReturn:
    code = 0 if failure is None else 1
    if isinstance(failure, SystemExit) and (failure.code is None or type(failure.code) is int):
        code = (failure.code or 0) & 0xFF
    elif failure is not None:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # it has closed its output
            told = [str(failure)] if isinstance(failure, SystemExit) else format_exception(failure)
            sys.stderr.writelines([*told, "\n"])
    output.flush()
    os._exit(code)


def kill(process: SpawnProcess) -> None:
    """Kill a child and all that it has started; does not wait for the end (`Process.join` does).

    There is no gentle SIGTERM first: code that must end now may be C code that handles no signal,
    and a worker has nothing to put in order.
    """
    with contextlib.suppress(ValueError):  # closed: it was buried meanwhile
        pid = process.pid
        if pid is not None:
            kill_descendants(pid)
            kill_session(pid)
            process.kill()


def kill_descendants(pid: int) -> None:
    """Kill the children of a process, and theirs."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


def kill_session(pid: int) -> None:
    """Kill what is left of the group of a child, also of one that has died and left orphans."""
    if sys.platform == "win32" or pid == os.getpgid(0):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # Fails where no such group exists: the child has not become a leader yet.
        os.killpg(pid, signal.SIGKILL)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MiB; 0 where it cannot be asked."""
    try:
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except psutil.Error:
        return 0.0
