"""Specifications that are ready to run: what a table suggests, and the bundled examples."""

from __future__ import annotations

from pathlib import Path

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, StudySpec
from hpo_gui.evaluation.samples import PREFIX, find_sample

TEST_SHARE = 0.2
TRIALS = 60
SECONDS = 120.0


def suggest_spec(source: str) -> StudySpec:
    """A study of a table, ready to run; what it leaves open, `resolution.resolve` fills in.

    Nothing is said that can be guessed, so that a guess follows when the user changes another:
    with another target come another metric, another model's space and other folds.

    Parameters
    ----------
    source : how the study names the table: a file name or ``sample:<name>``
    """
    name = source.removeprefix(PREFIX) if source.startswith(PREFIX) else Path(source).stem
    return StudySpec(
        name=name,
        seed=7,
        data=DataSpec(source, test_share=TEST_SHARE),
        budget=BudgetSpec(trials=TRIALS, seconds=SECONDS),
    )


def example_spec(name: str) -> StudySpec:
    """The study of a bundled example, ready to run; `DataError` for an unknown name."""
    sample = find_sample(name)
    return StudySpec(
        name=sample.name,
        seed=7,
        data=DataSpec(f"{PREFIX}{sample.name}", target=sample.target, test_share=TEST_SHARE),
        goals=tuple(map(Goal, sample.goals)),
        strategy=Choice("auto"),
        budget=BudgetSpec(trials=TRIALS, seconds=SECONDS),
    )
