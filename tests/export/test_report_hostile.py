"""Whatever texts a study holds, its report runs nothing and loads nothing."""

from __future__ import annotations

import html
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
from hpo_gui.export import report as report_module
from hpo_gui.export.report import report_html
from hpo_gui.export.report_pictures import pictures
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


def hostile(text: str, goals: int = 1, others: tuple[str, ...] = ()) -> Report:
    """A study whose every text is this one, but for those of its pictures: origins, metrics."""
    name = text.replace("`", "")
    space = Space([Categorical(name, (text, "b")), Float("x", 0.0, 1.0)])
    others = others or (text,) * 9
    metrics = tuple(Goal(f"{others[-1 - place]} {place}", "maximize") for place in range(goals))
    trials = []
    for number in range(7):
        params = {name: (text, "b")[number % 2], "x": number / 7}
        trial = Trial(number, params, Origin(others[number], text), told=number + 1, started=1e9)
        if number < 6:
            scores = {g.metric: (0.1 * number, 0.2 * (number % 3)) for g in metrics}
            trial = add_step(trial, 0, Learned(scores))
        failure = Failure("raised", text, text) if number == 6 else None
        state = TrialState.FAILED if failure else TrialState.COMPLETE
        trial = msgspec.structs.replace(trial, state=state, failure=failure, finished=1e9 + 1)
        trials.append(apply(Annotate(number, text, (text[:50],)), trial, metrics))
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


@pytest.fixture(scope="module", params=TEXTS)
def written(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A text, and a page that holds it everywhere but in pictures."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report_module, "pictures", lambda spec, history, test_ratio: ())
        return request.param, report_html(hostile(request.param, 2))


@pytest.fixture(scope="module")
def drawn() -> str:
    """A page whose pictures hold all texts at once."""
    return report_html(hostile(TEXTS[0], 2, TEXTS))


def attributes(page: Page) -> Iterator[tuple[str, str, str]]:
    for tag, found in page.tags:
        for name, value in found.items():
            yield tag, name.lower(), value or ""


def test_no_text_becomes_a_tag(written: tuple[str, str]) -> None:
    page = Page(written[1])
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert len([tag for tag, _ in page.tags if tag in ("title", "style", "h1")]) >= 3


def test_no_attribute_runs_or_loads_anything(written: tuple[str, str], drawn: str) -> None:
    for tag, name, value in (*attributes(Page(written[1])), *attributes(Page(drawn))):
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


def test_a_picture_holds_texts_as_texts(drawn: str) -> None:
    page = Page(drawn)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert len([tag for tag, _ in page.tags if tag == "svg"]) == 3
    shown = html.unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", drawn, re.DOTALL)))
    assert [text for text in TEXTS[:7] if text[:17] not in shown] == []  # names of strategies
    assert [text for text in TEXTS[-2:] if text not in shown] == []  # of the goals


def test_the_policy_of_the_page_forbids_scripts_and_everything_from_elsewhere(drawn: str) -> None:
    page = Page(drawn)
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


def test_the_styles_load_nothing(drawn: str) -> None:
    styles = re.findall(r"<style[^>]*>(.*?)</style>", drawn, re.DOTALL)
    assert len(styles) == 4  # of the page, and of each picture
    for style in styles:
        assert "@import" not in style
        assert "url(" not in style


def test_the_colours_of_the_theme_are_put_into_styles_and_never_into_texts() -> None:
    made = hostile('style="#000000" #1a1f29')
    picture = next(iter(pictures(made.spec, made.history)))
    assert 'style="#000000" #1a1f29' in html.unescape(picture.svg)
    assert "var(--text)" in picture.svg


def test_a_name_that_is_very_long_leaves_room_for_the_picture() -> None:
    made = hostile("long-" * 80)
    picture = next(iter(pictures(made.spec, made.history)))
    assert "long-long" in picture.svg
    assert "…" in picture.svg
    assert "long-" * 20 not in picture.svg


def test_a_picture_holds_no_letter_that_acts_unseen() -> None:
    made = hostile("\u202egpj.exe\x07\ud800")
    picture = next(iter(pictures(made.spec, made.history)))
    assert not {"\u202e", "\x07", "\ud800"} & set(picture.svg)
    assert "\ufffdgpj.exe\ufffd\ufffd" in picture.svg
