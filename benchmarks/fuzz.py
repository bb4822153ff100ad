"""Fuzzing: mutated and random inputs for every reader of files and for the expression language.

``python benchmarks/fuzz.py --minutes 5`` shares the time among the targets and prints inputs a
second, crashes and hangs of each. A crash is any end but a `StudioError`, a hang more than
`HANG_SECONDS`; the inputs are written to ``--out``. Inputs are mutations of a corpus of sound
files; an input with an outcome that was not seen before joins it, so that the search gets deeper.
Each target runs in a process of its own, with the memory of a small computer.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import mmap
import multiprocessing
import os
import random
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import _fuzz_corpus
from _fuzz_corpus import Corpus
from hpo_gui.core.errors import StudioError

HANG_SECONDS = 10.0
MEMORY = 6 * 2**30  # bytes of addresses
LARGEST = 1 << 18  # bytes of an input
KEPT = 2000  # inputs in a corpus
Target = Callable[[bytes], object]


class Found(NamedTuple):
    """What a target gave."""

    target: str
    inputs: int
    seconds: float
    outcomes: int
    crashes: dict[str, str]
    hangs: int
    slowest: float


class HangError(BaseException):
    """An input took too long; nothing in the program catches it."""


# --- mutations --------------------------------------------------------------------------------

NUMBERS = (
    *(b"0", b"-1", b"1e308", b"-1e-320", b"nan", b"inf", b"9223372036854775808", b"1" * 5000),
    *(b"0.1", b"99999999999", b"-0.0", b"1_000"),
)


def mutate(data: bytes, corpus: Corpus, rng: random.Random) -> bytes:
    """One to eight changes at random places."""
    changed = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        start = rng.randrange(len(changed) + 1)
        stop = min(len(changed), start + (1 << rng.randrange(8)))
        match rng.randrange(9):
            case 0 if changed:
                changed[min(start, len(changed) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                changed[start:start] = rng.randbytes(1 << rng.randrange(5))
            case 2:
                del changed[start:stop]
            case 3:
                changed[start:start] = changed[start:stop] * rng.randrange(1, 20)
            case 4 | 5 if corpus.words:
                changed[start : rng.choice((start, stop))] = rng.choice(corpus.words)
            case 6:
                other = rng.choice(corpus.inputs)
                place = rng.randrange(len(other) + 1)
                changed[start:stop] = other[place : place + (1 << rng.randrange(10))]
            case 7:
                numbers = list(re.finditer(rb"\d+", changed))
                if numbers:
                    place = rng.choice(numbers)
                    changed[place.start() : place.end()] = rng.choice(NUMBERS)
            case 8:
                token = rng.choice((b"[", b"(", b"{", b'"', b"'", b"-", b"\n", b"\0"))
                changed[start:start] = token * (1 << rng.randrange(14))
    return bytes(changed[:LARGEST])


# --- one target -------------------------------------------------------------------------------


def fuzz(name: str, seconds: float, seed: int, shared: mmap.mmap, results: Any) -> None:
    """Feed a target until the time is over; what is tried now is in ``shared``."""
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    sys.stderr = sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a disk's speed is not tested
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        os.environ["HPO_STUDIO_HOME"] = folder
        os.environ.pop("HPO_STUDIO_TRUST", None)
        run, corpus = _fuzz_corpus.TARGETS[name](Path(folder))
        results.put(_fuzz(name, run, corpus, seconds, random.Random(seed), shared))


def _fuzz(
    name: str, run: Target, corpus: Corpus, seconds: float, rng: random.Random, shared: mmap.mmap
) -> Found:
    seen: set[str] = set()
    crashes: dict[str, str] = {}
    inputs = hangs = 0
    slowest = 0.0
    began = time.perf_counter()
    for data in _inputs(corpus, rng):
        if time.perf_counter() - began > seconds:
            break
        shared[:8] = len(data).to_bytes(8, "little")
        shared[8 : 8 + len(data)] = data
        before = time.perf_counter()
        outcome, crash = _try(run, data)
        slowest = max(slowest, time.perf_counter() - before)
        inputs += 1
        hangs += outcome == "hang"
        if crash:
            crashes.setdefault(outcome, f"{data[:4000].hex()}\n{crash}")
        if outcome not in seen:
            seen.add(outcome)
            if len(corpus.inputs) < KEPT:
                corpus.inputs.append(data)
    return Found(name, inputs, time.perf_counter() - began, len(seen), crashes, hangs, slowest)


def _inputs(corpus: Corpus, rng: random.Random) -> Iterator[bytes]:
    yield from list(corpus.inputs)
    while True:
        yield mutate(rng.choice(corpus.inputs), corpus, rng)


def _try(run: Target, data: bytes) -> tuple[str, str]:
    """What an input ended in, in a few words, and the traceback of a crash."""
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        result = run(data)
    except StudioError as error:
        return f"{type(error).__name__}: {_plain(error.rule)}", ""
    except HangError:
        return "hang", "hang:\n" + traceback.format_exc()
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"
        return where, traceback.format_exc(limit=-12)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return f"read: {result}", ""


def _plain(rule: str) -> str:
    """A rule without the numbers and names that the input put into it."""
    return re.sub(r"`[^`]*`|\d+|\(.*", "", rule)[:60]


def _hang(number: int, frame: FrameType | None) -> None:
    raise HangError


# --- all of them ------------------------------------------------------------------------------


def run_target(name: str, seconds: float, seed: int) -> Found:
    """Fuzz one target in a process of its own, anew when an input kills the process."""
    context = multiprocessing.get_context("fork")
    shared = mmap.mmap(-1, LARGEST + 8)
    total = Found(name, 0, 0.0, 0, {}, 0, 0.0)
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0.5:
        results: Any = context.Queue()
        process = context.Process(target=fuzz, args=(name, left, seed, shared, results))
        process.start()
        found = _wait(process, results)
        process.join()
        if found is None:
            size = int.from_bytes(shared[:8], "little")
            data = shared[8 : 8 + size]
            code = f"the process died ({process.exitcode})"
            found = Found(name, 1, 0.0, 0, {code: f"{data[:4000].hex()}\n{code}"}, 0, 0.0)
        total = Found(
            name,
            total.inputs + found.inputs,
            total.seconds + found.seconds,
            max(total.outcomes, found.outcomes),
            {**total.crashes, **found.crashes},
            total.hangs + found.hangs,
            max(total.slowest, found.slowest),
        )
        seed += 1_000_003
    return total


def _wait(process: Any, results: Any) -> Found | None:
    import queue

    while True:
        alive = process.is_alive()
        try:
            found: Found = results.get(timeout=0.2)
            return found
        except queue.Empty:
            if not alive:
                return None


def write_crashes(found: Found, folder: Path) -> None:
    """One file a crash: the input in hexadecimal, and the traceback."""
    for outcome, text in found.crashes.items():
        folder.mkdir(parents=True, exist_ok=True)
        mark = hashlib.sha256(outcome.encode()).hexdigest()[:8]
        (folder / f"{found.target}-{mark}.txt").write_text(f"{outcome}\n{text}", encoding="utf-8")


def main() -> int:
    """Fuzz, print a table, and tell by the exit code whether nothing crashed or hung."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="in all")
    parser.add_argument("--targets", nargs="*", choices=sorted(_fuzz_corpus.TARGETS))
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the mutations")
    parser.add_argument("--out", type=Path, default=Path("fuzz-crashes"), help="for crashes")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    if not hasattr(signal, "setitimer"):
        parser.error("needs timers, which Windows does not have")
    signal.signal(signal.SIGALRM, _hang)
    names = options.targets or list(_fuzz_corpus.TARGETS)
    seconds = options.minutes * 60 / len(names)
    print(f"seed {options.seed}, {seconds:.0f} s each")
    print("target         inputs   inputs/s  outcomes  crashes  hangs  slowest")
    every = []
    for name in names:
        found = run_target(name, seconds, options.seed)
        every.append(found)
        rate = found.inputs / max(found.seconds, 1e-9)
        print(
            f"{name:<12} {found.inputs:>8,} {rate:>10,.0f} {found.outcomes:>9} "
            f"{len(found.crashes):>8} {found.hangs:>6} {found.slowest:>7.2f} s",
            flush=True,
        )
        for outcome in found.crashes:
            print(f"    {outcome}")
        write_crashes(found, options.out)
    print(f"{sum(f.inputs for f in every):,} inputs")
    if options.json:
        options.json.write_text(json.dumps([f._asdict() for f in every], indent=1))
    return 1 if any(f.crashes or f.hangs for f in every) else 0


if __name__ == "__main__":
    sys.exit(main())
