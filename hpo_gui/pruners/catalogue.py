"""The pruners by name, one line each."""

from __future__ import annotations

from typing import Any

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.spec import Choice
from hpo_gui.pruners.fold_racing import LEAST_FOLDS, FoldRacing
from hpo_gui.pruners.hyperband import Hyperband
from hpo_gui.pruners.median import Median
from hpo_gui.pruners.none import NoPruner
from hpo_gui.pruners.patience import Patience
from hpo_gui.pruners.successive_halving import SuccessiveHalving
from hpo_gui.pruners.threshold import Threshold

PRUNERS: Catalogue[Any] = Catalogue(
    "pruner",
    (
        Entry(
            "fold_racing",
            "Fold racing",
            "Use when trials are cross-validated: it drops what cannot plausibly win any more.",
            FoldRacing,
            (
                "Maron, Moore (1994), Hoeffding races, NeurIPS 6",
                "Birattari, Stützle, Paquete, Varrentrapp (2002), A racing algorithm for "
                "configuring metaheuristics, GECCO",
            ),
        ),
        Entry(
            "successive_halving",
            "Successive halving",
            "Use when learning curves tell early what is good: few trials get the most training.",
            SuccessiveHalving,
            (
                "Jamieson, Talwalkar (2016), Non-stochastic best arm identification, "
                "arXiv 1502.07943",
                "Li et al. (2020), A system for massively parallel hyperparameter tuning, "
                "arXiv 1810.05934",
            ),
        ),
        Entry(
            "hyperband",
            "Hyperband",
            "Use when some good trials begin slowly: brackets differ in how soon they judge.",
            Hyperband,
            ("Li et al. (2018), Hyperband, JMLR 18, arXiv 1603.06560",),
        ),
        Entry(
            "median",
            "Median",
            "Use when you want a mild rule: what is worse than half of the others stops.",
            Median,
            (
                "Golovin et al. (2017), Google Vizier, KDD, doi 10.1145/3097983.3098043",
                "Akiba et al. (2019), Optuna, KDD, arXiv 1907.10902",
            ),
        ),
        Entry(
            "patience",
            "Patience",
            "Use when training goes on for long after the last progress; folds do not count.",
            Patience,
            ("Prechelt (1998), Early stopping – but when?, LNCS 1524",),
        ),
        Entry(
            "threshold",
            "Threshold",
            "Use when you know a score that no useful configuration may fall short of.",
            Threshold,
        ),
        Entry(
            "none",
            "None",
            "Use when every configuration should be measured to the end.",
            NoPruner,
        ),
    ),
)


def why_idle(choice: Choice, steps: int, *, learns: bool, rows: bool = False) -> str:
    """Why a pruner has nothing to do in a study, in one sentence; "" where it has, or may have.

    Parameters
    ----------
    steps : of a full evaluation; 0 when that is not known
    learns : whether trials learn step by step
    rows : whether steps are growing shares of the rows; else, and where nothing learns by steps,
        they are folds
    """
    name, least = choice.name, choice.options.get("least", 1)
    if name == "none" or name not in PRUNERS or not steps:
        return ""
    if steps == 1:
        return "A trial has a single step here, so that there is nothing to stop."
    if name == "fold_racing" and learns:
        return "It races folds, and does nothing where trials learn step by step."
    if name == "fold_racing" and rows:
        return "It races folds, and a step is all folds here."
    if name == "patience" and rows:
        return "It watches training, and does nothing where the steps are shares of the rows."
    if name == "fold_racing" and steps < LEAST_FOLDS:
        return f"It does nothing with fewer than {LEAST_FOLDS} folds."
    if name == "patience" and not learns:
        return "It watches training, and does nothing where the steps are folds."
    if name in ("successive_halving", "hyperband") and isinstance(least, int) and least >= steps:
        return f"It does nothing, as a whole trial has {steps} steps only."
    return ""
