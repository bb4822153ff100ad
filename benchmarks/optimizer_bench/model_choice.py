"""Choosing among four models of scikit-learn, each with a space of its own (CASH)."""

from __future__ import annotations

from functools import partial
from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import ElasticNet, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.problem import Problem
from optimizer_bench.tables import REGRESSION, cross_validated

VECTORS = {"model": ("svm",)}
TREE = {"model": ("tree",)}
NEIGHBOURS = {"model": ("knn",)}
LINEAR = {"model": ("linear",)}

SPACE = Space(
    [
        Categorical("model", ("svm", "tree", "knn", "linear")),
        Float("svm.C", 0.01, 1000.0, log=True, when=VECTORS),
        Float("svm.gamma", 1e-5, 10.0, log=True, when=VECTORS),
        Categorical("svm.kernel", ("rbf", "poly"), when=VECTORS),
        Int("tree.n_estimators", 1, 20, when=TREE),
        Int("tree.max_depth", 1, 15, when=TREE),
        Float("tree.max_features", 0.05, 1.0, when=TREE),
        Int("tree.min_samples_leaf", 1, 40, log=True, when=TREE),
        Int("knn.n_neighbors", 1, 50, log=True, when=NEIGHBOURS),
        Float("knn.p", 1.0, 4.0, when=NEIGHBOURS),
        Categorical("knn.weights", ("uniform", "distance"), when=NEIGHBOURS),
        Float("linear.alpha", 1e-4, 100.0, log=True, when=LINEAR),
        Float("linear.l1_ratio", 0.0, 1.0, when=LINEAR),
    ]
)

MODELS: dict[tuple[str, bool], tuple[type, dict[str, Any]]] = {
    ("svm", False): (SVC, {"max_iter": 20_000}),
    ("svm", True): (SVR, {"max_iter": 20_000}),
    ("tree", False): (RandomForestClassifier, {"random_state": 0}),
    ("tree", True): (RandomForestRegressor, {"random_state": 0}),
    ("knn", False): (KNeighborsClassifier, {}),
    ("knn", True): (KNeighborsRegressor, {}),
    ("linear", False): (
        SGDClassifier,
        {"loss": "log_loss", "penalty": "elasticnet", "max_iter": 30, "random_state": 0},
    ),
    ("linear", True): (ElasticNet, {"max_iter": 500}),
}
"""By name and whether the target is a number: the class, and what is not tuned."""


def model_choice(table_name: str, metric: str) -> Problem:
    """Choosing and tuning a model on a table."""
    return Problem(
        f"cash-{table_name}-{metric}",
        "model choice",
        SPACE,
        partial(_loss, table_name, metric),
        trains=True,
    )


def _loss(table_name: str, metric: str, params: Params) -> float:
    kind, fixed = MODELS[str(params["model"]), metric in REGRESSION]
    own = {name.split(".", 1)[1]: value for name, value in params.items() if "." in name}
    return cross_validated(lambda: kind(**fixed, **own), table_name, metric)
