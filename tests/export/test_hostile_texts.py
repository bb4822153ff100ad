"""Texts that others wrote do no harm in a spreadsheet or a picture."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from hpo_gui.core.acts import Annotate, Correct, Retract, apply
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Learned, Origin, Trial, TrialState, add_step
from hpo_gui.export.audit_trail import audit_text, write_audit_csv
from hpo_gui.export.excel import write_audit_excel
from hpo_gui.export.front import write_front_plot
from hpo_gui.export.learning import write_learning_csv
from hpo_gui.export.plot import write_convergence_plot
from hpo_gui.export.schedule import write_schedule_csv
from hpo_gui.export.table import cell, trial_columns, write_trials_csv
from hpo_gui.gui.tables.trial_table import _pasted
from hpo_gui.storage.records import AuditEvent

EVIL = "=cmd|'/C calc'!A1"
STARTS = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", EVIL]


@pytest.mark.parametrize("text", STARTS)
def test_a_text_that_a_spreadsheet_would_run_gets_a_quote_in_front(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -0.5, 3.25, "a=b", "x-1", "", True, (1, -2), {"=": "="}])
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    shown = cell(value)  # type: ignore[arg-type]
    assert not str(shown).startswith("'")
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert shown == value


def hostile(name: str = EVIL, text: str = EVIL) -> History:
    """A study whose every text is hostile."""
    space = Space([Categorical(name, (text, "b")), Float("x", -1.0, 1.0)])
    goal = Goal(name)
    trials = []
    for number in range(3):
        trial = Trial(number, {name: text, "x": -0.5}, Origin(text, text), told=number + 1)
        if number < 2:
            trial = add_step(trial, 0, Learned({name: (-0.25, -0.5)}))
        state = TrialState.FAILED if number == 2 else TrialState.COMPLETE
        failure = Failure("raised", text) if number == 2 else None
        trials.append(
            Trial(
                number,
                trial.params,
                trial.origin,
                state,
                scores=trial.scores,
                curves=trial.curves,
                failure=failure,
                told=number + 1,
            )
        )
    return History(space, [goal], trials)


def test_no_cell_of_any_csv_file_is_a_formula(tmp_path: Path) -> None:
    history = hostile()
    write_trials_csv(history, tmp_path / "trials.csv")
    write_learning_csv(history, tmp_path / "learning.csv")
    write_schedule_csv(history, history.trials[0], tmp_path / "schedule.csv")
    for path in tmp_path.iterdir():
        with path.open(newline="", encoding="utf-8") as file:
            cells = [text for row in csv.reader(file) for text in row]
        assert len(cells) > 5
        for text in cells:
            if text.startswith(("=", "+", "-", "@")):
                float(text)  # a number, which stays one


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_shows_texts_as_they_stand(tmp_path: Path, suffix: str) -> None:
    evil = r"$\frac{$ </svg><script>alert(1)</script> $"
    write_convergence_plot(hostile(evil, evil), tmp_path / f"plot{suffix}")
    content = (tmp_path / f"plot{suffix}").read_bytes()
    assert b"<script>" not in content
    assert len(content) > 1000


def test_the_picture_of_a_front_reads_no_formula_from_a_goal(tmp_path: Path) -> None:
    goals = Goal(r"$\frac{$"), Goal("b")
    scores = [{goals[0].metric: float(n), "b": -float(n)} for n in range(3)]
    trials = [
        Trial(n, {"x": n / 3}, Origin("random"), TrialState.COMPLETE, scores=told, told=n + 1)
        for n, told in enumerate(scores)
    ]
    history = History(Space([Float("x", -1.0, 1.0)]), goals, trials)
    write_front_plot(history, tmp_path / "front.png")
    assert len((tmp_path / "front.png").read_bytes()) > 1000


@pytest.mark.parametrize(
    ("words", "pasted"),
    [
        ("-0.5", "-0.5"),
        ("1e-3", "1e-3"),
        (EVIL, f"'{EVIL}"),
        ("-2+3", "'-2+3"),
        ("a\tb\nc", "a b c"),
        ("plain", "plain"),
    ],
)
def test_rows_on_the_clipboard_hold_no_formulas(words: str, pasted: str) -> None:
    assert _pasted(words) == pasted


def test_notes_tags_and_corrections_are_columns_without_formulas(tmp_path: Path) -> None:
    goal, origin = Goal("loss", "minimize"), Origin("random")
    done = {"state": TrialState.COMPLETE, "scores": {"loss": 0.5}}
    trials = [Trial(n, {"x": 0.5}, origin, told=n + 1, **done) for n in range(3)]
    trials[0] = apply(Annotate(0, "=1+1", ("@a", "b")), trials[0], (goal,))
    trials[1] = apply(Correct(1, {"loss": 0.25}), trials[1], (goal,))
    trials[2] = apply(Retract(2), trials[2], (goal,))
    space = Space([Float("x", 0, 1)])
    write_trials_csv(History(space, (goal,), trials), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert (first["note"], first["tags"], first["corrected"]) == ("'=1+1", "'@a, b", "")
    assert (second["corrected"], second["mean_loss"], second["measured_loss"]) == (
        "loss",
        "0.25",
        "0.5",
    )
    assert (third["state"], third["measured_loss"]) == ("retracted", "0.5")
    write_trials_csv(History(space, (goal,), trials[2:2]), tmp_path / "none.csv")
    assert "note" not in (tmp_path / "none.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("at", [1e30, math.nan, math.inf])
def test_a_time_that_is_in_no_calendar_is_left_empty(at: float, tmp_path: Path) -> None:
    events = [AuditEvent(at, "act", "Noted."), AuditEvent(1e9, "act", "Noted again.")]
    assert audit_text(events).startswith("—\tNoted.\n2001-09-09T01:46:40+00:00\t")
    write_audit_csv(events, tmp_path / "log.csv")
    write_audit_excel(events, tmp_path / "log.xlsx")
    assert (tmp_path / "log.csv").read_text("utf-8").splitlines()[1].startswith(",act,")
    trial = Trial(0, {"x": 0.5}, Origin("random"), started=at, finished=at)
    made = History(Space([Float("x", 0.0, 1.0)]), (Goal("loss", "minimize"),), [trial])
    columns = trial_columns(made)
    assert (columns["started"], columns["finished"]) == ([None], [None])
