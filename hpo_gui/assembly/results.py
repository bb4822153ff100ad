"""Results as files: the table of trials, the parameters, pictures and the fitted model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpo_gui.analysis.ensemble import Ensemble
from hpo_gui.analysis.landscape import Landscape, Survey, prepare_survey, survey
from hpo_gui.analysis.lineage import ancestors, losses_of, phases_of, steps_learnt
from hpo_gui.analysis.pareto import Why, suggested
from hpo_gui.assembly.ensembles import check_ensemble, export_ensemble, find_ensemble
from hpo_gui.assembly.goals import judging_goal
from hpo_gui.assembly.models import board_of
from hpo_gui.assembly.preparing import prepare_dataset, recorded_metrics
from hpo_gui.assembly.relocation import relocated
from hpo_gui.assembly.replay import replay_spec
from hpo_gui.assembly.report import report_of
from hpo_gui.assembly.resolution import resolve
from hpo_gui.assembly.result_names import beside
from hpo_gui.assembly.seeing import as_it_was
from hpo_gui.assembly.sources import check_spares_sources
from hpo_gui.assembly.study_table import table_of_study
from hpo_gui.core.errors import ExecutionError, ExportError
from hpo_gui.core.history import History
from hpo_gui.core.spec import PreprocessingSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_toml
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.final_model import fit_final, test_scores
from hpo_gui.evaluation.model_choice import ModelChoice
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.evaluation.relearning import Course
from hpo_gui.execution.call import call_in_process
from hpo_gui.export.ensemble import write_ensemble_json
from hpo_gui.export.excel import FORMATS as EXCEL_FORMATS
from hpo_gui.export.excel import check_fits, write_trials_excel
from hpo_gui.export.figures import FORMATS as PLOT_FORMATS
from hpo_gui.export.files import check_suffix, check_writable, write_text
from hpo_gui.export.front import check_front, write_front_csv, write_front_plot
from hpo_gui.export.landscape import write_landscape_csv, write_landscape_plot
from hpo_gui.export.learning import check_learnt, write_learning_csv, write_learning_plot
from hpo_gui.export.model import FORMATS as MODEL_FORMATS
from hpo_gui.export.model import check_format, write_model
from hpo_gui.export.models import write_models_csv
from hpo_gui.export.parameters import among_goals, averaged, write_params_json
from hpo_gui.export.plot import write_convergence_plot
from hpo_gui.export.report import FORMATS as REPORT_FORMATS
from hpo_gui.export.report import write_report
from hpo_gui.export.schedule import FORMATS as SCHEDULE_FORMATS
from hpo_gui.export.schedule import write_schedule_csv, write_schedule_json
from hpo_gui.export.table import write_trials_csv, write_trials_parquet

FIT_SECONDS = 3600.0

KINDS = {
    "report": ("report.html", "the whole study on one page, with pictures, for people"),
    "trials_csv": ("trials.csv", "every trial: scores of all folds, parameters, times, errors"),
    "trials_parquet": ("trials.parquet", "the same table with its types, for pandas and R"),
    "trials_excel": ("trials.xlsx", "the same table as an Excel workbook"),
    "models_csv": ("models.csv", "the models side by side: best score, trials, times"),
    "params": ("best.json", "the parameters and scores of the chosen trial"),
    "model_skops": ("model.skops", "the fitted model, for skops.io.load: it runs no hidden code"),
    "model_pickle": ("model.pkl", "the fitted model, for pickle.load in Python"),
    "model_joblib": ("model.joblib", "the fitted model, compressed, for joblib.load"),
    "ensemble_pickle": ("ensemble.pkl", "the best models as one that votes, for pickle.load"),
    "ensemble_json": ("ensemble.json", "who votes in it, how much, and how good it is"),
    "plot_png": ("convergence.png", "the picture of the run, for slides"),
    "plot_svg": ("convergence.svg", "the same picture as vectors, for print"),
    "front_csv": ("front.csv", "the trials of the Pareto front: scores of all goals, parameters"),
    "front_png": ("front.png", "the Pareto front as a picture, for slides"),
    "front_svg": ("front.svg", "the same picture as vectors, for print"),
    "landscape_csv": ("landscape.csv", "what the surrogate expects along each parameter"),
    "landscape_png": ("landscape.png", "the same as a picture, with a map"),
    "landscape_svg": ("landscape.svg", "the same picture as vectors, for print"),
    "learning_csv": ("learning.csv", "every trial after each step: scores, learning rate"),
    "learning_png": ("learning.png", "the learning curves as a picture"),
    "learning_svg": ("learning.svg", "the same picture as vectors, for print"),
    "schedule_csv": ("schedule.csv", "the trial's parameters from step to step"),
    "schedule_json": ("schedule.json", "the same with the trial's score, for programs"),
    "replay": ("replay.toml", "a study that follows this schedule from the first step"),
    "spec": ("study.toml", "the specification, to run it again"),
}
"""What can be exported: key -> usual file name, and what the file holds."""

OF_A_RUN = (
    "trials_csv",
    "models_csv",
    "front_csv",
    "params",
    "model_pickle",
    "ensemble_json",
    "ensemble_pickle",
)
"""What a run in a terminal may write beside the study."""

MODELS = ("model_skops", "model_pickle", "model_joblib")
FRONTS = ("front_csv", "front_png", "front_svg")
OF_MODELS = (*MODELS, "models_csv")
ENSEMBLES = ("ensemble_pickle", "ensemble_json")
LEARNING = ("learning_csv", "learning_png", "learning_svg")
OF_A_TRIAL = (*MODELS, "params", "schedule_csv", "schedule_json", "replay")
LANDSCAPES = ("landscape_csv", "landscape_png", "landscape_svg")
SURVEY_SECONDS = 300.0
FORMATS = {
    "model_skops": MODEL_FORMATS,
    "model_pickle": MODEL_FORMATS,
    "model_joblib": MODEL_FORMATS,
    "ensemble_pickle": MODEL_FORMATS,
    "report": REPORT_FORMATS,
    "trials_excel": EXCEL_FORMATS,
    "plot_png": PLOT_FORMATS,
    "plot_svg": PLOT_FORMATS,
    "front_png": PLOT_FORMATS,
    "front_svg": PLOT_FORMATS,
    "landscape_png": PLOT_FORMATS,
    "landscape_svg": PLOT_FORMATS,
    "learning_png": PLOT_FORMATS,
    "learning_svg": PLOT_FORMATS,
    "schedule_csv": SCHEDULE_FORMATS,
    "schedule_json": SCHEDULE_FORMATS,
}


def export_results(
    spec: StudySpec,
    base: Path,
    history: History,
    wanted: Mapping[str, Path],
    trial: int | None = None,
    test: Mapping[str, float] | None = None,
    study: Path | None = None,
    ensemble: Ensemble | None = None,
) -> tuple[Path, ...]:
    """Write the files wanted; nothing is written when one of them could not be.

    Parameters
    ----------
    wanted : key of `KINDS` -> path
    trial : number of the trial whose model and parameters are written; None for the best, with
        several goals for the knee of the front where it has one
    test : scores on the locked rows, where they were opened; kept with the parameters
    study : the study file, which may hold a copy of the data
    ensemble : where it was found before

    Returns
    -------
    the paths written, in the order of ``wanted``

    Raises
    ------
    ExportError : an unknown key, no such trial, or a file that cannot be written
    """
    for key in wanted:
        if key not in KINDS:
            raise ExportError(key, f"must be one of {', '.join(KINDS)}")
    models = tuple(path for key, path in wanted.items() if key in MODELS)
    if any(key in OF_MODELS for key in wanted):
        _check_has_model(spec)
    if any(key in OF_A_TRIAL for key in wanted):
        chosen_trial(history, trial)
    if "report" in wanted and trial is not None:
        chosen_trial(history, trial)  # without one there is a report as well
    if "replay" in wanted:
        replay_spec(spec, history, chosen_trial(history, trial))
    check_spares_sources(spec, base, wanted.values())
    for key, path in wanted.items():
        check_writable(path)
        if key in FORMATS:
            check_suffix(path, FORMATS[key])
        if FORMATS.get(key) is MODEL_FORMATS:
            check_format(path)
    _check_different(wanted.values())
    if "trials_excel" in wanted:
        check_fits(len(history) + 1)
    if any(key in LEARNING for key in wanted):
        check_learnt(history)
    if any(key in FRONTS for key in wanted):
        check_front(history)
    if ensemble is None and any(key in ENSEMBLES for key in wanted):
        ensemble = ensemble_of(spec, base, history, study)
    landscape = None
    if any(key in LANDSCAPES for key in wanted):
        landscape = landscape_of(history, trial)
    said: Landscape | str = landscape if landscape is not None else ""
    if "report" in wanted and landscape is None:
        said = _landscape_or_reason(history, trial)
    for key, path in wanted.items():
        match key:
            case "report":
                about = _about(history, trial)
                write_report(report_of(spec, base, history, study, about, test, said), path)
            case "trials_csv":
                write_trials_csv(history, path)
            case "trials_parquet":
                write_trials_parquet(history, path)
            case "trials_excel":
                write_trials_excel(history, path)
            case "models_csv":
                write_models_csv(board_of(spec, history), history.goal, path)
            case "params":
                chosen = chosen_trial(history, trial)
                more = averaged(chosen, history)
                chosen = as_it_was(spec, history, chosen.number)[2]
                if len(history.goals) > 1:
                    more |= _among(history, chosen, trial)
                write_params_json(chosen, history.goal, path, test, more)
            case "ensemble_json":
                assert ensemble is not None, "found above"
                write_ensemble_json(ensemble, history, path)
            case "plot_png" | "plot_svg":
                write_convergence_plot(history, path)
            case "front_csv":
                write_front_csv(history, path, fold_ratio(spec.validation))
            case "front_png" | "front_svg":
                write_front_plot(history, path, fold_ratio(spec.validation))
            case "landscape_csv":
                assert landscape is not None, "computed above"
                write_landscape_csv(landscape, path)
            case "landscape_png" | "landscape_svg":
                assert landscape is not None, "computed above"
                write_landscape_plot(landscape, history.space, path)
            case "learning_csv":
                write_learning_csv(history, path)
            case "learning_png" | "learning_svg":
                training = spec.training
                planned = len(spec.row_shares) if training is None else training.steps
                write_learning_plot(history, path, planned)
            case "schedule_csv":
                write_schedule_csv(history, chosen_trial(history, trial), path)
            case "schedule_json":
                write_schedule_json(history, chosen_trial(history, trial), path)
            case "replay":
                again = replay_spec(spec, history, chosen_trial(history, trial))
                write_text(spec_to_toml(relocated(again, base, path.parent)), path)
            case "spec":
                write_text(spec_to_toml(relocated(spec, base, path.parent)), path)
    if "ensemble_pickle" in wanted:
        assert ensemble is not None, "found above"
        assert study is not None, "it has told where the predictions are"
        export_ensemble(spec, base, history, ensemble, (wanted["ensemble_pickle"],), study)
    if models:
        export_model(spec, base, chosen_trial(history, trial), models, study, history)
    return tuple(wanted.values())


def results_of_run(study: Path) -> dict[str, Path]:
    """Where a run in a terminal may write what: key of `KINDS` -> path."""
    return {key: beside(study, KINDS[key][0]) for key in OF_A_RUN}


def _check_different(paths: Iterable[Path]) -> None:
    """Two results in one file would leave only the second."""
    seen: set[str] = set()
    for path in paths:
        name = os.path.normcase(os.path.realpath(path))
        if name in seen:
            raise ExportError(
                str(path), "must be named for one result only", remedy="Choose another name."
            )
        seen.add(name)


def _about(history: History, number: int | None) -> tuple[Trial, Why | None] | None:
    """The trial that a report is about, and why; None for one that was chosen by its number."""
    found = suggested(history)
    if number is None or (found is not None and found[0].number == number):
        return found
    return chosen_trial(history, number), None


def _landscape_or_reason(history: History, number: int | None) -> Landscape | str:
    """What a surrogate has learnt, or why there is nothing to learn from."""
    try:
        return landscape_of(history, number)
    except (ExportError, ExecutionError) as error:
        return str(error)


def _among(history: History, chosen: Trial, number: int | None) -> dict[str, Any]:
    found = suggested(history)
    return among_goals(chosen, history, found[1] if number is None and found else "")


def chosen_trial(history: History, number: int | None) -> Trial:
    """The trial of a number, or the best one; with several goals the knee where there is one.

    Raises
    ------
    ExportError : there is none, or it is not complete
    """
    if number is None:
        found = suggested(history)
        if found is None:
            raise ExportError(
                "best trial",
                "must be complete",
                f"{len(history)} trials, none complete",
                remedy="Run the study first, and look at what failed.",
            )
        return found[0]
    if not 0 <= number < len(history):
        raise ExportError("trial", f"must be from 0 to {len(history) - 1}", number)
    trial = history.trials[number]
    if trial.state is not TrialState.COMPLETE:
        raise ExportError(f"trial {number}", "must be complete", str(trial.state))
    return trial


def ensemble_of(spec: StudySpec, base: Path, history: History, study: Path | None) -> Ensemble:
    """The ensemble of a study, chosen in a process of its own; see `assembly.ensembles`.

    Raises
    ------
    ExportError : there can be none; the study keeps no predictions, or has no file yet
    """
    check_ensemble(spec, history)
    if study is None:
        raise ExportError("ensemble", "needs a study with a file", remedy="Run the study first.")
    return find_ensemble(spec, base, history, study)


def landscape_of(history: History, number: int | None = None) -> Landscape:
    """What a surrogate expects around a trial, computed in a process of its own.

    Raises
    ------
    ExportError : there is no such trial, or there is nothing to learn from
    """
    if number is not None and not 0 <= number < len(history):
        raise ExportError("trial", f"must be from 0 to {len(history) - 1}", number)
    wanted = prepare_survey(history, number)
    if not isinstance(wanted, Survey):
        rules = {
            "few": "needs at least three complete trials",
            "equal": "needs scores that are not all equal",
            "no_parameters": "needs at least one parameter with more than one value",
        }
        raise ExportError(
            "landscape",
            rules[wanted],
            f"{len(history.complete)} complete trials, {len(history.space)} parameters",
            remedy="Run more trials, or tune more parameters.",
        )
    return call_in_process(
        survey, wanted, timeout=SURVEY_SECONDS, title="Fitting the surrogate"
    ).landscape


def _check_has_model(spec: StudySpec) -> None:
    if spec.objective is not None:
        raise ExportError(
            "model",
            "must come from a table; a function of your own has none",
            spec.objective.function,
            remedy="Export the parameters and train the model with them.",
        )


def export_model(
    spec: StudySpec,
    base: Path,
    trial: Trial,
    paths: tuple[Path, ...],
    study: Path | None = None,
    history: History | None = None,
) -> None:
    """Fit a trial's model on all rows, in a process of its own, and write it to every path.

    Parameters
    ----------
    history : the trial's, where it has gone on from another one
    """
    _check_has_model(spec)
    chosen = _choose(spec, base, trial, study, history)
    call_in_process(
        _fit_and_write, chosen, paths, timeout=FIT_SECONDS, title="Fitting the final model"
    )


def locked_test_scores(
    spec: StudySpec,
    base: Path,
    trial: Trial,
    study: Path | None = None,
    history: History | None = None,
) -> dict[str, float]:
    """Scores of a trial's model on the locked rows; empty when no rows are locked away.

    Parameters
    ----------
    history : the trial's, where it has gone on from another one
    """
    if spec.data is None or not spec.data.test_share:
        return {}
    chosen = _choose(spec, base, trial, study, history)
    if not len(chosen.dataset.test):
        return {}
    metrics = recorded_metrics(spec)
    scores = call_in_process(
        _score_locked,
        chosen,
        metrics,
        timeout=FIT_SECONDS,
        title="Scoring the locked test rows",
    )
    return {name: scores[name] for name in metrics if name in scores}


@dataclass(frozen=True)
class _Chosen:
    """A trial's model with all its parameters, and the rows to learn from."""

    dataset: Dataset
    model: str
    params: Params
    preprocessing: PreprocessingSpec
    seed: int
    course: Course | None = None


