"""What can be exported: the file's name, what it holds, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication

Needs = Literal[
    "nothing",
    "trials",
    "trial",
    "front",
    "landscape",
    "learning",
    "lineage",
    "model",
    "table",
    "ensemble",
]


@dataclass(frozen=True)
class ExportChoice:
    """One file.

    Attributes
    ----------
    key : as in `assembly.results.KINDS`
    needs : "trials" any trial, "trial" a complete one, "front" one of several goals, "landscape"
        enough of them for a surrogate, "learning" one that learns step by step, "lineage" a
        complete one that has gone on from another, "model" a complete one of a model of ours,
        "table" any trial of one, "ensemble" complete ones that have left predictions of unseen
        rows
    usual : whether it is ticked at first
    """

    key: str
    file: str
    holds: str
    needs: Needs
    usual: bool


def export_choices() -> tuple[ExportChoice, ...]:
    """All files that can be written, in the order they are offered."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("export", text)

    return (
        ExportChoice(
            "report",
            "report.html",
            tr("The whole study on one page, with pictures: to read, print and send."),
            "trials",
            False,
        ),
        ExportChoice(
            "model_skops",
            "model.skops",
            tr(
                "The fitted model, preprocessing included, for skops.io.load. Recommended to pass "
                "on: who opens it sees what it holds before anything runs."
            ),
            "model",
            False,
        ),
        ExportChoice(
            "model_pickle",
            "model.pkl",
            tr("The fitted model, preprocessing included, for pickle.load in Python."),
            "model",
            True,
        ),
        ExportChoice(
            "model_joblib",
            "model.joblib",
            tr("The same model, compressed, for joblib.load."),
            "model",
            False,
        ),
        ExportChoice(
            "params", "best.json", tr("Parameters and scores of the chosen trial."), "trial", True
        ),
        ExportChoice(
            "trials_csv",
            "trials.csv",
            tr("Every trial: scores of all folds, parameters, times, errors."),
            "trials",
            True,
        ),
        ExportChoice(
            "trials_parquet",
            "trials.parquet",
            tr("The same table with its types, for pandas and R."),
            "trials",
            False,
        ),
        ExportChoice(
            "trials_excel",
            "trials.xlsx",
            tr("The same table as an Excel workbook: numbers, times and texts, no formulas."),
            "trials",
            False,
        ),
        ExportChoice(
            "models_csv",
            "models.csv",
            tr("The models side by side: best score, what is only noise, trials, times."),
            "table",
            False,
        ),
        ExportChoice(
            "ensemble_pickle",
            "ensemble.pkl",
            tr("The best models as one that votes, for pickle.load in Python."),
            "ensemble",
            False,
        ),
        ExportChoice(
            "ensemble_json",
            "ensemble.json",
            tr("Who votes in it, how much, and how good it is."),
            "ensemble",
            False,
        ),
        ExportChoice(
            "plot_png",
            "convergence.png",
            tr("The picture of the run, for slides."),
            "trials",
            True,
        ),
        ExportChoice(
            "plot_svg",
            "convergence.svg",
            tr("The same picture as vectors, for print."),
            "trials",
            False,
        ),
        ExportChoice(
            "front_csv",
            "front.csv",
            tr("The trials of the Pareto front: scores of all goals, parameters."),
            "front",
            True,
        ),
        ExportChoice(
            "front_png",
            "front.png",
            tr("The Pareto front as a picture, for slides."),
            "front",
            False,
        ),
        ExportChoice(
            "front_svg",
            "front.svg",
            tr("The same picture as vectors, for print."),
            "front",
            False,
        ),
        ExportChoice(
            "landscape_csv",
            "landscape.csv",
            tr("What the surrogate expects along each parameter, through this trial."),
            "landscape",
            False,
        ),
        ExportChoice(
            "landscape_png",
            "landscape.png",
            tr("The same as a picture, with a map."),
            "landscape",
            False,
        ),
        ExportChoice(
            "landscape_svg",
            "landscape.svg",
            tr("The same picture as vectors, for print."),
            "landscape",
            False,
        ),
        ExportChoice(
            "learning_csv",
            "learning.csv",
            tr("Every trial after each of its steps: scores, training scores, learning rate."),
            "learning",
            False,
        ),
        ExportChoice(
            "learning_png",
            "learning.png",
            tr("The learning curves as a picture, for slides."),
            "learning",
            False,
        ),
        ExportChoice(
            "learning_svg",
            "learning.svg",
            tr("The same picture as vectors, for print."),
            "learning",
            False,
        ),
        ExportChoice(
            "schedule_csv",
            "schedule.csv",
            tr("The parameters of this trial and its ancestors, from step to step."),
            "lineage",
            True,
        ),
        ExportChoice(
            "schedule_json",
            "schedule.json",
            tr("The same with the score, for programs."),
            "lineage",
            False,
        ),
        ExportChoice(
            "replay",
            "replay.toml",
            tr("A study that follows this schedule from the first step."),
            "lineage",
            False,
        ),
        ExportChoice(
            "spec",
            "study.toml",
            tr("The specification, to run it again without a window."),
            "nothing",
            True,
        ),
    )
