"""Study files that are alike, to be compared: nothing is run to make them."""

from __future__ import annotations

from pathlib import Path

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

SPEC = StudySpec(
    name="trees",
    seed=1,
    data=DataSpec("t.csv", target="kind", task="classification", sha256="a" * 64),
    models=(ModelSpec("decision_tree"),),
    goals=(Goal("accuracy", "maximize"),),
    validation=Choice("k_fold", {"folds": 3, "shuffle": True}),
)


def write(path: Path, *scores: float, spec: StudySpec = SPEC) -> Path:
    """A study file whose trials have these mean scores, with folds around them."""
    with StudyFile.create(path, spec_to_json(spec)) as file:
        file.put([trial(number, score) for number, score in enumerate(scores)])
    return path


def trial(number: int, score: float, version: int = 1) -> Trial:
    folds = (score - 0.01, score, score + 0.01)
    return Trial(
        number,
        {},
        Origin("random"),
        TrialState.COMPLETE,
        scores={"accuracy": score},
        fold_scores={"accuracy": folds},
        told=number + 1,
        spec_version=version,
    )
