"""dev.py: a person needs two commands, and every failure says what to do."""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from devtools import audit, checks, commands, environment, system_libraries
from devtools.console import Stop, run
from devtools.environment import MARKER, Environment
from devtools.example import name_files, run_without_window
from devtools.installer import advice_for, failure_text, install
from devtools.lock import describe
from devtools.system_libraries import Need, line_to_type, provide

ROOT = Path(__file__).resolve().parent.parent

# -- the environment -----------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the files from which an environment is made."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "requirements-test.txt"):
        (root / name).write_text(f"# {name}\n")
    return root


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be installed, without pip: the last argument of each call."""
    calls: list[str] = []

    def note_only(_python: Path, arguments: Sequence[str], _what: str, _log: Path) -> None:
        calls.append(Path(arguments[-1]).name)

    monkeypatch.setattr(environment, "install", note_only)
    return calls


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The environments that were made, with links to this Python instead of pip."""
    folders: list[Path] = []

    def make(command: Sequence[str], **_options: object) -> subprocess.CompletedProcess[str]:
        folder = Path(command[-1])
        venv.create(folder, with_pip=False)
        folders.append(folder)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environment.subprocess, "run", make)
    return folders


def test_the_first_setup_installs_the_lock_and_the_project(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    Environment(checkout / ".venv", checkout).prepare(tests=False)
    assert made == [checkout / ".venv"]
    assert installed == ["requirements.txt", "checkout"]


def test_the_second_setup_does_nothing(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=True)
    installed.clear()
    made.clear()
    env.prepare(tests=True)
    env.prepare(tests=False)
    assert (installed, made) == ([], [])


def test_the_test_tools_come_on_top(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    env.prepare(tests=True)
    assert made == [checkout / ".venv"]
    assert installed == ["requirements.txt", "checkout", "requirements-test.txt", "checkout"]


def test_a_changed_lock_is_installed_over_the_old_one(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    (checkout / "requirements.txt").write_text("# newer\n")
    env.prepare(tests=False)
    assert made == [checkout / ".venv"]
    assert installed[2:] == ["requirements.txt", "checkout"]


def test_a_changed_project_file_installs_the_project_only(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    (checkout / "pyproject.toml").write_text("# newer\n")
    env.prepare(tests=False)
    assert installed[2:] == ["checkout"]


def test_a_half_made_environment_is_made_again(
    checkout: Path, installed: list[str], made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    env = Environment(checkout / ".venv", checkout)

    def fail(*_arguments: object) -> None:
        raise Stop("no network")

    with monkeypatch.context() as broken:
        broken.setattr(environment, "install", fail)
        with pytest.raises(Stop):
            env.prepare(tests=False)
    (env.folder / "leftover").touch()
    env.prepare(tests=False)
    assert len(made) == 2
    assert not (env.folder / "leftover").exists()


def test_an_environment_that_was_moved_is_made_again(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    Environment(checkout / ".venv", checkout).prepare(tests=False)
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    Environment(moved / ".venv", moved).prepare(tests=False)
    assert made == [checkout / ".venv", moved / ".venv"]


def test_an_environment_of_another_python_is_made_again(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    marker = env.folder / MARKER
    marker.write_text(marker.read_text().replace(f"3.{sys.version_info.minor}", "3.9"))
    env.prepare(tests=False)
    assert len(made) == 2


def test_an_environment_whose_python_was_removed_is_made_again(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    env.python.unlink()
    env.prepare(tests=False)
    assert len(made) == 2


def test_a_fresh_one_can_be_asked_for(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    env.prepare(tests=False)
    env.prepare(tests=False, fresh=True)
    assert len(made) == 2


def test_a_folder_with_other_things_is_never_removed(
    checkout: Path, installed: list[str], made: list[Path]
) -> None:
    folder = checkout / "photographs"
    folder.mkdir()
    (folder / "dear.jpg").touch()
    for fresh in (False, True):
        with pytest.raises(Stop, match="was not made by dev"):
            Environment(folder, checkout).prepare(tests=False, fresh=fresh)
    assert (folder / "dear.jpg").exists()
    assert (installed, made) == ([], [])


def test_an_environment_made_by_hand_is_used_but_never_removed(
    checkout: Path, installed: list[str]
) -> None:
    env = Environment(checkout / ".venv", checkout)
    venv.create(env.folder, with_pip=False)
    purelib = subprocess.run(
        [env.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (Path(purelib) / "pip.py").touch()
    (env.folder / "mine").touch()
    env.prepare(tests=False)
    env.prepare(tests=False)
    assert installed == ["requirements.txt", "checkout"]
    with pytest.raises(Stop, match="not removed"):
        env.prepare(tests=False, fresh=True)
    assert (env.folder / "mine").exists()


def test_an_incomplete_checkout_is_named(checkout: Path) -> None:
    (checkout / "requirements.txt").unlink()
    with pytest.raises(Stop, match=r"not complete.*requirements\.txt"):
        Environment(checkout / ".venv", checkout).prepare(tests=False)


def test_a_folder_that_cannot_be_written_is_named(checkout: Path, installed: list[str]) -> None:
    (checkout / "file").touch()
    with pytest.raises(Stop, match="HPO_STUDIO_VENV"):
        Environment(checkout / "file" / ".venv", checkout).prepare(tests=False)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(environment.FOLDER_VARIABLE, str(tmp_path / "elsewhere"))
    assert environment.environment_of_checkout().folder == tmp_path / "elsewhere"
    monkeypatch.delenv(environment.FOLDER_VARIABLE)
    assert environment.environment_of_checkout().folder == ROOT / ".venv"


def test_variables_that_lead_python_astray_are_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    variables = Environment(tmp_path).variables(OMP_NUM_THREADS="1")
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(variables)
    assert variables["OMP_NUM_THREADS"] == "1"


# -- pip -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "could not be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "differs from the one"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no ready-made package"),
        ("PermissionError: [WinError 5] Access is denied", "could not be written"),
        ("something else", "setup --fresh"),
    ],
)
def test_a_failure_of_pip_comes_with_advice(output: str, advice: str) -> None:
    assert advice in advice_for(output)


def test_a_failure_shows_the_end_of_what_pip_said_and_where_the_rest_is() -> None:
    output = "\n".join([f"line {number}" for number in range(99)] + ["WARNING: Retrying (x)"])
    text = failure_text(output, "numpy", Path("setup.log"))
    assert "line 98" in text
    assert "line 1\n" not in text
    assert "Retrying" not in text
    assert "setup.log" in text
    assert "same command again" in text


def test_pip_without_an_index_stops_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="no ready-made package"):
        install(
            Path(sys.executable),
            ["--no-index", "--dry-run", "no-such-package-as-this"],
            "it",
            tmp_path / "log",
        )
    assert "no-such-package-as-this" in (tmp_path / "log").read_text()


def test_a_lock_with_an_address_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy @ https://example.org/numpy.whl\n")
    with pytest.raises(Stop, match="address"):
        describe(lock)


@pytest.mark.parametrize("codes", [(0, 0), (0, 1), (1, 0)])
def test_an_audit_asks_about_every_lock_and_a_package_without_an_answer_is_not_clean(
    codes: tuple[int, int],
    checkout: Path,
    made: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[list[str]] = []

    def answer(command: Sequence[object]) -> int:
        asked.append(list(map(str, command)))
        return codes[len(asked) - 1]

    bought: list[str] = []
    monkeypatch.setattr(audit, "run", answer)
    monkeypatch.setattr(audit, "install", lambda *given: bought.append(given[2]))
    found = audit.audit(Environment(checkout / ".venv", checkout), ["-s", "osv"])
    assert found == max(codes)
    assert bought == ["pip-audit"]
    assert made == [checkout / ".venv-audit"]
    locks = [checkout / "requirements.txt", checkout / "requirements-test.txt"]
    for command, lock in zip(asked, locks, strict=True):
        assert command[1:4] == ["-m", "pip_audit", "--strict"]
        assert command[-4:] == ["-r", str(lock), "-s", "osv"]
    assert ("did not answer" in capsys.readouterr().out) == bool(found)


# -- system libraries and displays ---------------------------------------------------------------

ABSENT = Need("libnothing.so.9", "libnothing9", "nothing-libs", "nothing")


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the module believe that it runs on Linux."""
    monkeypatch.setattr(system_libraries.sys, "platform", "linux")


@pytest.mark.usefixtures("linux")
def test_nothing_is_said_when_nothing_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert provide(system_libraries.WINDOWLESS, present=lambda need: True) == ()
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get update && sudo apt-get install -y libnothing9"),
        ("dnf", "sudo dnf install -y nothing-libs"),
        ("pacman", "sudo pacman -S --needed nothing"),
        ("none", "libnothing.so.9"),
    ],
)
def test_one_line_to_type_is_printed_for_what_is_missing(
    manager: str,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: name if name == manager else None)
    assert provide([ABSENT]) == (ABSENT,)
    assert line in capsys.readouterr().out


@pytest.mark.usefixtures("linux")
def test_root_on_debian_gets_the_packages_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    commands_run: list[list[str]] = []
    installed: set[str] = set()

    def apt(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands_run.append([part for part in command if "Timeout" not in part and part != "-o"])
        installed.update(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_libraries.subprocess, "run", apt)
    assert provide([ABSENT], present=lambda need: need.apt in installed) == ()
    assert commands_run == [
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", "libnothing9"],
    ]


@pytest.mark.usefixtures("linux")
def test_a_failure_of_apt_is_shown_with_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def apt(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 100, "E: Unable to locate package", "")

    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_libraries.subprocess, "run", apt)
    assert provide([ABSENT]) == (ABSENT,)
    said = capsys.readouterr().out
    assert "E: Unable to locate package" in said
    assert line_to_type([ABSENT]) in said


# -- the commands --------------------------------------------------------------------------------


def stage(name: str, code: int) -> checks.Stage:
    """A stage that ends with the given exit code."""
    return checks.Stage(name, (sys.executable, "-c", f"raise SystemExit({code})"))


def test_all_stages_run_even_when_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = Environment(tmp_path / ".venv", tmp_path)
    assert checks.run_stages(env, [stage("first", 1), stage("second", 0)]) == 1
    said = capsys.readouterr().out
    assert "first: FAILED" in said
    assert "second: passed" in said
    assert said.splitlines()[-1].endswith(": first")


def test_stages_that_pass_end_with_zero(tmp_path: Path) -> None:
    env = Environment(tmp_path / ".venv", tmp_path)
    assert checks.run_stages(env, [stage("only", 0)]) == 0


def test_a_program_that_is_not_there_is_a_message() -> None:
    with pytest.raises(Stop, match="could not be started"):
        run(["/no/such/program"])


def test_an_unknown_command_shows_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["dance"]) == 2
    assert "no command `dance`" in capsys.readouterr().out
    assert commands.main(["--help"]) == 0
    assert all(name in capsys.readouterr().out for name in ["run"])


def test_the_help_names_every_command() -> None:
    assert all(f"\n    {name} " in commands.HELP for name in commands.COMMANDS)


def test_the_example_without_a_window_names_its_files_and_draws_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []

    def pretend(command: Sequence[str | Path], **_options: object) -> int:
        words = [str(word) for word in command]
        started.append(words[3:])
        if "run" in words:
            folder = Path(words[-1])
            folder.mkdir(parents=True)
            (folder / "trials.csv").touch()
        else:
            Path(words[4]).touch()
        return 0

    monkeypatch.setattr("devtools.example.run", pretend)
    env = Environment(tmp_path / ".venv", tmp_path)
    assert run_without_window(env, picture=True) == 0
    folder = next((tmp_path / "results").iterdir())
    assert started == [
        ["run", "--example", "penguins", "--out", str(folder)],
        ["--screenshot", str(folder / "window.png"), "--study", str(folder / "study.hpostudy")],
    ]
    said = capsys.readouterr().out
    assert str(folder / "trials.csv") in said
    assert str(folder / "window.png") in said


def test_no_results_are_named_when_there_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name_files(tmp_path / "nothing")
    assert capsys.readouterr().out == ""


# -- what people install -------------------------------------------------------------------------


def test_the_package_that_people_install_holds_every_file_of_the_program(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "hpo_gui", source / "hpo_gui", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    code = (
        "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=source, check=True, capture_output=True
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
        commands_made = wheel.read(next(n for n in held if n.endswith("entry_points.txt")))
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hpo_gui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= held
    assert {name.split("/")[0].split("-")[0] for name in held} == {"hpo_gui"}
    assert b"hpo-gui = hpo_gui.__main__:main" in commands_made


def test_the_supported_pythons_are_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    namespace: dict[str, object] = {"__name__": "dev"}
    exec(compile((ROOT / "dev.py").read_text("utf-8"), "dev.py", "exec"), namespace)
    oldest, newest = namespace["OLDEST"], namespace["NEWEST"]
    assert (oldest, newest) == ((3, 11), (3, 13))
    assert project["requires-python"] == ">=3.11,<3.14"
    shown = {line[-4:] for line in project["classifiers"] if ":: 3." in line}
    assert shown == {"3.11", "3.12", "3.13"}
