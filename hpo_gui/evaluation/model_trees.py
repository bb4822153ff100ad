"""Trees, forests, boosting and the neural network.

Sources of the spaces: auto-sklearn (AS), TabArena (TA), HPOBench (HB).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpo_gui.core.parameter import Categorical, Float, Int, Parameter
from hpo_gui.core.value import Params
from hpo_gui.evaluation.model_entry import ModelEntry, always
from hpo_gui.evaluation.model_learning import (
    FOREST,
    GRADIENT_BOOSTING,
    HIST_GRADIENT_BOOSTING,
    MLP,
)
from hpo_gui.evaluation.model_linear import AUTO_SKLEARN

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

TAB_ARENA = "Erickson et al. (2025), TabArena, arXiv 2506.16791"
HPO_BENCH = "Eggensperger et al. (2021), HPOBench, arXiv 2109.06716"

DEPTH = Int("max_depth", 1, 50, log=True, or_none=True, default=None)
LEAF = Int("min_samples_leaf", 1, 20, log=True, default=1)


def _tree(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    if task == "classification":
        criteria = ("gini", "entropy")
    else:
        criteria = ("squared_error", "absolute_error")
    return (
        Categorical("criterion", criteria),
        DEPTH,
        Int("min_samples_split", 2, 20, default=2),
        LEAF,
    )


def _random_forest(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    share = max(0.1, math.sqrt(columns) / columns) if task == "classification" else 1.0
    space: tuple[Parameter, ...] = (
        Float("max_features", 0.1, 1.0, default=round(share, 12)),
        Int("min_samples_split", 2, 20, log=True, default=2),
        LEAF,
        DEPTH,
    )
    if task == "classification":
        space += (Categorical("criterion", ("gini", "entropy")),)
    return (
        *space,
        Categorical("bootstrap", (True, False)),
        Float("max_samples", 0.5, 1.0, default=1.0, when={"bootstrap": (True,)}),
    )


def _extra_trees(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    start = "sqrt" if task == "classification" else 1.0
    return (
        Categorical("max_features", ("sqrt", 0.5, 0.75, 1.0), default=start),
        Int("min_samples_split", 2, 32, log=True, default=2),
        Categorical("min_impurity_decrease", (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3)),
    )


def _gradient_boosting(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        Int("n_estimators", 50, 500, log=True, default=100),
        Float("learning_rate", 0.01, 2.0, log=True, default=0.1),
        Int("max_depth", 1, 10, default=3),
    )


def _ada_boost_tree(task: Task) -> Params:
    kind = "Classifier" if task == "classification" else "Regressor"
    return {"estimator": f"sklearn.tree.DecisionTree{kind}"}


def _ada_boost(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    depth = 1 if task == "classification" else 3
    return (
        Int("n_estimators", 50, 500, log=True, default=50),
        Float("learning_rate", 0.01, 2.0, log=True, default=1.0),
        Int("estimator__max_depth", 1, 10, default=depth),
    )


def _hist_gradient_boosting(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        Float("learning_rate", 0.01, 1.0, log=True, default=0.1),
        Int("max_iter", 50, 500, log=True, default=100),
        Int("max_leaf_nodes", 3, 2047, log=True, default=31),
        Int("min_samples_leaf", 1, 200, log=True, default=20),
        Float("l2_regularization", 1e-10, 1.0, log=True, default=1e-10),
        # scikit-learn's "auto": on for more than 10,000 rows
        Categorical("early_stopping", (False, True), default=rows > 10_000),
        Int("n_iter_no_change", 1, 20, default=10, when={"early_stopping": (True,)}),
    )


def _perceptron(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    widths = (16, 32, 64, 100, 128, 256)
    layers = tuple((width,) * depth for depth in (1, 2, 3) for width in widths)
    largest = max(4, min(256, rows // 2))
    return (
        Categorical("hidden_layer_sizes", layers, default=(100,)),
        Categorical("activation", ("relu", "tanh")),
        Float("alpha", 1e-7, 0.1, log=True, default=1e-4),
        Float("learning_rate_init", 1e-4, 0.5, log=True, default=1e-3),
        Int("batch_size", 4, largest, log=True, default=min(200, largest)),
    )


TREE_MODELS = (
    ModelEntry(
        "decision_tree",
        "Decision tree",
        "Use when people have to follow every decision of the model.",
        classifier="sklearn.tree.DecisionTreeClassifier",
        regressor="sklearn.tree.DecisionTreeRegressor",
        make_space=_tree,
        orders_categories=True,
        cost=0.1,
        references=(AUTO_SKLEARN,),
    ),
    ModelEntry(
        "random_forest",
        "Random forest",
        "Use when you want a good result on almost any table with little tuning.",
        classifier="sklearn.ensemble.RandomForestClassifier",
        regressor="sklearn.ensemble.RandomForestRegressor",
        make_space=_random_forest,
        make_fixed=always(n_estimators=200),  # more is never worse, only slower
        learning=FOREST,
        orders_categories=True,
        cost=5,
        references=(AUTO_SKLEARN, TAB_ARENA, HPO_BENCH),
    ),
    ModelEntry(
        "extra_trees",
        "Extra trees",
        "Use when a random forest does well, and its borders should be smoother.",
        classifier="sklearn.ensemble.ExtraTreesClassifier",
        regressor="sklearn.ensemble.ExtraTreesRegressor",
        make_space=_extra_trees,
        make_fixed=always(n_estimators=200),
        learning=FOREST,
        orders_categories=True,
        cost=3,
        references=(TAB_ARENA,),
    ),
    ModelEntry(
        "gradient_boosting",
        "Gradient boosting",
        "Use when there are fewer than some thousand rows, and accuracy matters most.",
        classifier="sklearn.ensemble.GradientBoostingClassifier",
        regressor="sklearn.ensemble.GradientBoostingRegressor",
        make_space=_gradient_boosting,
        learning=GRADIENT_BOOSTING,
        orders_categories=True,
        cost=7,
        references=(AUTO_SKLEARN,),
    ),
    ModelEntry(
        "hist_gradient_boosting",
        "Histogram gradient boosting",
        "Use when there are more than some thousand rows, and accuracy matters most.",
        classifier="sklearn.ensemble.HistGradientBoostingClassifier",
        regressor="sklearn.ensemble.HistGradientBoostingRegressor",
        make_space=_hist_gradient_boosting,
        learning=HIST_GRADIENT_BOOSTING,
        orders_categories=True,
        cost=1.5,
        references=(AUTO_SKLEARN,),
    ),
    ModelEntry(
        "ada_boost",
        "AdaBoost",
        "Use when many simple rules together should do well, and the labels have few errors.",
        classifier="sklearn.ensemble.AdaBoostClassifier",
        regressor="sklearn.ensemble.AdaBoostRegressor",
        make_space=_ada_boost,
        make_fixed=_ada_boost_tree,
        orders_categories=True,
        cost=1,
        references=(AUTO_SKLEARN,),
    ),
)

NEURAL_MODELS = (
    ModelEntry(
        "mlp",
        "Neural network",
        "Use when there are many rows, and smooth dependencies on several columns at once.",
        classifier="sklearn.neural_network.MLPClassifier",
        regressor="sklearn.neural_network.MLPRegressor",
        make_space=_perceptron,
        learning=MLP,
        needs_scaling=True,
        scales_target=True,
        cost=2,
        references=(AUTO_SKLEARN, HPO_BENCH),
    ),
)
