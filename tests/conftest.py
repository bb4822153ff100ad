"""What all tests share: Qt without a screen, settings and studies in a folder of their own."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the settings and studies of whoever runs it."""
    home = tmp_path / "home"
    monkeypatch.setenv("HPO_STUDIO_HOME", str(home))
    return home
