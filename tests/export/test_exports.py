"""Files that leave the program: whole or not at all, and readable by others."""

from __future__ import annotations

import csv
import json
import math
import pickle
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.landscape import Landscape, Survey, prepare_survey, survey
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Learned, Origin, Trial, TrialState, add_step
from hpo_gui.export.files import replaced, write_text
from hpo_gui.export.landscape import write_landscape_csv, write_landscape_plot
from hpo_gui.export.learning import write_learning_csv, write_learning_plot
from hpo_gui.export.model import write_model
from hpo_gui.export.parameters import averaged, write_params_json
from hpo_gui.export.plot import convergence_figure, write_convergence_plot
from hpo_gui.export.table import trial_columns, write_trials_csv, write_trials_parquet

SPACE = Space(
    [
        Categorical("kernel", ["rbf", "poly", "=1+1"]),
        Float("gamma", 0.1, 1.0, when={"kernel": ("rbf",)}),
        Categorical("layers", [(64, 32), None]),
    ]
)
GOAL = Goal("accuracy", "maximize")


def history() -> History:
    trials = []
    for number, (kernel, score) in enumerate([("rbf", 0.8), ("poly", 0.9), ("=1+1", math.nan)]):
        params = SPACE.complete({"kernel": kernel})
        origin = Origin("default" if number == 0 else "random", "x.")
        trial = Trial(number, params, origin, started=1e9, finished=1e9 + 2, told=number + 1)
        for fold in range(2):
            trial = add_step(
                trial, fold, {"accuracy": score + fold / 100, "fit_time": 0.5, "f1": 0.1}
            )
        state = TrialState.FAILED if math.isnan(score) else TrialState.COMPLETE
        failure = Failure("not_finite", "The score is nan.") if math.isnan(score) else None
        trials.append(_with(trial, state, failure))
    return History(SPACE, (GOAL,), trials)


def _with(trial: Trial, state: TrialState, failure: Failure | None) -> Trial:
    return msgspec.structs.replace(trial, state=state, failure=failure)


def test_the_columns_have_their_order_and_names() -> None:
    names = list(trial_columns(history()))
    assert names == [
        "number",
        "state",
        "origin",
        "mean_accuracy",
        "std_accuracy",
        "split0_accuracy",
        "split1_accuracy",
        "mean_f1",
        "std_f1",
        "split0_f1",
        "split1_f1",
        "param_kernel",
        "param_gamma",
        "param_layers",
        "fit_time",
        "predict_time",
        "started",
        "finished",
        "error",
    ]


def test_what_a_strategy_expected_stands_in_the_last_columns() -> None:
    trials = list(history().trials)
    origin = Origin("bayesian", "x.", mean=0.95, sd=0.01, acquisition=-3.5)
    trials[1] = msgspec.structs.replace(trials[1], origin=origin)
    columns = trial_columns(History(SPACE, (GOAL,), trials))
    assert list(columns)[-4:] == ["error", "expected", "expected_sd", "acquisition"]
    assert columns["expected"] == [None, 0.95, None]
    assert columns["expected_sd"] == [None, 0.01, None]
    assert columns["acquisition"] == [None, -3.5, None]


def test_the_csv_reads_back_with_empty_cells_where_inactive(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "trials.csv"
    write_trials_csv(history(), path)
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == ["0", "1", "2"]
    assert float(rows[0]["mean_accuracy"]) == pytest.approx(0.805)
    assert float(rows[0]["std_accuracy"]) == pytest.approx(0.005)
    assert rows[1]["param_gamma"] == ""
    assert rows[0]["param_layers"] == "[64, 32]"
    assert rows[2]["error"] == "The score is nan."
    assert rows[2]["mean_accuracy"] == ""
    assert rows[0]["started"] == "2001-09-09T01:46:40+00:00"


def test_a_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path) -> None:
    write_trials_csv(history(), tmp_path / "t.csv")
    assert "'=1+1" in (tmp_path / "t.csv").read_text()


