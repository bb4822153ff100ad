"""Tuning one model of scikit-learn on a small table.

Which parameters are tuned, over which ranges, follows Bayesmark (Turner et al. 2021, Bayesian
optimization is superior to random search for machine learning hyperparameter tuning,
arXiv 2104.10201), apart from this: what is on a logit scale there is linear here, except for the
second moment of Adam, which is tuned as its distance from 1; ``normalize`` no longer exists; the
ranges of the support vector machine are those that people use; gradient boosting and a pipeline
of a scaler, PCA and nearest neighbours are added.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, QuantileTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hpo_gui.core.parameter import Categorical, Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.problem import Problem
from optimizer_bench.tables import REGRESSION, cross_validated

MakeModel = Callable[[bool, dict[str, Any]], Any]
"""From whether the target is a number, and the parameters, to an estimator."""

TREE = (
    Int("max_depth", 1, 15),
    Float("min_samples_split", 0.01, 0.99),
    Float("min_samples_leaf", 0.01, 0.49),
    Float("min_weight_fraction_leaf", 0.01, 0.49),
    Float("max_features", 0.01, 0.99),
    Float("min_impurity_decrease", 0.0, 0.5),
)
NETWORK = (
    Int("hidden_layer_sizes", 50, 200),
    Float("alpha", 1e-5, 10.0, log=True),
    Int("batch_size", 10, 250),
    Float("learning_rate_init", 1e-5, 0.1, log=True),
)
ADAM = (
    *NETWORK,
    Float("tol", 1e-5, 0.1, log=True),
    Float("validation_fraction", 0.1, 0.9),
    Float("beta_1", 0.5, 0.99),
    Float("one_minus_beta_2", 1e-6, 0.1, log=True),
    Float("epsilon", 1e-9, 1e-6, log=True),
)
SGD = (
    *NETWORK,
    Float("power_t", 0.1, 0.9),
    Float("tol", 1e-5, 0.1, log=True),
    Float("momentum", 0.001, 0.999),
    Float("validation_fraction", 0.1, 0.9),
)
SUPPORT_VECTORS = (
    Float("C", 0.01, 1000.0, log=True),
    Float("gamma", 1e-5, 10.0, log=True),
)
CLASSIFYING_VECTORS = (*SUPPORT_VECTORS, Float("tol", 1e-5, 0.1, log=True))
REGRESSING_VECTORS = (
    *SUPPORT_VECTORS,
    Float("epsilon", 1e-3, 1.0, log=True),
    Categorical("kernel", ("rbf", "poly", "sigmoid")),
)
NEIGHBOURS = (
    Categorical("scaler", ("none", "minmax", "quantile", "l2")),
    Int("n_components", 2, 13),
    Int("n_neighbors", 1, 50, log=True),
    Categorical("weights", ("uniform", "distance")),
    Float("p", 1.0, 4.0),
)
BOOSTING = (
    Float("learning_rate", 1e-3, 1.0, log=True),
    Int("n_estimators", 5, 60),
    Int("max_depth", 1, 8),
    Int("min_samples_leaf", 1, 40, log=True),
    Float("subsample", 0.3, 1.0),
    Float("max_features", 0.1, 1.0),
)
ADA = (Int("n_estimators", 10, 60), Float("learning_rate", 1e-4, 10.0, log=True))
LASSO = (
    Float("alpha", 1e-4, 10.0, log=True),
    Categorical("fit_intercept", (True, False)),
    Int("max_iter", 10, 5000, log=True),
    Float("tol", 1e-5, 0.1, log=True),
    Categorical("positive", (True, False)),
)
LINEAR = (
    Float("C", 1e-3, 100.0, log=True),
    Float("intercept_scaling", 0.01, 100.0, log=True),
)


def _network(solver: str, number: bool, params: dict[str, Any]) -> Any:
    if "one_minus_beta_2" in params:
        params["beta_2"] = 1.0 - params.pop("one_minus_beta_2")
    params["hidden_layer_sizes"] = (params["hidden_layer_sizes"],)
    if solver == "sgd":
        params |= {"learning_rate": "invscaling", "nesterovs_momentum": True}
        if number:
            params["activation"] = "tanh"
    kind = MLPRegressor if number else MLPClassifier
    return kind(solver=solver, early_stopping=True, max_iter=40, random_state=0, **params)


def _neighbours(number: bool, params: dict[str, Any]) -> Any:
    scalers = {
        "none": "passthrough",
        "minmax": MinMaxScaler(),
        "l2": Normalizer(),
        "quantile": QuantileTransformer(n_quantiles=50, random_state=0),
    }
    kind = KNeighborsRegressor if number else KNeighborsClassifier
    scaler, components = scalers[params.pop("scaler")], params.pop("n_components")
    return make_pipeline(scaler, PCA(components, random_state=0), kind(**params))


def _seeded(
    classifier: type, regressor: type, number: bool, params: dict[str, Any], **fixed: Any
) -> Any:
    return (regressor if number else classifier)(random_state=0, **fixed, **params)


def _vectors(number: bool, params: dict[str, Any]) -> Any:
    return SVR(max_iter=20_000, **params) if number else SVC(kernel="rbf", **params)


def _lasso(number: bool, params: dict[str, Any]) -> Any:
    return Lasso(**params)


def _linear(number: bool, params: dict[str, Any]) -> Any:
    return LogisticRegression(solver="liblinear", fit_intercept=True, **params)


MODELS: dict[str, tuple[tuple[Parameter, ...], MakeModel]] = {
    "dt": (TREE, partial(_seeded, DecisionTreeClassifier, DecisionTreeRegressor)),
    "rf": (
        TREE,
        partial(_seeded, RandomForestClassifier, RandomForestRegressor, n_estimators=10),
    ),
    "gbm": (BOOSTING, partial(_seeded, GradientBoostingClassifier, GradientBoostingRegressor)),
    "ada": (ADA, partial(_seeded, AdaBoostClassifier, AdaBoostRegressor)),
    "mlp-adam": (ADAM, partial(_network, "adam")),
    "mlp-sgd": (SGD, partial(_network, "sgd")),
    "svm": (CLASSIFYING_VECTORS, _vectors),
    "svr": (REGRESSING_VECTORS, _vectors),
    "knnpipe": (NEIGHBOURS, _neighbours),
    "lasso": (LASSO, _lasso),
    "linear": (LINEAR, _linear),
}


def tuning(model: str, table_name: str, metric: str, folds: int = 3) -> Problem:
    """Tuning a model of `MODELS` on a table."""
    parameters, make = MODELS[model]
    return Problem(
        f"{model}-{table_name}-{metric}",
        "tuning",
        Space(parameters),
        partial(_loss, make, table_name, metric, folds),
        trains=True,
    )


def _loss(make: MakeModel, table_name: str, metric: str, folds: int, params: Params) -> float:
    number = metric in REGRESSION
    return cross_validated(lambda: make(number, dict(params)), table_name, metric, folds)
