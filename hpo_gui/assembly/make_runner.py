"""The runner of a study, with all its parts: executor, strategy, checkpoints, predictions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from hpo_gui.assembly.edits import Edit, outside_words
from hpo_gui.assembly.folders import checkpoints_folder
from hpo_gui.assembly.opened import DUMMY
from hpo_gui.assembly.planning import plan_of, worker_count
from hpo_gui.assembly.predictions import identity_of, make_held_out, tidy_predictions
from hpo_gui.assembly.preparing import Prepared
from hpo_gui.assembly.resolution import Resolved
from hpo_gui.assembly.run_records import RunRecords
from hpo_gui.assembly.sessions import session_of
from hpo_gui.assembly.shelter import StudyShelter
from hpo_gui.assembly.thinking import make_thinker
from hpo_gui.assembly.training import changeable
from hpo_gui.core.errors import ExecutionError
from hpo_gui.core.folders import settings_folder
from hpo_gui.core.history import See
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.evaluation.cross_validation import CrossValidationFactory
from hpo_gui.execution.checkpoints import Checkpoints, checkpoints_of, sweep, user_key
from hpo_gui.execution.executor import Executor, Limits
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.study.events import Message
from hpo_gui.study.in_flight import LEARNS_ANEW, UNKEPT
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

if TYPE_CHECKING:
    from hpo_gui.evaluation.held_out import HeldOut
    from hpo_gui.evaluation.task import Task
    from hpo_gui.strategies.strategy import Strategy

TIDY_EVERY = 100  # trials between two looks at which predictions may go


def make_runner(
    prepared: Prepared,
    file: StudyFile,
    trials: tuple[Trial, ...],
    seconds: float = 0.0,
    messages: Sequence[Message] = (),
    see: See | None = None,
    edit: Edit | None = None,
    begin: Callable[[], None] = lambda: None,
) -> Runner:
    """The runner of a study whose file is open; it owns the file, and closes it at its end.

    Parameters
    ----------
    trials, seconds : of earlier sessions
    messages : to tell when the run begins
    see : how trials of earlier versions look in the space as it is now
    edit : that the study goes on with
    begin : called once all is there that may be missing, to write down what the study goes on with
    """
    resolved = prepared.resolved
    spec = resolved.spec
    assert resolved.space is not None
    strategy: Strategy = STRATEGIES.make(spec.strategy.name, spec.strategy.options)
    checkpoints = _make_checkpoints(spec, file)
    messages = (*messages, *_check_checkpoints(checkpoints, strategy))
    begin()
    study = Study(
        resolved.space,
        resolved.goals,
        strategy,
        seed=spec.seed,
        start=resolved.start,
        trials=trials,
        store=file,
        spec_version=file.spec_version,
        plan=plan_of(spec, prepared.steps, changeable(spec, _task(resolved)), prepared.dummy),
        duplicates=spec.duplicates,
        see=see,
        notes={row.version: (row.at, row.note) for row in file.specs()},
    )
    messages = (*messages, *_about_edit(edit, study))
    if prepared.dummy:
        file.set_meta(DUMMY, json.dumps(prepared.dummy))
    factory, held_out = prepared.factory, make_held_out(spec, file)
    if held_out is not None and isinstance(factory, CrossValidationFactory):
        factory = replace(factory, held_out=held_out)
    tidy = _make_tidy(spec, held_out, _task(resolved), study)

    session = session_of(study, spec, file.spec_version, prepared.function_sha256)
    records = RunRecords(file, study, session)

    def keep_seconds(used: float) -> None:
        records.keep_seconds(used)
        tidy(False)

    def clean_up() -> None:
        with ExitStack() as closing:
            closing.callback(prepared.folder.cleanup)
            closing.callback(file.close)
            tidy(True)

    folders = [
        *([] if checkpoints is None else [checkpoints.folder]),
        *([] if held_out is None else [held_out.folder.parent]),
    ]
    return Runner(
        study,
        _make_executor(spec, factory, checkpoints),
        prepared.steps,
        budget=spec.budget,
        pruner=None
        if spec.pruner.name == "none"
        else PRUNERS.make(spec.pruner.name, spec.pruner.options),
        forget_states=None if checkpoints is None else checkpoints.forget_others,
        thinker=make_thinker(spec, strategy),
        seconds=seconds,
        messages=messages,
        size=resolved.size,
        keep_seconds=keep_seconds,
        note_judged=records.note_judged,
        shelter=StudyShelter(file, spec.name, folders),
        keep_budget=records.keep_budget,
        clean_up=clean_up,
    )


def _about_edit(edit: Edit | None, study: Study) -> Iterator[Message]:
    """What a person should know of an edit when the study goes on."""
    if edit is not None and edit.changes:
        words = (*edit.warnings, outside_words(study.history))
        yield Message("info", "The study goes on with changes", f"{edit.note}.")
        yield from (Message("warning", "Of earlier trials", text) for text in words if text)
    if study.unfit:
        which = ", ".join(map(str, study.unfit[:5])) + ("…" if len(study.unfit) > 5 else "")
        several = len(study.unfit) > 1
        what = f"{len(study.unfit)} waiting trials do" if several else "1 waiting trial does"
        text = f"Cancelled: {which}."
        yield Message("info", f"{what} not fit the space any more", text)


def _task(resolved: Resolved) -> Task | None:
    return None if resolved.roles is None else resolved.roles.task


def _make_executor(
    spec: StudySpec, factory: ObjectiveFactory, checkpoints: Checkpoints | None
) -> Executor:
    limits = Limits(spec.compute.trial_seconds, spec.compute.trial_memory_mb)
    if spec.compute.executor == "inline":
        return InlineExecutor(factory, limits, checkpoints)
    return ProcessPool(factory, worker_count(spec), limits, checkpoints)


def _make_checkpoints(spec: StudySpec, file: StudyFile) -> Checkpoints | None:
    """Where the states of a study are kept whose trials learn step by step."""
    if spec.training is None:
        return None
    root = checkpoints_folder()
    sweep(root)
    key = user_key(settings_folder() / "checkpoints.key")
    return checkpoints_of(root, identity_of(file), file.path, key)


def _check_checkpoints(checkpoints: Checkpoints | None, strategy: Strategy) -> tuple[Message, ...]:
    """A warning where states cannot be kept; an error where trials go on from each other's."""
    if checkpoints is None:
        return ()
    try:
        checkpoints.check()
    except ExecutionError as error:
        if hasattr(strategy, "keeps_states"):
            raise
        return (Message("warning", UNKEPT, f"{error} {LEARNS_ANEW}"),)
    return ()


def _make_tidy(
    spec: StudySpec, held_out: HeldOut | None, task: Task | None, study: Study
) -> Callable[[bool], None]:
    """What deletes predictions that nobody will need, now and then or at the end."""
    if held_out is None or task is None:
        return lambda at_end: None
    tidied = len(study.trials)

    def tidy(at_end: bool) -> None:
        nonlocal tidied
        if at_end or len(study.trials) >= tidied + TIDY_EVERY:
            tidied = len(study.trials)
            tidy_predictions(held_out, spec, task, study.history)

    return tidy
