"""Fixtures of the tests of executors."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from execution_objectives import scripted
from pool_testing import MakePool

from hpo_gui.execution.executor import Limits
from hpo_gui.execution.process_pool import ProcessPool

collect_ignore = ["test_process_pool_posix.py"] if sys.platform == "win32" else []


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    pools: list[ProcessPool] = []

    def build(factory=scripted, workers: int = 1, **limits) -> ProcessPool:
        pools.append(ProcessPool(factory, workers, Limits(**limits)))
        return pools[-1]

    yield build
    for pool in pools:
        pool.close()