def _choose(
    spec: StudySpec, base: Path, trial: Trial, study: Path | None, history: History | None
) -> _Chosen:
    if history is not None:  # of before an edit it is another model
        spec, history, trial = as_it_was(spec, history, trial.number)
    table = table_of_study(spec, base, study)
    resolved = resolve(spec, table).check()
    filled = resolved.spec
    assert table is not None
    assert resolved.space is not None
    dataset = prepare_dataset(filled, table)
    candidate, values = ModelChoice(filled.models, dataset.task).pick(trial.params)
    if history is None:
        history = History(resolved.space, resolved.goals, [trial])
    seed, course = trial.seed, None
    if filled.training is not None:
        seed = ancestors(history, trial)[0].seed  # what a trial goes on from keeps its own
        course = course_of(filled, history, trial)
    return _Chosen(dataset, candidate.name, values, filled.preprocessing, seed, course)


def course_of(spec: StudySpec, history: History, trial: Trial) -> Course:
    """The steps that have led to what a trial has learnt, its ancestors' included.

    Parameters
    ----------
    spec : filled in, with training
    """
    training = spec.training
    assert training is not None
    goal = judging_goal(spec)
    phases = phases_of(history, trial)
    steps = tuple(
        (index, [params for begin, params in phases if begin <= index][-1])
        for index in steps_learnt(history, trial, goal, restored=training.keeps_best)
    )
    losses = losses_of(history, trial, goal)
    return Course(spec.models, steps, losses, training, spec.schedule)


def _fit_and_write(chosen: _Chosen, paths: tuple[Path, ...]) -> None:
    model = fit_final(
        chosen.dataset,
        chosen.model,
        chosen.params,
        {},
        chosen.preprocessing,
        chosen.seed,
        course=chosen.course,
    )
    for path in paths:
        write_model(model, path)


def _score_locked(chosen: _Chosen, metrics: tuple[str, ...]) -> dict[str, float]:
    return test_scores(
        chosen.dataset,
        chosen.model,
        chosen.params,
        {},
        chosen.preprocessing,
        metrics,
        chosen.seed,
        course=chosen.course,
    )
