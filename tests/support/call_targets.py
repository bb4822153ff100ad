"""Functions that are called in another process."""

# ruff: noqa: T201 - what is printed here is what the tests look for

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import DataError


def double(values: list[int]) -> tuple[int, list[int]]:
    return os.getpid(), values * 2


def large(size: int) -> bytes:
    return bytes(size)


def refuse() -> None:
    raise DataError("penguins.csv", "must have rows", 0, remedy="Choose another file.")


def refuse_with_lambda() -> None:
    raise DataError("penguins.csv", "must have rows", lambda: 0)


def fail() -> float:
    return 1 / 0


def leave() -> None:
    sys.exit("no")


def unsendable() -> Any:
    return lambda: 0


def die() -> None:
    print("last words")
    os._exit(4)


def touch_and_sleep(path: str) -> None:
    Path(path).touch()
    time.sleep(3600)


def talk() -> None:
    print("one")
    print("two ü")
