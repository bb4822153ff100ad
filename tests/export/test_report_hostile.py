"""Whatever texts a study holds, its report runs nothing and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from hpo_gui.analysis.landscape import Survey, prepare_survey, survey
from hpo_gui.analysis.pareto import suggested
from hpo_gui.core.acts import Annotate, apply
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_toml
from hpo_gui.core.trial import Failure, Learned, Origin, Trial, TrialState, add_step
from hpo_gui.export.report import report_html
from hpo_gui.export.report_source import Report
from hpo_gui.storage.records import AuditEvent
from tests.export.test_report import Page

TEXTS = (
    "<script>alert(1)</script>",
    "</title></style></pre></svg><script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "' style='background:url(//evil.example/x)",
    "javascript:alert(1)",
    "<img src=//evil.example/x onerror=alert(1)>",
    "$\\frac{x}{$ $x$",
    "{{ 7 * 7 }} {% include 'report.css' %} ${7*7}",
    "<!-- --> ]]> &lt;script&gt; &amp;",
)
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article"),
    *("h1", "h2", "h3", "p", "div", "ul", "li", "dl", "dt", "dd", "figure", "figcaption", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre"),
    *("svg", "g", "defs", "path", "use", "text", "tspan", "clippath", "rect", "image", "metadata"),
    *("rdf:rdf", "cc:work", "dc:title"),
}


def hostile(text: str, goals: int = 1) -> Report:
    """A study whose every text is this one."""
    name = text.replace("`", "")
    space = Space([Categorical(name, (text, "b")), Float("x", 0.0, 1.0)])
    metrics = tuple(Goal(f"{text} {place}", "maximize") for place in range(goals))
    trials = []
    for number in range(6):
        params = {name: (text, "b")[number % 2], "x": number / 6}
        trial = Trial(number, params, Origin(text, text), told=number + 1, started=1e9)
        if number < 5:
            scores = {g.metric: (0.1 * number, 0.2 * (number % 3)) for g in metrics}
            trial = add_step(trial, 0, Learned(scores))
        failure = Failure("raised", text, text) if number == 5 else None
        state = TrialState.FAILED if failure else TrialState.COMPLETE
        trial = msgspec.structs.replace(trial, state=state, failure=failure, finished=1e9 + 1)
        trials.append(apply(Annotate(number, text, (text,)), trial, metrics))
    history = History(space, metrics, trials)
    made = prepare_survey(history)
    assert isinstance(made, Survey)
    spec = StudySpec(
        name=text,
        data=DataSpec(text, target=text, test_share=0.2),
        models=(ModelSpec(text), ModelSpec("svc")),
        goals=metrics,
        strategy=Choice(text, {text: text}),
    )
    return Report(
        spec,
        history,
        1.8e9,
        *(text, text, (text, text), (text, text)),
        versions={text: text},
        events=[AuditEvent(1e9, text, text)],
        edits=[(2, 1e9, text)],
        chosen=suggested(history),
        test={metrics[0].metric: 0.5},
        landscape=survey(made).landscape,
        toml=spec_to_toml(spec),
    )


@pytest.fixture(scope="module", params=range(len(TEXTS)))
def written(request: pytest.FixtureRequest) -> tuple[str, str]:
    text = TEXTS[request.param]
    return text, report_html(hostile(text, 1 + request.param % 2))


def attributes(page: Page) -> Iterator[tuple[str, str, str]]:
    for tag, found in page.tags:
        for name, value in found.items():
            yield tag, name.lower(), value or ""


def test_no_text_becomes_a_tag(written: tuple[str, str]) -> None:
    page = Page(written[1])
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert len([tag for tag, _ in page.tags if tag in ("title", "style", "h1")]) >= 3


def test_no_attribute_runs_or_loads_anything(written: tuple[str, str]) -> None:
    for tag, name, value in attributes(Page(written[1])):
        assert not name.startswith("on")
        assert name not in ("src", "srcset", "srcdoc", "action", "formaction", "data")
        if name in ("href", "xlink:href"):
            assert tag in ("use", "image")
            assert value.startswith(("#", "data:image/png;base64,"))
        if name == "style":
            assert re.findall(r"url\(", value) == []


def test_what_a_text_says_is_shown_as_it_stands(written: tuple[str, str]) -> None:
    text, page = written[0], Page(written[1])
    shown = " ".join(text.split())
    assert page.text.count(shown) > 12
    assert "49" not in "".join(page.texts) or "7 * 7" in text


def test_the_policy_of_the_page_forbids_scripts_and_everything_from_elsewhere() -> None:
    page = Page(report_html(hostile(TEXTS[0])))
    (policy,) = (
        found["content"] or ""
        for tag, found in page.tags
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "script-src" not in rules
    first = [tag for tag, _ in page.tags].index("meta")
    assert "style" not in [tag for tag, _ in page.tags][: first + 2]


def test_the_styles_load_nothing() -> None:
    text = report_html(hostile("plain"))
    for style in re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL):
        assert "@import" not in style
        assert "url(" not in style
    outside = {found for found in re.findall(r"https?://[^\s\"'<]+", text)}
    assert all(
        "w3.org" in found or "purl.org" in found or "creativecommons" in found for found in outside
    )
