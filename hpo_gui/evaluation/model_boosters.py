"""Boosting libraries that are used when they are installed.

Source of the spaces: TabArena (TA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.evaluation.model_entry import ModelEntry, always
from hpo_gui.evaluation.model_learning import LIGHTGBM, XGBOOST
from hpo_gui.evaluation.model_trees import TAB_ARENA

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task


def _shared(trees: str) -> tuple[Parameter, ...]:
    return (
        Int(trees, 50, 500, log=True, default=100),
        Float("learning_rate", 5e-3, 0.1, log=True, default=0.1),
    )


def _lightgbm(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        *_shared("n_estimators"),
        Int("num_leaves", 2, 200, log=True, default=31),
        Int("min_child_samples", 1, 64, log=True, default=20),
        Float("colsample_bytree", 0.4, 1.0, default=1.0),
    )


def _xgboost(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        *_shared("n_estimators"),
        Int("max_leaves", 2, 200, log=True, default=64),
        Int("min_child_weight", 1, 64, log=True, default=1),
        Float("colsample_bytree", 0.4, 1.0, default=1.0),
    )


def _catboost(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        *_shared("iterations"),
        Int("depth", 4, 8, default=6),
        Float("l2_leaf_reg", 1.0, 5.0, log=True, default=3.0),
    )


BOOSTER_MODELS = (
    ModelEntry(
        "lightgbm",
        "LightGBM",
        "Use when there are many rows, and accuracy and speed matter.",
        classifier="lightgbm.LGBMClassifier",
        regressor="lightgbm.LGBMRegressor",
        make_space=_lightgbm,
        make_fixed=always(verbosity=-1),
        learning=LIGHTGBM,
        orders_categories=True,
        cost=1,
        requires="lightgbm",
        references=(TAB_ARENA,),
    ),
    ModelEntry(
        "xgboost",
        "XGBoost",
        "Use when there are many rows, and accuracy matters most.",
        classifier="xgboost.XGBClassifier",
        regressor="xgboost.XGBRegressor",
        make_space=_xgboost,
        make_fixed=always(grow_policy="lossguide", max_depth=0, tree_method="hist"),
        learning=XGBOOST,
        needs_codes=True,
        orders_categories=True,
        cost=3,
        requires="xgboost",
        package="xgboost-cpu",
        references=(TAB_ARENA,),
    ),
    ModelEntry(
        "catboost",
        "CatBoost",
        "Use when accuracy matters more than the time it takes.",
        classifier="catboost.CatBoostClassifier",
        regressor="catboost.CatBoostRegressor",
        make_space=_catboost,
        make_fixed=always(allow_writing_files=False, logging_level="Silent"),
        needs_codes=True,
        orders_categories=True,
        cost=15,
        requires="catboost",
        references=(TAB_ARENA,),
    ),
)
