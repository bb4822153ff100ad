"""Every place that could run what a file holds is known, and has its gate in docs/security.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")

RUNS = {
    *("eval", "exec", "compile", "__import__", "import_module", "run_path", "run_module"),
    *("spec_from_file_location", "exec_module", "Unpickler", "_Unpickler", "read_pickle"),
    *("from_string", "get_template", "select_template", "render_template"),
    *("unsafe_load", "full_load", "load_module", "enable_load_extension", "load_extension"),
}
LOADERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "yaml", "torch", "io"}
"""Modules whose `load` or `loads` runs code, or could; `io` is that of skops."""


def dangerous(source: str) -> Iterator[str]:
    """What in a module could run code of a file, as it is written there."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        words = ast.unparse(node.func).split(".")
        owner, name = words[-2] if len(words) > 1 else "", words[-1]
        harmless = owner == "re" or words == ["app", "exec"]  # Qt's loop of events
        loads = name in ("load", "loads") and owner in LOADERS
        if loads or (name in RUNS and not harmless):
            yield ".".join(words)
        elif owner in ("np", "numpy") and name == "load":
            options = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            if options.get("allow_pickle") is not False:
                yield "np.load that unpickles"


def uses() -> dict[str, set[str]]:
    found = {}
    for path in sorted((ROOT / "hpo_gui").rglob("*.py")):
        names = set(dangerous(path.read_text("utf-8")))
        if names:
            found[path.relative_to(ROOT / "hpo_gui").as_posix()] = names
    return found


def test_every_place_that_could_run_code_of_a_file_is_on_the_page_with_its_gate() -> None:
    missing = [f"{path}: {names}" for path, names in uses().items() if f"`{path}`" not in PAGE]
    assert missing == [], "say in docs/security.md why that is safe"


def test_the_page_names_no_place_that_is_gone() -> None:
    table = PAGE.split("## Places that could run code")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name.strip(" `") for row in rows for name in row.split(",")}
    assert named == set(uses())


@pytest.mark.parametrize(
    "line",
    [
        "pickle.loads(x)",
        "eval(text)",
        "importlib.import_module(name)",
        "np.load(path)",
        "numpy.load(path, allow_pickle=True)",
        "skops.io.loads(x)",
        "pd.read_pickle(path)",
        "connection.enable_load_extension(True)",
        "environment.from_string(text)",
    ],
)
def test_a_new_place_would_be_found(line: str) -> None:
    assert list(dangerous(line))


@pytest.mark.parametrize(
    "line", ["re.compile(x)", "np.load(p, allow_pickle=False)", "json.loads(x)", "app.exec()"]
)
def test_what_runs_nothing_is_left_alone(line: str) -> None:
    assert list(dangerous(line)) == []
