"""The front as files and in a terminal, and what other files say of several goals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.comparison import interval
from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import pareto
from hpo_gui.cli.result import about
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.trial import TrialState
from hpo_gui.export.front import write_front_csv, write_front_plot
from hpo_gui.export.front_text import about_front, front_line, growth_line, missed, nearest_words
from hpo_gui.export.parameters import among_goals, write_params_json
from hpo_gui.export.plot import write_convergence_plot
from hpo_gui.export.table import trial_columns, write_trials_csv
from tests.support.several_goals import ACCURACY, KNEE, SIZE, SPACE, TIME, history, trial

IMPOSSIBLE = (Goal("accuracy", "maximize", threshold=0.995), Goal("model_size", threshold=95.0))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_of_the_front_has_its_trials_and_intervals(tmp_path: Path) -> None:
    write_front_csv(history(), tmp_path / "front.csv")
    rows = read(tmp_path / "front.csv")
    assert [row["number"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [row["knee"] for row in rows].index("True") == KNEE
    assert rows[1]["mean_accuracy"].startswith("0.97")
    assert float(rows[1]["interval_accuracy"]) > 0
    assert rows[1]["mean_model_size"] == "500.0"
    assert rows[1]["interval_model_size"] == ""
    assert rows[1]["param_x"] == "0.1"


@pytest.mark.parametrize("suffix", [".png", ".svg"])
@pytest.mark.parametrize(
    "goals",
    [
        (ACCURACY, SIZE),
        (Goal("accuracy", "maximize", threshold=0.9), Goal("model_size", threshold=550.0)),
        IMPOSSIBLE,
    ],
    ids=["free", "thresholds", "impossible"],
)
def test_the_front_becomes_a_picture(tmp_path: Path, goals: tuple[Goal, ...], suffix: str) -> None:
    path = tmp_path / f"front{suffix}"
    write_front_plot(history(goals=goals), path)
    assert path.stat().st_size > 2000


def test_five_goals_become_a_grid_of_pairs(tmp_path: Path) -> None:
    goals = (ACCURACY, SIZE, TIME, Goal("f1"), Goal("log_loss"))
    scores = np.abs(np.random.default_rng(2).normal(size=(8, 5))) * (1, 1e9, 1e-9, 1, 0)
    path = tmp_path / "front.svg"
    write_front_plot(history(scores.tolist(), goals), path)
    assert path.read_text(encoding="utf-8").count('id="axes_') == 10


def test_one_goal_or_no_complete_trial_have_no_front(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="several goals"):
        write_front_csv(history([(0.9,)], (ACCURACY,)), tmp_path / "front.csv")
    failed = trial(0, (0, 0), (ACCURACY, SIZE), state=TrialState.FAILED)
    with pytest.raises(ExportError, match="complete trial"):
        write_front_plot(History(SPACE, [ACCURACY, SIZE], [failed]), tmp_path / "front.png")
    with pytest.raises(ExportError, match="must end in"):
        write_front_plot(history(), tmp_path / "front.gif")


def test_the_table_of_trials_says_what_is_on_the_front(tmp_path: Path) -> None:
    goals = (Goal("accuracy", "maximize", threshold=0.75), SIZE)
    path = tmp_path / "trials.csv"
    write_trials_csv(history(goals=goals), path)
    rows = read(path)
    assert [row["on_front"] for row in rows] == ["True"] * 4 + ["False"] * 2
    assert [row["feasible"] for row in rows] == ["True"] * 4 + ["False", "True"]
    assert [float(row["mean_model_size"]) for row in rows][:2] == [900.0, 500.0]


def test_a_table_with_one_goal_is_as_it_was() -> None:
    columns = trial_columns(history([(0.9,), (0.8,)], (ACCURACY,)))
    assert not {"on_front", "feasible"} & set(columns)
    limited = trial_columns(history([(0.9,)], (Goal("accuracy", "maximize", threshold=0.95),)))
    assert limited["feasible"] == [False]
    assert "on_front" not in limited


def test_the_parameters_name_the_front_and_why_the_trial_was_taken(tmp_path: Path) -> None:
    shown = history()
    chosen = shown.trials[KNEE]
    path = tmp_path / "best.json"
    write_params_json(chosen, shown.goal, path, None, among_goals(chosen, shown, "knee"))
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["number"] == KNEE
    assert told["chosen"] == "knee"
    assert [goal["metric"] for goal in told["goals"]] == ["accuracy", "model_size"]
    assert [row["number"] for row in told["front"]] == [0, 1, 2, 3, 4]
    assert told["on_front"]
    assert among_goals(shown.trials[5], shown)["chosen"] == "given"


def test_the_terminal_shows_the_front_as_a_table() -> None:
    shown = history()
    text = about_front(shown, shown.trials[KNEE], "knee")
    assert "5 trials are on the Pareto front of 6 complete ones" in text
    assert "Trial 2, the knee of the front, is taken" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["0", "0.99", "±", "0.0059", "900", "best", "accuracy"] in lines
    assert "best model_size" in text
    assert "hypervolume" in text
    assert "x = 0.2" in text


def test_a_long_front_is_cut_but_keeps_its_knee() -> None:
    places = np.linspace(0, np.pi / 2, 70)
    scores = [(float(np.sin(a)) - 1, 2 - float(np.cos(a)) * 0.5) for a in places]
    shown = history([(1 + a, b) for a, b in scores])
    made = pareto(shown)
    text = about_front(shown, shown.trials[0], "best")
    assert len(made.front) == 70
    assert len(text.splitlines()) < 35
    assert "more: hpo-gui export --front" in text


def test_a_long_front_of_three_goals_is_cut_but_keeps_the_best_of_each() -> None:
    places = np.linspace(0, np.pi, 90)
    goals = (Goal("a"), Goal("b"), Goal("c"))
    scores = [(float(i), -float(np.sin(a)), -float(i)) for i, a in enumerate(places)]
    shown = history(scores, goals)
    text = about_front(shown, shown.trials[0], "best")
    assert len(pareto(shown).front) == 90
    assert [f"best {name}" in text for name in "abc"] == [True] * 3
    assert len(text.splitlines()) < 35


def test_trials_with_equal_scores_share_a_line() -> None:
    shown = history([(0.9, 100.0), (0.8, 50.0), (0.8, 50.0), (0.9, 100.0), (0.9, 100.0)])
    text = about_front(shown, shown.trials[0], "best")
    assert "5 trials are on the Pareto front of 5 complete ones, with 2 different scores:" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert [line.split()[0] for line in lines[2:4]] == ["0", "1"]
    assert lines[2].endswith("best accuracy, as 2 others")
    assert lines[3].endswith("best model_size, as trial 2")
    assert "more:" not in text


def test_a_single_trial_is_the_front_of_one_complete_one() -> None:
    shown = history([(0.9, 100.0)])
    text = about_front(shown, shown.trials[0], "best")
    assert text.startswith("1 trial is on the Pareto front of 1 complete one:")


def test_progress_tells_the_front_and_the_best_of_each_goal() -> None:
    shown = history()
    line = front_line(pareto(shown), shown)
    assert line == "front 5; best accuracy 0.99 (trial 0), model_size 90 (trial 4)"
    grown = growth_line(growth(shown, pareto(shown)), 3)
    assert grown.startswith("hypervolume ")
    assert "by the last 3 trials" in grown


def test_without_a_feasible_trial_the_terminal_names_the_nearest() -> None:
    shown = history(goals=IMPOSSIBLE)
    best = shown.best
    assert best is not None
    text = about_front(shown, best, "nearest")
    assert "No trial keeps all thresholds" in text
    assert f"Trial {best.number}, the nearest, is taken" in text
    assert front_line(pareto(shown), shown).startswith("none feasible yet")
    assert missed(shown.trials[0], IMPOSSIBLE) == [
        "accuracy 0.99 instead of at least 0.995",
        "model_size 900 instead of at most 95",
    ]


def test_with_one_goal_the_terminal_says_that_no_trial_keeps_its_threshold() -> None:
    goals = (msgspec.structs.replace(ACCURACY, threshold=0.995),)
    shown = history([(0.9,), (0.8,)], goals)
    text = about(shown.trials[0], shown, 0)
    assert "no trial keeps the threshold: accuracy 0.9 instead of at least 0.995" in text
    kept = history([(0.999,), (0.8,)], goals)
    assert "threshold" not in about(kept.trials[0], kept, 0)


def test_before_the_first_complete_trial_nothing_is_said() -> None:
    empty = History(SPACE, [ACCURACY, SIZE], [])
    assert front_line(pareto(empty), empty) == ""


def test_the_convergence_of_several_goals_has_a_panel_for_each_and_the_volume(
    tmp_path: Path,
) -> None:
    path = tmp_path / "convergence.svg"
    write_convergence_plot(history(), path)
    assert path.read_text(encoding="utf-8").count('id="axes_') == 3
    write_convergence_plot(history([(0.9,), (0.8,)], (ACCURACY,)), path)
    assert path.read_text(encoding="utf-8").count('id="axes_') == 1


def test_intervals_know_how_much_repeated_folds_overlap(tmp_path: Path) -> None:
    """Of three times five folds a fold judges a quarter of what it learns from, not 1/14."""
    rng = np.random.default_rng(0)
    runs = []
    for number in range(3):
        made = trial(number, (0.9 + number / 100, 300.0 + number), (ACCURACY, SIZE))
        folds = {
            **made.fold_scores,
            "accuracy": tuple((0.9 + 0.02 * rng.normal(size=15)).tolist()),
        }
        runs.append(msgspec.structs.replace(made, fold_scores=folds))
    past = History(SPACE, (ACCURACY, SIZE), runs)
    write_front_csv(past, tmp_path / "front.csv", 1 / 4)
    widths = {
        row["number"]: float(row["interval_accuracy"]) for row in read(tmp_path / "front.csv")
    }
    for run in runs:
        expected = interval(run.fold_scores["accuracy"], 1 / 4).half_width
        assert widths[str(run.number)] == pytest.approx(expected, rel=1e-3)
    write_front_plot(past, tmp_path / "front.svg", 1 / 4)
    told = about_front(past, runs[0], "best", 1 / 4)
    assert told != about_front(past, runs[0], "best")


def test_averaged_repeats_stand_on_the_front_with_what_they_count_with(tmp_path: Path) -> None:
    """The mean of 0.97 and 0.93 is what decides, not the luckier one of the two."""
    runs = [
        trial(number, scores, (ACCURACY, SIZE))
        for number, scores in enumerate([(0.97, 300.0), (0.93, 300.0), (0.94, 200.0)])
    ]
    same = dict(runs[0].params)
    runs = [msgspec.structs.replace(run, params=same) for run in runs[:2]] + runs[2:]
    past = History(SPACE, (ACCURACY, SIZE), runs, plan=Plan(averages=True))
    write_front_csv(past, tmp_path / "front.csv")
    told = {row["number"]: float(row["mean_accuracy"]) for row in read(tmp_path / "front.csv")}
    assert told == pytest.approx({"0": 0.95, "1": 0.95, "2": 0.94})
    made = pareto(past)
    assert "accuracy 0.95" in front_line(made, past)
    assert "0.97" not in about_front(past, runs[0], "best")
    more = among_goals(runs[0], past)
    assert more["goals"][0]["score"] == pytest.approx(0.95)
    assert [one["accuracy"] for one in more["front"]] == pytest.approx([0.95, 0.95, 0.94])


def test_a_parameter_that_is_no_longer_tuned_has_a_column_too(tmp_path: Path) -> None:
    first = trial(0, (0.9, 300.0), (ACCURACY, SIZE))
    first = msgspec.structs.replace(first, params={**first.params, "old": 7})
    runs = (first, trial(1, (0.8, 200.0), (ACCURACY, SIZE)))
    past = History(SPACE, (ACCURACY, SIZE), runs, edited=True)
    write_front_csv(past, tmp_path / "front.csv")
    assert [row["param_old"] for row in read(tmp_path / "front.csv")] == ["7", ""]


def test_the_nearest_of_averaged_repeats_misses_by_what_it_counts_with() -> None:
    """One run keeps the threshold, the mean of 0.97 and 0.91 does not."""
    bound = msgspec.structs.replace(ACCURACY, threshold=0.95)
    first, second = (
        trial(number, (score, 300.0), (bound, SIZE)) for number, score in enumerate((0.97, 0.91))
    )
    runs = (first, msgspec.structs.replace(second, params=first.params))
    past = History(SPACE, (bound, SIZE), runs, plan=Plan(averages=True))
    assert not len(past.feasible)
    told = nearest_words(pareto(past), past)
    assert told == "the nearest is trial 0: accuracy 0.94 instead of at least 0.95"
