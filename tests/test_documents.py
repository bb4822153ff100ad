"""What the README and the documents say is true: examples run, links lead somewhere."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from hpo_gui.core.spec_text import parse_spec

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    """Return the code blocks of the README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


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
