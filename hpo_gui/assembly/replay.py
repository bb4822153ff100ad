"""Replay: what a population has found out, as a new study that follows it from the first step.

The winner's parameters from step to step become phases of a training, and its first ones the only
configuration of a manual study.
"""

from __future__ import annotations

import msgspec

from hpo_gui.analysis.lineage import phases_of
from hpo_gui.core.errors import ExportError
from hpo_gui.core.history import History
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    PhaseSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params, same


def replay_spec(spec: StudySpec, history: History, trial: Trial) -> StudySpec:
    """A study of one trial that learns as ``trial`` and its ancestors have learnt, from scratch.

    Parameters
    ----------
    spec : of the trial's study, filled in

    Raises
    ------
    ExportError : the study does not learn step by step, or a phase lacks a parameter
    """
    if spec.training is None:
        raise ExportError(
            "the schedule of a trial",
            "can be replayed only where trials learn step by step",
            remedy="Give the study `[training]`.",
        )
    (_, first), *later = phases_of(history, trial)
    moving = _moving([first, *(params for _, params in later)], trial)
    phases = tuple(
        PhaseSpec(step, {name: params[name] for name in moving}) for step, params in later
    )
    training = msgspec.structs.replace(
        spec.training, steps=_steps(spec, spec.training, trial), patience=None, phases=phases
    )
    return msgspec.structs.replace(
        spec,
        name=f"{spec.name} replay",
        strategy=Choice("manual", {"configurations": (first,)}),
        start=StartSpec(),
        pruner=Choice("none"),
        budget=BudgetSpec(),
        training=training,
    )


def _steps(spec: StudySpec, training: TrainingSpec, trial: Trial) -> int:
    """As many as the trial has done; all where a schedule depends on how many there are."""
    return trial.steps_done if spec.schedule == Choice("constant") else training.steps


def _moving(phases: list[Params], trial: Trial) -> list[str]:
    """Names of the parameters that change from a phase to another."""
    first = phases[0]
    for params in phases:
        if params.keys() != first.keys():
            missing = sorted(params.keys() ^ first.keys())
            raise ExportError(
                f"trial {trial.number}",
                "must have the same parameters at every step to be replayed",
                missing,
                remedy="Export its schedule as CSV or JSON instead.",
            )
    return [
        name for name in first if any(not same(params[name], first[name]) for params in phases)
    ]
