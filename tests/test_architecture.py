"""The walls of docs/architecture.md stand, and their guards catch what they should."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hpo_gui"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LOCKS = ("requirements.txt", "requirements-test.txt")

FORBIDDEN = {
    "core/goal.py": "hpo_gui.strategies",
    "core/space.py": "hpo_gui.storage",
    "core/value.py": "pandas",
    "strategies/strategy.py": "hpo_gui.pruners",
    "pruners/pruner.py": "PySide6",
    "pruners/none.py": "hpo_gui.surrogates",
    "evaluation/dataset.py": "sqlite3",
    "execution/executor.py": "hpo_gui.evaluation",
    "study/study.py": "hpo_gui.strategies.random",
    "export/intruder.py": "hpo_gui.storage",
    "cli/main.py": "hpo_gui.gui",
    "gui/intruder.py": "hpo_gui.cli",
    "gui/panels/intruder.py": "hpo_gui.gui.panels.innocent",
    "__main__.py": "PySide6",
}
"""For each wall, an import that breaks it: in which file, and of what."""

FOR_TYPES_ONLY = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from hpo_gui.evaluation import dataset
"""


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter on the package below `root`."""
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
        check=False,
    )


@pytest.fixture(scope="module")
def verdict_on_intruders(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the import linter says about a copy of the package with a forbidden import per wall."""
    root = tmp_path_factory.mktemp("intruders")
    shutil.copytree(PACKAGE, root / "hpo_gui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for name, imported in FORBIDDEN.items():
        with (root / "hpo_gui" / name).open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")
    (root / "hpo_gui/gui/panels/innocent.py").touch()
    (root / "hpo_gui/analysis/intruder.py").write_text(FOR_TYPES_ONLY)
    (root / "hpo_gui/on_no_floor.py").touch()
    result = lint_imports(root)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


def test_the_import_rule_holds() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("name", "imported"), FORBIDDEN.items())
def test_a_forbidden_import_is_caught(name: str, imported: str, verdict_on_intruders: str) -> None:
    module = "hpo_gui." + name.removesuffix(".py").replace("/", ".")
    assert f"{module} -> {imported}" in verdict_on_intruders


def test_a_forbidden_import_for_type_checkers_is_caught(verdict_on_intruders: str) -> None:
    assert "hpo_gui.analysis.intruder -> hpo_gui.evaluation.dataset" in verdict_on_intruders


def test_a_file_on_no_floor_is_caught(verdict_on_intruders: str) -> None:
    assert "- hpo_gui.on_no_floor" in verdict_on_intruders


def test_no_two_files_import_each_other_in_a_ring() -> None:
    graph = grimp.build_graph("hpo_gui", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the ring


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.name == "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_an_init_file_holds_a_docstring_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_first_what_lives_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_the_window_starts_without_the_packages_that_are_slow_to_import() -> None:
    code = (
        "import sys, hpo_gui.__main__, hpo_gui.gui.app\n"
        "slow = {'sklearn', 'scipy.stats', 'pandas', 'pyarrow', 'matplotlib'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def dependencies() -> list[str]:
    """Return the name of every package that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return [match[0] for line in lines if (match := re.match(r"[\w.-]+", line))]


@pytest.mark.parametrize("name", dependencies())
def test_a_dependency_has_its_reason_in_the_architecture(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/architecture.md").read_text("utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_packages_versions_and_hashes_only(name: str) -> None:
    pin = re.compile(r"[a-z0-9-]+==[\w.!+]+( ; [\w .'<>=!()]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert lines
    assert [line for line in lines if not pin.fullmatch(line) and not digest.fullmatch(line)] == []


def pins(name: str) -> set[str]:
    """Return the lines of a lock file that pin a package."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if not line.startswith(" ")}


def test_the_tests_run_with_the_versions_that_people_get() -> None:
    assert pins("requirements.txt") <= pins("requirements-test.txt")


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_every_dependency_is_pinned_for_every_python(minor: int) -> None:
    def holds(line: str) -> bool:
        marker = re.search(r"python_full_version (<|>=) '3\.(\d+)'", line)
        if marker is None:
            return True
        return minor < int(marker[2]) if marker[1] == "<" else minor >= int(marker[2])

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in wanted}  # type: ignore[index]
    pinned = [line.split("==")[0] for line in pins("requirements-test.txt") if holds(line)]
    assert names <= set(pinned)
    assert len(pinned) == len(set(pinned))
