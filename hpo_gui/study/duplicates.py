"""What becomes of a configuration that has been tried already.

- ``run``: it is run again, with the seed that all trials have.
- ``reuse``: the score that it has, with the same seed, is the new trial's at once; no worker runs.
- ``average``: it is run again with a new seed, and the mean of the repeats counts for each of them
  (see `core.history`).
"""

from __future__ import annotations

import numpy as np
from msgspec import structs

from hpo_gui.core.errors import ActError
from hpo_gui.core.history import History
from hpo_gui.core.spec import Duplicates
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState

REPEAT = "repeat"


def new_seed(history: History, trial: Trial) -> int:
    """A seed that no trial of this configuration has had; the same one whenever asked."""
    used = {history.trials[number].seed for number in history.with_params(trial.params)}
    for times in range(1, len(used) + 2):
        seed = int(np.random.SeedSequence((trial.seed, times)).generate_state(1)[0])
        if seed not in used:
            return seed
    raise AssertionError("more seeds were tried than are used")


def settle(trial: Trial, history: History, policy: Duplicates, at: float) -> Trial:
    """A trial that is about to wait, as the policy has it where its configuration is known.

    Parameters
    ----------
    at : now, in seconds since 1970
    """
    if policy == "run":
        return trial
    known = history.repeats_of(trial)
    if policy == "average":
        counts = any(other.state.is_open or _has_score(other) for other in known)
        return structs.replace(trial, seed=new_seed(history, trial)) if counts else trial
    scored = [other for other in known if other.seed == trial.seed and _has_score(other)]
    return _reused(trial, scored[0], history, at) if scored else trial


def repeat_of(history: History, number: int, *, fresh: bool, seed: int) -> tuple[Proposal, int]:
    """The proposal and the seed that run a trial again.

    Parameters
    ----------
    fresh : with a seed that its configuration has not had yet; else with its own one
    seed : of the study

    Raises
    ------
    ActError : there is no such trial, or it went on from another one
    SpecError : its configuration is not legal in the space any more
    """
    if not 0 <= number < len(history):
        raise ActError(f"trial {number}", "must be one of the study")
    trial = history.trials[number]
    if trial.parent is not None:
        rule = f"cannot be run again alone: it went on from trial {trial.parent}"
        remedy = "Add its configuration as a trial of its own."
        raise ActError(f"trial {number}", rule, remedy=remedy)
    params = history.space.check(trial.params)
    chosen = trial.seed
    if fresh:
        chosen = new_seed(history, structs.replace(trial, seed=seed))
    words = f"Trial {number} once more, with {'the new' if fresh else 'the same'} seed {chosen}."
    return Proposal(params, Origin(REPEAT, words), steps=trial.steps), chosen


def _has_score(trial: Trial) -> bool:
    return trial.state is TrialState.COMPLETE


def _reused(trial: Trial, source: Trial, history: History, at: float) -> Trial:
    words = (
        f"Its score is that of trial {source.number}, which has the same configuration and seed: "
        "it was not run."
    )
    origin = structs.replace(trial.origin, reason=f"{trial.origin.reason} {words}".strip())
    return structs.replace(
        trial,
        origin=origin,
        state=TrialState.COMPLETE,
        scores=dict(source.scores),
        fold_scores=dict(source.fold_scores),
        curves=dict(source.curves),
        started=at,
        finished=at,
        told=history.told + 1,
    )
