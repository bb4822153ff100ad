"""How many workers a study runs with."""

from __future__ import annotations

import os

from hpo_gui.core.spec import StudySpec

MOST_WORKERS = 8


def workers_of(spec: StudySpec) -> int:
    """How many workers a study gets: one a core, at most 8, where it does not say."""
    return spec.compute.workers or min(os.cpu_count() or 1, MOST_WORKERS)
