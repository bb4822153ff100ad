"""Lineage: which trials have gone on from which, and with which parameters each has learnt."""

from __future__ import annotations

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params, params_key

Phase = tuple[int, Params]
"""From this step on (0-based), learning goes on with these parameters."""


def ancestors(history: History, trial: Trial) -> tuple[Trial, ...]:
    """The trials whose learning a trial has gone on from, the first one first, itself last."""
    line = [trial]
    while line[-1].parent is not None:
        line.append(history.trials[line[-1].parent])
    return tuple(reversed(line))


def phases_of(history: History, trial: Trial) -> tuple[Phase, ...]:
    """With which parameters a trial has learnt, from which step on, the first phase at step 0.

    A trial without a parent has one phase. Ancestors with equal parameters share one, and one
    that has not learnt a single step has none.
    """
    phases: list[Phase] = []
    begins = 0
    for one in ancestors(history, trial):
        ends = max(one.steps_done, begins)
        if ends > begins or one is trial:
            if not phases or params_key(phases[-1][1]) != params_key(one.params):
                phases.append((begins, dict(one.params)))
            begins = ends
    return tuple(phases)