def test_the_parquet_file_keeps_the_types(tmp_path: Path) -> None:
    import pyarrow.parquet

    write_trials_parquet(history(), tmp_path / "t.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert table["mean_accuracy"][1] == pytest.approx(0.905)
    assert table["param_gamma"] == [pytest.approx(0.55), None, None]
    assert json.loads(table["param_layers"][0]) == [64, 32]


def test_the_parameters_of_the_best_trial_are_json(tmp_path: Path) -> None:
    best = history().best
    assert best is not None
    write_params_json(best, GOAL, tmp_path / "best.json", {"accuracy": 0.7})
    read = json.loads((tmp_path / "best.json").read_text())
    assert read["number"] == 1
    assert read["params"] == {"kernel": "poly", "layers": [64, 32]}
    assert read["score"] == pytest.approx(0.905)
    assert read["test_scores"] == {"accuracy": 0.7}


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_the_picture_is_a_real_file_of_its_kind(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = tmp_path / f"plot{suffix}"
    write_convergence_plot(history(), path)
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 5000


def test_the_line_of_the_defaults_in_the_picture_stands_where_they_count() -> None:
    """Where repeats are averaged, one lucky run of the defaults is not what they give."""
    first, other, _ = history().trials
    again = msgspec.structs.replace(first, number=2, scores={"accuracy": 0.5}, told=3)
    for averages, expected in ((True, (0.805 + 0.5) / 2), (False, 0.805)):
        made = History(SPACE, (GOAL,), (first, other, again), plan=Plan(averages=averages))
        lines = {line.get_label(): line for line in convergence_figure(made).axes[0].lines}
        assert lines["defaults"].get_ydata()[0] == pytest.approx(expected)


def small_landscape() -> Landscape:
    """Of 12 trials; `layers` may be none, and gamma does not apply to each kernel."""
    rng = np.random.default_rng(2)
    trials = []
    for number in range(12):
        trial = Trial(number, LANDSCAPE.sample(rng), Origin("random", "x."), told=number + 1)
        trial = add_step(trial, 0, {"accuracy": float(rng.random())})
        trials.append(_with(trial, TrialState.COMPLETE, None))
    wanted = prepare_survey(History(LANDSCAPE, (GOAL,), trials), 0)
    assert isinstance(wanted, Survey)
    return survey(wanted).landscape


LANDSCAPE = Space(
    [
        Categorical("kernel", ["rbf", "=1+1"]),
        Float("gamma", 0.1, 1.0, or_none=True),
        Float("C", 0.1, 10.0, log=True),
    ],
    ["gamma < C"],
)


def test_the_landscape_is_a_table_of_its_slices(tmp_path: Path) -> None:
    landscape = small_landscape()
    write_landscape_csv(landscape, tmp_path / "l.csv")
    with (tmp_path / "l.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "trial",
        "parameter",
        "value",
        "expected",
        "expected_sd",
        "expected_improvement",
    ]
    assert {row["trial"] for row in rows} == {"0"}
    kernel = [row for row in rows if row["parameter"] == "kernel"]
    assert [row["value"] for row in kernel] == ["rbf", "'=1+1"]  # no spreadsheet runs it
    made = landscape.slices[0]
    assert [float(row["expected"]) for row in kernel] == pytest.approx(made.outlook.mean.tolist())
    gamma = [row for row in rows if row["parameter"] == "gamma"]
    assert gamma[-1]["value"] == "none"
    c = [row for row in rows if row["parameter"] == "C"]
    allowed = landscape.point["gamma"]
    assert allowed is not None
    assert all((row["expected"] == "") == (float(row["value"]) <= allowed) for row in c)


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_the_landscape_is_a_picture_too(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = tmp_path / f"landscape{suffix}"
    write_landscape_plot(small_landscape(), LANDSCAPE, path)
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 10_000


def test_a_landscape_of_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.png"):
        write_landscape_plot(small_landscape(), LANDSCAPE, tmp_path / "l.bmp")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_history_and_an_unknown_suffix_are_no_crash(tmp_path: Path) -> None:
    empty = History(SPACE, (GOAL,))
    write_convergence_plot(empty, tmp_path / "a.png")
    write_trials_csv(empty, tmp_path / "a.csv")
    write_trials_parquet(empty, tmp_path / "a.parquet")
    with pytest.raises(ExportError, match=r"\.png"):
        write_convergence_plot(empty, tmp_path / "a.bmp")


@pytest.mark.parametrize("name", ["m.pkl", "m.joblib"])
def test_a_model_loads_back(tmp_path: Path, name: str) -> None:
    import joblib

    path = tmp_path / name
    write_model({"weights": [1, 2]}, path)
    load = joblib.load if name.endswith("joblib") else lambda p: pickle.loads(p.read_bytes())
    assert load(path) == {"weights": [1, 2]}


def test_a_model_that_cannot_be_pickled_leaves_no_file_behind(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="pickled"):
        write_model(lambda x: x, tmp_path / "m.pkl")
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_middle_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text("old", path)

    def break_off() -> None:
        with replaced(path) as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left"):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("I am a file")
    with pytest.raises(ExportError, match=r"folder.*remedy|folder.*Choose another"):
        write_text("x", tmp_path / "folder" / "file.txt")


def learnt() -> History:
    trials = []
    for number in range(3):
        trial = Trial(number, {}, Origin("random"), parent=0 if number == 2 else None)
        for step in range(2, 4) if number == 2 else range(2 + number):
            folds = {"accuracy": (0.5 + step / 10, 0.6), "learning_rate": (0.1 / (step + 1),)}
            trial = add_step(trial, step, Learned(folds))
        trials.append(_with(trial, TrialState.COMPLETE, None))
    return History(SPACE, (GOAL,), trials)


def test_learning_curves_are_written_step_by_step(tmp_path: Path) -> None:
    write_learning_csv(learnt(), tmp_path / "learning.csv")
    with (tmp_path / "learning.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [(row["trial"], row["step"]) for row in rows]
    assert steps[:5] == [("0", "1"), ("0", "2"), ("1", "1"), ("1", "2"), ("1", "3")]
    assert steps[5:] == [("2", "3"), ("2", "4")]  # what its parent has learnt is the parent's
    assert float(rows[0]["accuracy"]) == pytest.approx(0.55)
    assert float(rows[1]["learning_rate"]) == pytest.approx(0.05)


def test_a_metric_that_is_called_as_a_column_has_one_of_its_own(tmp_path: Path) -> None:
    folds = {"accuracy": (0.5,), "step": (8.0,), "metric_step": (9.0,), "trial": (7.0,)}
    trial = add_step(Trial(0, {}, Origin("random")), 0, Learned(folds))
    done = _with(trial, TrialState.COMPLETE, None)
    write_learning_csv(History(SPACE, (GOAL,), [done]), tmp_path / "learning.csv")
    head, row = (tmp_path / "learning.csv").read_text("utf-8").splitlines()
    names = head.split(",")
    assert names == [
        "trial",
        "step",
        "accuracy",
        "metric_metric_step",
        "metric_step",
        "metric_trial",
    ]
    assert [float(value) for value in row.split(",")] == [0, 1, 0.5, 8, 9, 7]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_learning_curves_are_drawn(tmp_path: Path, suffix: str) -> None:
    write_learning_plot(learnt(), tmp_path / f"learning{suffix}", 4)
    assert (tmp_path / f"learning{suffix}").stat().st_size > 1000


def test_learning_curves_of_trials_without_are_refused(tmp_path: Path) -> None:
    for write, name in ((write_learning_csv, "a.csv"), (write_learning_plot, "a.png")):
        with pytest.raises(ExportError, match="learn step by step"):
            write(history(), tmp_path / name)
        assert not (tmp_path / name).exists()
    with pytest.raises(ExportError, match="must end in"):
        write_learning_plot(learnt(), tmp_path / "a.txt")


def test_the_parameters_of_averaged_repeats_tell_what_they_count_with() -> None:
    first, other, _ = history().trials
    again = msgspec.structs.replace(first, number=2, scores={"accuracy": 0.5}, told=3)
    past = History(SPACE, (GOAL,), (first, other, again), plan=Plan(averages=True))
    mean = pytest.approx((0.805 + 0.5) / 2)
    assert averaged(first, past) == {"repeats": {"numbers": [0, 2], "score": mean}}
    assert averaged(other, past) == {}
    assert averaged(first, History(SPACE, (GOAL,), (first, other, again))) == {}
