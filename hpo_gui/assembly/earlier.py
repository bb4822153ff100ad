"""The best configurations of the user's earlier studies, as proposals for a new one.

The files are only read. One that is missing, damaged, or about something else is told in a
message, and the study begins without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from hpo_gui.assembly.starting import EARLIER, joint_params
from hpo_gui.assembly.versions import load_seen
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, params_key, same
from hpo_gui.evaluation.model_choice import MODEL
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.study.events import Message

BEST = 3  # configurations of each study
_HEAD = "No first trials from {0}"


@dataclass(frozen=True)
class EarlierStudy:
    """A study file that a new study can begin from.

    Attributes
    ----------
    models : of the models that both studies tune; empty for the same function of one's own
    trials : complete trials of those models, best first by the study's own first goal; those that
        miss its thresholds come after all that keep them
    history : all of its trials, with what they count as
    """

    path: Path
    spec: StudySpec
    models: tuple[str, ...]
    trials: tuple[Trial, ...]
    history: History

    @property
    def goal(self) -> Goal:
        return self.spec.goals[0]

    def score(self, trial: Trial) -> str:
        """Metric and score that a trial counts with, in words."""
        return f"{self.goal.metric} {self.history.score(trial.number):.4g}"


def read_earlier(path: Path, spec: StudySpec) -> EarlierStudy:
    """Read a study file, which is left as it is.

    Parameters
    ----------
    spec : of the new study, filled in

    Raises
    ------
    StudioError : it is missing or damaged, or about another model, task or function; or none of
        its trials is complete
    """
    with StudyFile.look_into(path) as file:
        earlier = parse_spec(file.spec_json(), name=path.name)
        trials = load_seen(file)
    models = _common(earlier, spec, path)
    if not earlier.goals:
        raise StudioError(str(path), "must have a goal")
    plan = Plan(averages=earlier.duplicates == "average")
    history = History(Space(()), earlier.goals, trials, plan=plan)  # nobody asks for positions
    feasible = set(history.feasible.tolist())
    ranked = sorted(
        (
            trial
            for trial in trials
            if trial.state is TrialState.COMPLETE
            and math.isfinite(history.score(trial.number))
            and (not models or _model_of(earlier, trial) in models)
        ),
        key=lambda trial: (
            trial.number not in feasible,
            float(history.losses[trial.number, 0]),
            trial.number,
        ),
    )
    if not ranked:
        raise StudioError(str(path), "must have a complete trial of the same model")
    return EarlierStudy(path, earlier, models, tuple(ranked), history)


def earlier_proposals(
    spec: StudySpec, space: Space, base: Path
) -> tuple[tuple[Proposal, ...], tuple[Message, ...]]:
    """What the studies named in ``spec.start.earlier`` suggest, the best of each first.

    Parameters
    ----------
    spec, space : of the new study, filled in
    base : folder that the paths start from

    Returns
    -------
    at most `BEST` proposals a study, legal in ``space`` and all different; and what stood in the
    way of using a study, or that it lies elsewhere
    """
    found: list[list[Proposal]] = []
    messages: list[Message] = []
    for written in dict.fromkeys(spec.start.earlier):
        try:
            study = read_earlier(base / written, spec)
        except (StudioError, OSError, ValueError) as error:  # ValueError: a path with a NUL
            messages.append(Message("warning", _HEAD.format(written), str(error)))
            continue
        if not study.path.resolve().is_relative_to(base.resolve()):
            head = "An earlier study from outside the study's folder:"
            messages.append(Message("info", head, f"{study.path.resolve()}."))
        proposals = list(_proposals(study, spec, space))
        if not proposals:
            text = "None of its parameters is tuned here, or its values break a constraint."
            messages.append(Message("warning", _HEAD.format(written), text))
        found.append(proposals)
    ranked = [p for row in zip_longest(*found) for p in row if p is not None]
    unique = {params_key(p.params): p for p in reversed(ranked)}
    return tuple(p for p in ranked if unique[params_key(p.params)] is p), tuple(messages)


def _proposals(study: EarlierStudy, spec: StudySpec, space: Space) -> Iterator[Proposal]:
    """The best different configurations of one study, moved into the space of another."""
    seen: set[object] = set()
    for trial in study.trials:
        wanted = _in_terms_of(spec, study, trial)
        if not any(name in space for name in wanted if name != MODEL):
            continue
        params = space.complete(wanted)
        if params_key(params) in seen or not space.feasible(params):
            continue
        seen.add(params_key(params))
        moved = any(
            name in params and not same(params[name], value) for name, value in wanted.items()
        )
        text = f"Trial {trial.number} of “{study.spec.name}”, where it had {study.score(trial)}"
        text += "; moved into the ranges of this study." if moved else "."
        yield Proposal(params, Origin(EARLIER, text))
        if len(seen) == BEST:
            return


def _in_terms_of(spec: StudySpec, study: EarlierStudy, trial: Trial) -> Params:
    """All that a trial's model was given, tuned or fixed, by the names of another study."""
    if not study.models:
        return dict(trial.params)
    name = _model_of(study.spec, trial)
    model = next(model for model in study.spec.models if model.name == name)
    prefix = f"{name}." if len(study.spec.models) > 1 else ""
    own = {
        key.removeprefix(prefix): v for key, v in trial.params.items() if key.startswith(prefix)
    }
    own.pop(MODEL, None)
    return joint_params(spec, name, {**model.fixed, **own})


def _model_of(spec: StudySpec, trial: Trial) -> str:
    """The model of a trial, which may be one that the study has no more."""
    only = spec.models[0].name if len(spec.models) == 1 else None
    return str(trial.params.get(MODEL, only))


def _common(earlier: StudySpec, spec: StudySpec, path: Path) -> tuple[str, ...]:
    """The models that both studies tune; () for the same function."""
    if spec.objective is not None:
        wanted = _function(spec)
        if _function(earlier) != wanted:
            raise StudioError(str(path), f"must tune the function `{wanted}`", _function(earlier))
        return ()
    common = tuple(m.name for m in spec.models if m.name in _names(earlier))
    if not common:
        names = ", ".join(_names(spec))
        theirs_tuned = ", ".join(_names(earlier)) or _function(earlier)
        raise StudioError(str(path), f"must tune {names}", theirs_tuned)
    task = spec.data.task if spec.data else None
    theirs = earlier.data.task if earlier.data else None
    if theirs != task:
        raise StudioError(str(path), f"must be about {task}", theirs)
    return common


def _names(spec: StudySpec) -> Sequence[str]:
    return [model.name for model in spec.models]


def _function(spec: StudySpec) -> str | None:
    """The function's file and name, wherever the file lies."""
    if spec.objective is None:
        return None
    path, _, name = spec.objective.function.rpartition(":")
    return f"{Path(path).name}:{name}"
