"""What all tests share: Qt without a screen, settings and studies in a folder of their own."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a busy machine makes examples says nothing about the program. Every run tries the same
# examples, so that a change is judged by what it changes; HYPOTHESIS_PROFILE=search tries others.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.register_profile("steady", CALM, derandomize=True)
settings.register_profile("search", CALM, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the settings and studies of whoever runs it; code is trusted."""
    home = tmp_path / "home"
    monkeypatch.setenv("HPO_STUDIO_HOME", str(home))
    monkeypatch.setenv("HPO_STUDIO_TRUST", "1")  # tests of trust itself take it away
    return home
