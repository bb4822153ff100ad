"""What the README and the documents say is true: examples run, links lead somewhere."""

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from devtools.commands import COMMANDS
from hpo_gui.assembly.resolution import resolve
from hpo_gui.assembly.study_table import load_table
from hpo_gui.cli.main import make_parser
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str, text: str = README) -> list[str]:
    """Return the code blocks of a document, by default the README, in one language."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [code for marked, code in fences if marked == language]


def blocks_of_all(*languages: str) -> list[Any]:
    """Return the code blocks of all documents, each with its document and place as id."""
    return [
        pytest.param(block, id=f"{document.relative_to(ROOT)}-{number}")
        for document in DOCUMENTS
        for language in languages
        for number, block in enumerate(blocks(language, document.read_text("utf-8")))
    ]


def as_a_study(block: str) -> StudySpec:
    """What a block shows, with as much around it as makes it a whole study."""
    text = block
    if "[models.space]" in text and "[[models]]" not in text:
        text = f'[[models]]\nname = "mlp"\n{text}'
    if "schedule_" in text and "[training]" not in text:
        text += "[training]\nsteps = 20\n"
        text += "" if "schedule_name" in text else '[schedule]\nname = "cosine"\n'
    if "[objective]" not in text:
        if "[data]" not in text:
            text += '[data]\nsource = "sample:iris"\n'
        if "[[models]]" not in text:
            text += '[[models]]\nname = "mlp"\n'
    return parse_spec(text)


def test_the_study_in_the_readme_is_a_complete_study() -> None:
    spec = parse_spec(blocks("toml")[0])
    assert spec.data is not None
    assert spec.models
    assert spec.goals
    assert spec.budget.trials == 40


def test_the_function_in_the_readme_is_a_study() -> None:
    spec = parse_spec(blocks("toml")[1])
    assert spec.objective is not None
    assert [parameter.name for parameter in spec.objective.space] == ["x"]


def test_the_library_example_in_the_readme_runs() -> None:
    (example,) = blocks("python")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(example, "README.md", "exec"), {})
    assert "loss" in printed.getvalue()


@pytest.mark.parametrize("block", blocks_of_all("toml"))
def test_a_study_in_a_document_has_no_problem(block: str) -> None:
    spec = as_a_study(block)
    resolved = resolve(spec, load_table(spec, ROOT))
    assert resolved.problems == ()
    assert resolved.space is not None
    assert resolved.space.names


@pytest.mark.parametrize("block", blocks_of_all("sh", ""))
def test_a_command_in_a_document_can_be_typed(block: str) -> None:
    for line in block.splitlines():
        if not line.startswith(("hpo-gui ", "python3 ", "py ")):
            continue  # a drawing
        program, *words = shlex.split(line, comments=True)
        if program == "hpo-gui":
            assert callable(make_parser().parse_args(words).action)
        else:
            assert words[0] == "dev.py"
            assert words[1] in COMMANDS
            if words[1] == "bench":
                assert (ROOT / "benchmarks" / f"{words[2]}.py").exists()


def test_commands_are_found_in_the_documents() -> None:
    lines = [line for param in blocks_of_all("sh", "") for line in param.values[0].splitlines()]
    assert sum(line.startswith("hpo-gui ") for line in lines) >= 8
    assert sum(line.startswith("python3 dev.py ") for line in lines) >= 8


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_in_a_document_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", document.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_the_changelog_has_a_part_for_what_comes_next() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_pinned_package_is_in_the_list_of_licences() -> None:
    listed = (ROOT / "docs" / "licences.md").read_text("utf-8").lower()
    known = set(re.findall(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", listed.replace("_", "-")))
    for file in ("requirements.txt", "requirements-test.txt"):
        pinned = re.findall(
            r"^([A-Za-z0-9._-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE
        )
        assert len(pinned) > 20
        names = {name.lower().replace("_", "-") for name in pinned}
        assert sorted(names - known) == []


def test_what_the_page_on_security_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`", page)
    assert len(named) > 8
    assert [path for path in named if not (ROOT / path).is_file()] == []
