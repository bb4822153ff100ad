"""dev.py on Linux: displays, and other Pythons on the path."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.display import find_display, x11_answers

ROOT = Path(__file__).resolve().parents[2]


def test_a_display_that_does_not_answer_is_none() -> None:
    assert find_display({}) is None
    assert find_display({"DISPLAY": ":60999"}) is None
    assert find_display({"DISPLAY": "localhost:59999"}) is None
    assert find_display({"DISPLAY": "nonsense"}) is None
    assert find_display({"WAYLAND_DISPLAY": "wayland-none", "XDG_RUNTIME_DIR": "/none"}) is None


def test_a_display_that_answers_is_found(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-0"))
        compositor.listen()
        variables = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert find_display(variables) == "wayland"
        assert find_display(variables | {"QT_QPA_PLATFORM": "offscreen"}) is None


def test_an_x_server_over_the_network_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr("devtools.display.X11_TCP_BASE", server.getsockname()[1] - 10)
        assert x11_answers("127.0.0.1:10.0")


def test_a_python_that_does_not_fit_gets_a_message(tmp_path: Path) -> None:
    code = (
        "import sys; sys.version_info = (3, 9, 1); sys.argv = ['dev.py', 'run']\n"
        f"exec(compile(open({str(ROOT / 'dev.py')!r}).read(), 'dev.py', 'exec'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert result.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13; this is Python 3.9.1" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_python_that_does_not_fit_hands_over_to_one_on_the_path(tmp_path: Path) -> None:
    other = tmp_path / "python3.13"
    other.write_text('#!/bin/sh\ncase "$1" in -c) exit 0;; esac\necho "handed over: $2"\n')
    other.chmod(0o755)
    code = (
        "import sys; sys.version_info = (3, 9, 1); sys.argv = ['dev.py', 'run']\n"
        f"__file__ = {str(ROOT / 'dev.py')!r}\n"
        "exec(compile(open(__file__).read(), 'dev.py', 'exec'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "handed over: run\n")
