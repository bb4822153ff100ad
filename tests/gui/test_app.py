from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage

from hpo_gui.core.errors import DataError
from hpo_gui.gui.app import ErrorCatcher, FirstPaint, _parser
from hpo_gui.gui.widgets.labels import label

ROOT = Path(__file__).parents[2]


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HPO_STUDIO_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "hpo_gui", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


def test_smoke_prints_the_milliseconds_to_the_first_paint(isolated_home):
    done = run("--smoke", home=isolated_home)
    assert done.returncode == 0, done.stderr
    assert 50 < float(done.stdout) < 30_000


def test_heavy_packages_are_not_imported_before_the_first_paint(isolated_home):
    program = (
        "import sys; from PySide6.QtWidgets import QApplication; import hpo_gui.gui.app as app;"
        "code = app.main(['--smoke']);"
        "heavy = {'sklearn', 'pandas', 'scipy', 'matplotlib', 'pyqtgraph', 'qtawesome'};"
        "print(sorted(heavy & set(sys.modules)), code)"
    )
    environment = {**os.environ, "HPO_STUDIO_HOME": str(isolated_home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize(("panel", "theme"), [("data", "light"), ("run", "dark")])
def test_a_picture_of_a_step_can_be_taken(isolated_home, tmp_path, panel, theme):
    path = tmp_path / "window.png"
    arguments = ["--example", "iris", "--panel", panel, "--theme", theme, "--size", "1280x800"]
    done = run(*arguments, "--screenshot", str(path), home=isolated_home)
    assert done.returncode == 0, done.stderr
    picture = QImage(str(path))
    assert (picture.width(), picture.height()) == (1280, 800)
    assert (picture.pixelColor(640, 780).lightness() < 128) == (theme == "dark")


def test_a_picture_that_cannot_be_written_is_told(isolated_home, tmp_path):
    done = run("--screenshot", str(tmp_path / "no" / "where.png"), home=isolated_home)
    assert done.returncode != 0
    assert "where.png" in done.stderr


def test_unknown_options_are_refused(capsys):
    with pytest.raises(SystemExit):
        _parser().parse_args(["--invented"])
    assert "--invented" in capsys.readouterr().err


def test_a_file_may_stand_alone():
    parsed = _parser().parse_args(["wine.csv", "--size", "1280x800"])
    assert parsed.file == Path("wine.csv")
    assert parsed.size == (1280, 800)


def test_the_first_paint_is_told_once(qtbot):
    shown = label("hello")
    qtbot.addWidget(shown)
    painted = FirstPaint(shown)
    times = []
    painted.happened.connect(lambda: times.append(1))
    with qtbot.waitSignal(painted.happened):
        shown.show()
    shown.repaint()
    qtbot.wait(20)
    assert times == [1]


@pytest.fixture
def catcher(session, capsys):
    made = ErrorCatcher(session)
    made.install()
    yield made
    made.uninstall()
    capsys.readouterr()


def test_an_exception_in_a_slot_is_told_with_its_traceback(session, catcher, qtbot):
    def broken() -> None:
        raise ZeroDivisionError("in a slot")

    with qtbot.captureExceptions(), qtbot.waitSignal(session.notice) as told:
        catcher.install()
        QTimer.singleShot(0, broken)
    notice = told.args[0]
    assert "in a slot" in notice.text
    assert "ZeroDivisionError" in notice.details
    catcher.uninstall()


def test_an_exception_in_a_thread_is_told(session, catcher, qtbot):
    def broken() -> None:
        raise DataError("wine.csv", "must exist", remedy="Choose another file.")

    with qtbot.waitSignal(session.notice) as told:
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
    assert told.args[0].head == "That did not work"
    assert "Choose another file." in told.args[0].text


def test_afterwards_the_old_hooks_are_back(session):
    before = sys.excepthook, threading.excepthook
    catcher = ErrorCatcher(session)
    catcher.install()
    catcher.uninstall()
    assert (sys.excepthook, threading.excepthook) == before
