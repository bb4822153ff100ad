"""The report of a study: what it says, honestly, of studies of all kinds; and that it is quick."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.landscape import Survey, prepare_survey, survey
from hpo_gui.analysis.pareto import suggested
from hpo_gui.core.acts import Annotate, Correct, apply
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, ModelSpec, StudySpec
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState, summarize
from hpo_gui.export import report as report_module
from hpo_gui.export.readable_text import readable
from hpo_gui.export.report import content, report_html, write_report
from hpo_gui.export.report_pictures import pictures
from hpo_gui.export.report_source import Report
from hpo_gui.export.report_text import listed, with_width
from hpo_gui.export.report_trials import ALL_UP_TO, MOST_TRIALS, in_order
from hpo_gui.storage.records import AuditEvent
from tests.support import several_goals

SPACE = Space([Float("x", 0.0, 1.0), Categorical("kind", ("a", "b"))])
ACCURACY = Goal("accuracy", "maximize")
SPEC = StudySpec(
    name="flowers",
    seed=11,
    data=DataSpec("flowers.csv", target="kind", test_share=0.25, sha256="ab" * 32),
    models=(ModelSpec("svc"),),
    goals=(ACCURACY,),
    validation=Choice("k_fold", {"folds": 5}),
    budget=BudgetSpec(trials=40),
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"}


def trial(number: int, score: float, **changes: object) -> Trial:
    folds = {"accuracy": tuple(score + shift for shift in (-0.01, -0.005, 0.0, 0.005, 0.01))}
    usual = {
        "state": TrialState.COMPLETE,
        "scores": summarize(folds),
        "fold_scores": folds,
        "started": 1.7e9 + number,
        "finished": 1.7e9 + number + 0.5,
        "told": number + 1,
    }
    params = {"x": (number * 0.37) % 1, "kind": "ab"[number % 2]}
    origin = Origin("default" if number == 0 else "random")
    return Trial(number, params, origin, **(usual | changes))  # type: ignore[arg-type]


def failed(number: int, message: str = "it broke") -> Trial:
    failure = Failure("raised", message, "Traceback of it")
    return trial(number, 0, state=TrialState.FAILED, failure=failure, scores={}, fold_scores={})


def history(*trials: Trial, goals: tuple[Goal, ...] = (ACCURACY,), plan: Plan = Plan()) -> History:
    return History(SPACE, goals, trials, plan=plan)


def report(made: History, spec: StudySpec = SPEC, **more: object) -> Report:
    spec = msgspec.structs.replace(spec, goals=made.goals)
    return Report(spec, made, 1.8e9, chosen=suggested(made), **more)  # type: ignore[arg-type]


class Page(HTMLParser):
    """A page as a browser reads it: whether its tags are balanced, and what they hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def sections(self) -> list[str | None]:
        return [found.get("id") for tag, found in self.tags if tag == "section"]


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of what a page says needs none of its pictures, which take the longest."""
    monkeypatch.setattr(report_module, "pictures", lambda spec, history, test_ratio: ())


@pytest.fixture(scope="module")
def usual() -> History:
    """The defaults, and trials that are better and worse."""
    scores = [0.8, 0.95, 0.7, 0.85, 0.9, 0.6]
    return history(*(trial(n, value) for n, value in enumerate(scores)), failed(6))


@pytest.fixture(scope="module")
def page(usual: History) -> Page:
    made = prepare_survey(usual)
    assert isinstance(made, Survey)
    events = [AuditEvent(1.7e9, "session", "Began to run after 0 trials.")]
    return Page(
        report_html(
            report(
                usual,
                file="flowers.hpostudy",
                status="7 trials have finished.",
                strategy=("Automatic", "It picks."),
                shape=(1200, 4),
                seconds=75.0,
                versions={"scikit-learn": "1.9.1"},
                events=events,
                landscape=survey(made).landscape,
                toml='name = "flowers"',
            )
        )
    )


def test_the_page_tells_the_study_from_its_data_to_its_budget(page: Page) -> None:
    for words in (
        "flowers.csv; 1,200 rows, 4 columns; 25 % of the rows locked away; SHA-256 abababab",
        "Accuracy (accuracy), maximized",
        "Automatic. It picks.",
        "Seed 11",
        "7 trials: 6 complete, 1 failed; 1 m 15 s of running",
        "2023-11-14 22:13 UTC",
        "Began to run after 0 trials.",
        "scikit-learn 1.9.1",
        'name = "flowers"',
    ):
        assert words in page.text


def test_the_page_has_its_parts_in_order(page: Page) -> None:
    assert page.sections == [
        "result",
        "parameters",
        "history",
        "importance",
        "study",
        "trials",
        "failures",
        "done",
        "repeat",
    ]


def test_the_result_says_how_sure_it_is(page: Page) -> None:
    assert "Trial 1 is the best: Accuracy 0.950 ± 0.015, larger is better." in page.text
    assert "95 % confidence interval over 5 folds" in page.text
    assert "Over the folds the best is 0.15 ± " in page.text
    assert "better than the defaults (trial 0): the interval does not contain 0." in page.text
    assert "The locked test was not opened for this report: 25 % of the rows" in page.text


def test_what_moves_the_score_is_told_with_how_far_to_trust_it(page: Page) -> None:
    assert re.search(
        r"surrogate of 6 trials .* with R² = -?\d+\.\d\d \(leave-one-out\)", page.text
    )
    bars = [found for tag, found in page.tags if found.get("class") == "bar"]
    assert len(bars) == 2
    assert bars[0]["style"] == "width: 100.0%"


def test_the_failed_trial_is_there_with_its_error_and_output(page: Page) -> None:
    assert "Trial 6 it broke Last output Traceback of it" in page.text


def test_a_gain_over_the_defaults_is_called_noise_where_it_is(usual: History) -> None:
    noisy = trial(1, 0.801, fold_scores={"accuracy": (0.9, 0.7, 0.85, 0.75, 0.805)})
    told = content(report(history(trial(0, 0.8), noisy)))["result"].sentences
    assert any("within noise: the interval contains 0" in sentence for sentence in told)
    told = content(report(history(trial(0, 0.8), trial(1, 0.7))))["result"].sentences
    assert "No other trial beats the model's own defaults." in told
    other = msgspec.structs.replace(trial(0, 0.8), origin=Origin("random"))
    told = content(report(history(other)))["result"].sentences
    assert "There is no complete trial of the model's defaults to compare with." in told


def test_a_best_trial_that_counts_as_the_mean_of_its_repeats_says_so() -> None:
    """One lucky run is not the best: the mean of its repeats decides, and is told beside it."""
    first = trial(0, 0.95)
    again = msgspec.structs.replace(trial(1, 0.85), params=first.params)
    trials = (first, again, trial(2, 0.8))
    told = content(report(history(*trials, plan=Plan(averages=True))))
    sentences = told["result"].sentences
    assert sentences[0].startswith("Trial 0 is the best: Accuracy 0.95")
    mean = "Repeats are averaged: it counts as the mean Accuracy of its 2 repeats, 0.9."
    assert mean in sentences
    assert told["averages"]
    assert told["result"].tiles[0].value == "0.900"
    assert told["result"].tiles[1].value == "0.9", "the defaults are the same configuration"
    plain = content(report(history(*trials)))
    assert mean not in plain["result"].sentences
    assert not plain["averages"]


def test_trials_outside_of_an_edited_space_are_called_so() -> None:
    other = msgspec.structs.replace(trial(1, 0.9), params={"x": 0.5, "kind": "gone"})
    made = History(SPACE, (ACCURACY,), (trial(0, 0.8), other), edited=True)
    told = content(report(made))
    outside = "It lies outside of today's space, which was edited since."
    assert outside in told["result"].sentences
    assert [row[-1] for row in told["trials"].rows] == [
        "complete, outside of today's space",
        "complete",
    ]
    inside = History(SPACE, (ACCURACY,), (trial(0, 0.8), trial(1, 0.9)), edited=True)
    assert outside not in content(report(inside))["result"].sentences


@pytest.mark.parametrize("at", [1e30, -1e15, math.nan, math.inf])
def test_a_time_that_is_in_no_calendar_stops_no_report(at: float) -> None:
    made = history(trial(0, 0.8, started=at, finished=at))
    told = content(report(made, events=[AuditEvent(at, "act", "Noted.")], edits=[(2, at, "x")]))
    assert told["done"].rows[0][0] == "—"


def test_the_dummy_and_the_locked_test_stand_beside_the_best() -> None:
    made = history(trial(0, 0.8), trial(1, 0.9), plan=Plan(dummy={"accuracy": (0.3, 0.5)}))
    told = content(report(made, test={"accuracy": 0.875}))["result"]
    tiles = {tile.title: tile.value for tile in told.tiles}
    assert tiles == {
        "Best trial, #1": "0.900",
        "Defaults of the model": "0.8",
        "Dummy": "0.4",
        "Locked test": "0.875",
        "Trials": "2",
    }
    opened = (
        "On the 25 % of the rows that were locked away: Accuracy 0.875 (the validation said 0.9)."
    )
    assert opened in told.sentences


def test_without_locked_rows_the_optimism_is_told() -> None:
    spec = msgspec.structs.replace(SPEC, data=DataSpec("flowers.csv"))
    told = content(report(history(trial(0, 0.8)), spec))["result"].sentences
    assert told[-1].startswith("No rows are locked away. The validation score is a little optimi")


def test_a_trial_that_was_chosen_by_its_number_is_not_called_the_best(usual: History) -> None:
    chosen = replace(report(usual), chosen=(usual.trials[4], None))
    told = content(chosen)["result"]
    assert told.sentences[0].startswith("Trial 4, which was chosen by hand, has Accuracy 0.900")
    assert told.sentences[1] == "The best one is trial 1 with 0.95."
    assert told.tiles[0].title == "Trial #4"


# --- studies of all kinds ---------------------------------------------------------------------


@pytest.mark.usefixtures("no_pictures")
def test_a_study_without_trials_has_a_report() -> None:
    page = Page(report_html(report(history(), status="This study has no trials yet.")))
    assert "No trial was run yet, so there is no result." in page.text
    assert page.sections == ["result", "study", "repeat"]


@pytest.mark.usefixtures("no_pictures")
def test_one_trial_of_one_fold_has_a_report() -> None:
    one = trial(0, 0.8, fold_scores={"accuracy": (0.8,)})
    page = Page(report_html(report(history(one), no_landscape="Too few trials.")))
    assert "One fold tells no uncertainty." in page.text
    assert "one fold only" in page.text
    assert "Too few trials." in page.text


@pytest.mark.usefixtures("no_pictures")
def test_where_all_trials_failed_the_errors_are_the_report() -> None:
    made = history(*(failed(number) for number in range(30)), failed(30, "another"))
    page = Page(report_html(report(made)))
    assert "No trial has a score yet" in page.text
    assert "The last one failed: another" in page.text
    assert "Trials 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 18 more it broke" in page.text
    assert "history" not in page.sections


@pytest.mark.usefixtures("no_pictures")
def test_a_running_study_has_a_report_of_what_has_finished() -> None:
    open_ = {"finished": None, "told": None, "scores": {}, "fold_scores": {}}
    running = trial(1, 0, state=TrialState.RUNNING, **open_)
    waiting = trial(2, 0, state=TrialState.WAITING, **open_, started=None)
    page = Page(report_html(report(history(trial(0, 0.8), running, waiting))))
    assert "3 trials: 1 waiting, 1 running, 1 complete" in page.text
    assert "Trial 0 is the best" in page.text


def test_several_goals_have_a_set_as_their_result() -> None:
    made = several_goals.history()
    page = Page(report_html(report(made, several_goals.spec())))
    told = content(report(made, several_goals.spec()))["result"].sentences
    assert told[0].startswith(
        "The result is a set: 5 trials are on the Pareto front of 6 complete"
    )
    assert "Trial 2, the knee of the front, is taken below." in told
    assert not any("is the best" in sentence for sentence in told)
    assert page.sections[:3] == ["result", "front", "parameters"]
    assert len([tag for tag, found in page.tags if tag == "svg"]) == 2


def test_where_no_trial_keeps_the_thresholds_the_nearest_is_told() -> None:
    goals = (Goal("accuracy", "maximize", threshold=0.999), several_goals.SIZE)
    made = several_goals.history(goals=goals)
    told = content(report(made, several_goals.spec(goals)))["result"]
    assert told.sentences[0].startswith("No trial keeps all thresholds: the nearest is trial 0")
    assert told.front.rows == ()


@pytest.mark.usefixtures("no_pictures")
def test_five_goals_have_a_report() -> None:
    goals = tuple(Goal(f"m{place}", "maximize") for place in range(5))
    rng = np.random.default_rng(0)
    made = several_goals.history(rng.random((12, 5)).tolist(), goals)
    page = Page(report_html(report(made, several_goals.spec(goals))))
    assert all(f"m{place} (larger is better)" in page.text for place in range(5))
    assert "front" in page.sections


def test_models_are_compared_where_there_are_several() -> None:
    space = Space([Categorical("model", ("svc", "ridge"))])
    trials = [
        msgspec.structs.replace(trial(n, 0.8 + n / 100), params={"model": ("svc", "ridge")[n % 2]})
        for n in range(4)
    ]
    spec = msgspec.structs.replace(SPEC, models=(ModelSpec("svc"), ModelSpec("ridge")))
    table = content(report(History(space, (ACCURACY,), trials), spec))["models"]
    assert [row[:4] for row in table.rows] == [
        ("ridge", "0.830 ± 0.015", "best", "2"),
        ("svc", "0.820 ± 0.015", "worse", "2"),
    ]


def test_learning_curves_are_drawn_where_there_are_some() -> None:
    trials = [trial(n, 0.8, curves={"accuracy": (0.5, 0.7, 0.8)}) for n in range(3)]
    assert [one.key for one in pictures(SPEC, history(*trials))] == ["history", "learning"]


def test_words_of_people_are_in_the_report() -> None:
    first = apply(Annotate(0, "looks odd", ("check", "later")), trial(0, 0.8), (ACCURACY,))
    second = apply(Correct(1, {"accuracy": 0.75}), trial(1, 0.9), (ACCURACY,))
    people = content(report(history(first, second)))["people"]
    assert people.rows[0] == ("0", "check, later", "looks odd", "")
    assert people.rows[1] == ("1", "", "", "accuracy: 0.75, measured 0.9")


def test_the_audit_trail_and_the_edits_are_one_list_in_time() -> None:
    events = [AuditEvent(1e9, "retract", "Retracted trial 3."), AuditEvent(3e9, "x", "Later.")]
    edits = [(1, 0.5e9, "new"), (2, 2e9, "another range")]
    done = content(report(history(trial(0, 0.8)), events=events, edits=edits))["done"]
    assert [row[1] for row in done.rows] == [
        "Retracted trial 3.",
        "Version 2 of the specification: another range",
        "Later.",
    ]


# --- many trials ------------------------------------------------------------------------------


def test_of_many_trials_the_best_are_shown_and_the_others_counted() -> None:
    all_shown = [trial(n, 0.5 + (n % 97) / 300) for n in range(ALL_UP_TO)]
    table = content(report(history(*all_shown)))["trials"]
    assert (len(table.rows), table.more) == (ALL_UP_TO, "")
    table = content(report(history(*all_shown, trial(ALL_UP_TO, 0.9))))["trials"]
    assert len(table.rows) == MOST_TRIALS
    assert table.rows[0][0] == str(ALL_UP_TO)
    assert table.marks[0] == "best"
    assert table.more.startswith(f"{ALL_UP_TO + 1 - MOST_TRIALS} more trials are not shown here")


def test_the_picture_of_many_trials_stays_small() -> None:
    made = history(*(trial(n, 0.5 + (n % 89) / 300) for n in range(1500)))
    (picture,) = pictures(SPEC, made)
    assert len(picture.svg) < 200_000
    assert 'href="data:image/png;base64,' in picture.svg


def test_the_best_trials_come_first_and_those_without_a_score_last() -> None:
    made = history(failed(0), trial(1, 0.7), trial(2, 0.9), trial(3, 0.9), failed(4))
    assert in_order(made) == [2, 3, 1, 0, 4]
    several = several_goals.history()
    assert in_order(several)[-1] == several_goals.DOMINATED
    assert in_order(history()) == []


# --- the file ---------------------------------------------------------------------------------


def test_the_file_is_written_whole_and_only_as_html(tmp_path: Path) -> None:
    made = report(history())
    write_report(made, tmp_path / "new" / "report.html")
    text = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.rstrip().endswith("</html>")
    with pytest.raises(ExportError, match=r"must end in one of \.html, \.htm"):
        write_report(made, tmp_path / "report.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="is not a folder"):
        write_report(made, tmp_path / "file" / "report.html")


def test_the_same_study_gives_the_same_pictures() -> None:
    made = history(trial(0, 0.8), trial(1, 0.9))
    first, second = (list(pictures(SPEC, made)) for _ in range(2))
    assert [one.key for one in first] == ["history"]
    assert first == second


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "width", "shown"),
    [
        (0.96712, 0.0123, "0.967 ± 0.012"),
        (-59.8965, 101.2, "-60 ± 101"),
        (0.5, math.nan, "0.5"),
        (math.nan, 0.1, "—"),
        (None, 0.1, "—"),
        (1.0, 0.0, "1 ± 0"),
        (1e12, 1e3, "1e+12 ± 1e+03"),
        (1e-14, 1e-15, "1e-14 ± 1e-15"),
        (math.inf, 1.0, "inf"),
    ],
)
def test_a_score_and_its_interval_end_at_the_same_digit(
    value: float | None, width: float, shown: str
) -> None:
    assert with_width(value, width) == shown


def test_long_lists_are_counted() -> None:
    assert listed([1, 2, 3]) == "1, 2, 3"
    assert listed(list(range(20)), 2) == "0, 1 and 18 more"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ± ∞ 日本", "plain ± ∞ 日本"),
        ("two\nlines\tand more", "two\nlines\tand more"),
        ("a\x00\x1b[31m\x85", "a��[31m�"),
        ("\u202eevil\u2066", "�evil�"),
        ("\ud800", "�"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_letters_that_a_page_cannot_hold_or_that_turn_others_around_are_replaced(
    text: str, shown: str
) -> None:
    assert readable(text) == shown
