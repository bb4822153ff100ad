"""Where a study's predictions of unseen rows are kept, and which of them may go."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hpo_gui.assembly.folders import predictions_folder
from hpo_gui.assembly.seeing import version_of
from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.spec import ModelSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_dict
from hpo_gui.core.value import Params
from hpo_gui.evaluation.held_out import HeldOut, key_of
from hpo_gui.evaluation.model_choice import Candidate, ModelChoice
from hpo_gui.evaluation.task import Task
from hpo_gui.execution.checkpoints import folder_of_study, is_identity, sweep
from hpo_gui.storage.study_file import StudyFile

IDENTITY = "identity"  # meta key of the study file
SPARE = 2  # times the candidates are kept: some may not be able to take part
ROWS_AND_FOLDS = ("data", "validation", "preprocessing", "seed")


def identity_of(file: StudyFile) -> str:
    """What names a study's folders in the cache; made up when it is first needed."""
    identity = file.meta(IDENTITY)
    if not is_identity(identity):
        identity = uuid.uuid4().hex
        file.set_meta(IDENTITY, identity)
    return identity


def make_held_out(spec: StudySpec, file: StudyFile) -> HeldOut | None:
    """Where a study that is about to run keeps its predictions; None where nobody wants them."""
    if spec.ensemble is None:
        return None
    sweep(predictions_folder())
    return _held_out(spec, identity_of(file), file.path)


def find_held_out(spec: StudySpec, study: Path) -> HeldOut | None:
    """Where a study has kept its predictions; None where it never has."""
    with StudyFile.open(study, read_only=True) as file:
        identity = file.meta(IDENTITY)
    return _held_out(spec, identity, study) if is_identity(identity) else None


def _held_out(spec: StudySpec, identity: str, study: Path) -> HeldOut:
    """A folder for these rows and folds: predictions for others would be of other rows."""
    filled = spec_to_dict(spec)
    text = json.dumps([filled.get(part) for part in ROWS_AND_FOLDS], sort_keys=True)
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return HeldOut(folder_of_study(predictions_folder(), identity, study.resolve()) / mark)


def ranked(history: History) -> list[int]:
    """Numbers of the complete trials with a score, the best first, the earlier of equals.

    Only of those that keep the thresholds of all goals, where any does.
    """
    able = history.feasible if len(history.feasible) else history.complete
    losses = history.losses[able, 0]
    order = np.argsort(losses, kind="stable")
    return [int(able[place]) for place in order if np.isfinite(losses[place])]


class Choices:
    """What the configurations of a study's trials mean, each by the version of its trial."""

    def __init__(self, models: Sequence[ModelSpec], task: Task, history: History) -> None:
        self.task = task
        self._today = ModelChoice(models, task)
        self._history = history
        self._then: dict[int, ModelChoice] = {}

    def pick(self, number: int) -> tuple[Candidate, Params]:
        """The model of a trial, and all its constructor parameters."""
        trial = self._history.raw[number]
        spec = version_of(self._history, number)
        if spec is None:
            return self._today.pick(trial.params)
        if trial.spec_version not in self._then:
            self._then[trial.spec_version] = ModelChoice(spec.models, self.task)
        return self._then[trial.spec_version].pick(trial.params)


def trial_key(choices: Choices, history: History, number: int) -> str | None:
    """What names a trial's files; None for a model that is no longer in the study."""
    try:
        candidate, values = choices.pick(number)
    except SpecError:
        return None
    return key_of(candidate.name, values, history.trials[number].seed)


def tidy_predictions(store: HeldOut, spec: StudySpec, task: Task, history: History) -> None:
    """Delete the predictions of trials that have no chance to take part."""
    assert spec.ensemble is not None, "there would be none"
    choices = Choices(spec.models, task, history)
    kept = ranked(history)[: SPARE * spec.ensemble.candidates]
    numbers = [*kept, *(int(number) for number in history.open)]
    keys = (trial_key(choices, history, number) for number in numbers)
    store.forget_others({key for key in keys if key is not None})
