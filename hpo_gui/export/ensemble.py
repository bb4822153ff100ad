"""The ensemble of a study as JSON: who votes, how much, and how good it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from hpo_gui.analysis.ensemble import Ensemble
from hpo_gui.core.history import History
from hpo_gui.export.files import write_text


def write_ensemble_json(
    ensemble: Ensemble, history: History, path: Path, test: Mapping[str, float] | None = None
) -> None:
    """Write members, weights and scores; what is not known is null.

    ``score`` is the mean over the folds of the weights that were chosen on these folds;
    ``score_apart`` that of weights which were chosen on the other folds.

    Parameters
    ----------
    test : scores on the locked rows, where they were opened
    """
    metric = ensemble.goal.metric
    told = {
        "metric": metric,
        "score": _number(ensemble.score),
        "score_apart": _number(ensemble.honest),
        "best_single": {
            "trial": ensemble.best.number,
            "score": _number(ensemble.best.scores.get(metric, math.nan)),
        },
        "test_scores": {name: _number(score) for name, score in (test or {}).items()},
        "members": [
            {
                "trial": member.number,
                "weight": ensemble.share(member),
                "score": _number(history.trials[member.number].scores.get(metric, math.nan)),
                "params": history.trials[member.number].params,
            }
            for member in ensemble.members
        ],
        "candidates": ensemble.candidates,
        "left_out": {str(one.number): one.reason for one in ensemble.left_out},
    }
    write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", path)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
