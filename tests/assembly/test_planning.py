"""What is known ahead of a study, wherever its history is made."""

from __future__ import annotations

import pytest

from hpo_gui.assembly.planning import plan_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.gui.loading import View, grow, make_history


@pytest.mark.parametrize(
    ("kind", "ratio"), [("repeated_k_fold", 0.25), ("time_series", 137 / 300), ("k_fold", None)]
)
def test_the_overlap_of_the_folds_is_known_to_a_run_and_to_the_window(
    kind: str, ratio: float | None
) -> None:
    goal = Goal("accuracy")
    spec = StudySpec(goals=(goal,), validation=Choice(kind, {"folds": 5}))
    builder = make_history(View(goals=(goal,)), spec)
    plans = [plan_of(spec, 5), builder.plan, grow(builder.snapshot()).plan]
    assert [plan.test_ratio for plan in plans] == [pytest.approx(ratio)] * 3
