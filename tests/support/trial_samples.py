"""Trials to store and to load."""

from __future__ import annotations

from hpo_gui.core.trial import Failure, Origin, Trial, TrialState

METRICS = ("accuracy", "f1", "fit_time", "predict_time")


def make_trial(number: int, folds: int = 5) -> Trial:
    """A finished trial with eight parameters and four metrics; every tenth has failed."""
    x = number * 0.618033988749895 % 1
    steps = {name: tuple((x + fold / 7) % 1 for fold in range(folds)) for name in METRICS}
    failed = number % 10 == 9
    return Trial(
        number=number,
        params={
            **{f"parameter_{place}": (x * (place + 1)) % 1 for place in range(5)},
            "kernel": "rbf",
            "layers": (64, 32),
            "depth": number % 50,
        },
        origin=Origin("random", "drawn at random"),
        state=TrialState.FAILED if failed else TrialState.COMPLETE,
        seed=number * 7919 % 2**32,
        scores={} if failed else {name: sum(values) / folds for name, values in steps.items()},
        fold_scores={} if failed else steps,
        started=1.7e9 + number,
        finished=1.7e9 + number + x,
        failure=Failure("raised", "ValueError: no", "Traceback …") if failed else None,
        asked=number,
        told=number + 1,
    )
