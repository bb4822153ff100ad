"""What is known ahead of a study: how many trials there will be, and how many at once."""

from __future__ import annotations

import os

from hpo_gui.assembly.goals import judging_goal
from hpo_gui.core.kept import Kept
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.dummy import DummyScores
from hpo_gui.evaluation.metrics import best_score
from hpo_gui.evaluation.overlap import fold_ratio

MOST_WORKERS = 8


def worker_count(spec: StudySpec) -> int:
    """Number of workers: as asked for, else one a core, at most 8."""
    return spec.compute.workers or min(os.cpu_count() or 1, MOST_WORKERS)


def plan_of(
    spec: StudySpec,
    steps: int,
    changeable: tuple[str, ...] = (),
    dummy: DummyScores | None = None,
) -> Plan:
    """What is known ahead of a study."""
    inline = spec.compute.executor == "inline"
    return Plan(
        spec.budget.trials,
        spec.budget.seconds,
        1 if inline else worker_count(spec),
        steps,
        learns=spec.training is not None,
        kept=_kept(spec),
        rows=spec.row_shares,
        changeable=changeable,
        dummy=dummy or {},
        best_score=best_score(spec.goals[0]) if spec.goals else None,
        averages=spec.duplicates == "average",
        test_ratio=fold_ratio(spec.validation),
    )


def _kept(spec: StudySpec) -> Kept | None:
    """What decides which step of a training remains; None where it is the last one."""
    training = spec.training
    if training is None or not training.keeps_best or not spec.goals:
        return None
    return Kept(judging_goal(spec).metric, training.min_delta)
