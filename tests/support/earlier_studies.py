"""Study files with trials in them, made without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import DataSpec, ModelSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

ACCURACY = Goal("accuracy", "maximize")


def write_study(
    path: Path,
    tried: Sequence[tuple[Mapping[str, Any], float | None]],
    *,
    models: Sequence[ModelSpec] = (ModelSpec("svm"),),
    goal: Goal = ACCURACY,
    task: str = "classification",
    **spec: Any,
) -> Path:
    """A finished study.

    Parameters
    ----------
    tried : parameters and score of each trial; one without a score has failed
    """
    made = StudySpec(
        name=path.stem,
        data=DataSpec("table.csv", target="kind", task=task),  # type: ignore[arg-type]
        models=tuple(models),
        goals=(goal,),
    )
    if "objective" in spec:
        made = StudySpec(name=path.stem, goals=(goal,), **spec)
    elif spec:
        made = msgspec.structs.replace(made, **spec)
    with StudyFile.create(path, spec_to_json(made)) as file:
        file.put(
            Trial(
                number,
                dict(params),
                Origin("random"),
                TrialState.FAILED if score is None else TrialState.COMPLETE,
                scores={} if score is None else {goal.metric: score},
                told=number + 1,
            )
            for number, (params, score) in enumerate(tried)
        )
    return path
