"""Fuzzing guided by coverage: every reader of files, and the expression language, under atheris.

``pip install atheris``, then ``python benchmarks/coverage_fuzz.py --minutes 60`` shares the time
among the targets of `fuzz`. Atheris watches which branches of this program an input reaches, and
mutates those further that reach new ones. It is no part of the tests: it needs hours, and is to be
had for few Pythons and systems. Targets, corpora, crashes and hangs are as in `fuzz`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TARGETS = ("expression", "spec", "csv", "binary_table", "row", "study", "cells", "model")
TELL_SECONDS = 2.0  # between two writings of the figures
STILL_SECONDS = 10.0  # without news at the end that mean a process which died, or waits
GRACE_SECONDS = 60.0  # that a process may take beyond its time


def fuzz_one(name: str, seconds: float, seed: int, figures: Path, crashes: Path) -> None:
    """Fuzz a target in this process, which atheris ends."""
    import atheris

    with atheris.instrument_imports(include=["hpo_gui"]):
        import _fuzz_corpus
        import fuzz

    signal.signal(signal.SIGALRM, fuzz._hang)
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    os.environ["HPO_STUDIO_HOME"] = str(folder / "home")
    os.environ.pop("HPO_STUDIO_TRUST", None)
    (folder / "work").mkdir()
    run, corpus = _fuzz_corpus.TARGETS[name](folder / "work")
    seeds = folder / "seeds"
    seeds.mkdir()
    for index, data in enumerate(corpus.inputs):
        (seeds / str(index)).write_bytes(data)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in corpus.words if word))
    found: dict[str, Any] = {"target": name, "inputs": 0, "hangs": 0, "slowest": 0.0, "ends": []}
    ends: set[str] = set()
    began = told = time.monotonic()

    def test(data: bytes) -> None:
        nonlocal told
        before = time.monotonic()
        outcome, crash = fuzz._try(run, data)
        now = time.monotonic()
        found["inputs"] += 1
        found["hangs"] += outcome == "hang"
        found["slowest"] = max(found["slowest"], now - before)
        if crash and outcome not in ends:
            one = fuzz.Found(name, 0, 0.0, 0, {outcome: f"{data[:4000].hex()}\n{crash}"}, 0, 0.0)
            fuzz.write_crashes(one, crashes)
            ends.add(outcome)
        if now - told > TELL_SECONDS or crash:
            told = now
            found.update(seconds=now - began, ends=sorted(ends))
            partial = figures.with_suffix(".partial")  # the process may end at any moment
            partial.write_text(json.dumps(found))
            partial.replace(figures)

    options = [f"-max_total_time={seconds:.0f}", f"-seed={seed}", f"-dict={words}", "-timeout=0"]
    options += [
        f"-max_len={fuzz.LARGEST}",
        "-rss_limit_mb=6000",
        "-verbosity=0",
        "-close_fd_mask=3",
    ]
    atheris.Setup([sys.argv[0], *options, str(seeds)], test)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    """A word as the dictionaries of libFuzzer have it."""
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word)


def run_target(name: str, options: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """Fuzz a target in a process of its own; a process that dies is a crash."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, __file__, "--one", name, "--figures", str(figures)]
        command += ["--seconds", str(seconds), "--seed", str(options.seed)]
        command += ["--out", str(options.out)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                command, check=False, capture_output=True, timeout=seconds + GRACE_SECONDS
            )
        if not figures.exists():
            return {"target": name, "inputs": 0, "hangs": 0, "slowest": 0.0, "seconds": 0.0} | {
                "ends": [f"the process told nothing: {done.stderr[-300:].decode()}"]
            }
        found: dict[str, Any] = json.loads(figures.read_text())
        if seconds - found["seconds"] > STILL_SECONDS:
            found["ends"].append(f"the process died or stood still after {found['seconds']:.0f} s")
        return found


def main() -> int:
    """Fuzz, print a table, and tell by the exit code whether nothing crashed or hung."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="in all")
    parser.add_argument("--targets", nargs="*", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 2**31, help="of mutations")
    parser.add_argument("--out", type=Path, default=Path("fuzz-crashes"), help="for crashes")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--one", choices=TARGETS, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--figures", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if find_spec("atheris") is None:
        parser.error("needs the package atheris: type `pip install atheris` into an environment")
    if options.one:
        fuzz_one(options.one, options.seconds, options.seed, options.figures, options.out)
        return 0
    names = options.targets or list(TARGETS)
    seconds = options.minutes * 60 / len(names)
    print(f"seed {options.seed}, {seconds:.0f} s each")
    print("target         inputs   inputs/s  crashes  hangs  slowest")
    every = []
    for name in names:
        found = run_target(name, options, seconds)
        every.append(found)
        rate = found["inputs"] / max(found["seconds"], 1e-9)
        print(
            f"{name:<12} {found['inputs']:>8,} {rate:>10,.0f} {len(found['ends']):>8} "
            f"{found['hangs']:>6} {found['slowest']:>7.2f} s",
            flush=True,
        )
        for end in found["ends"]:
            print(f"    {end}")
    print(f"{sum(found['inputs'] for found in every):,} inputs")
    if options.json:
        options.json.write_text(json.dumps(every, indent=1))
    return 1 if any(found["ends"] or found["hangs"] for found in every) else 0


if __name__ == "__main__":
    sys.exit(main())
