"""Linear models, and the models that separate by distance: neighbours, kernels, densities.

Sources of the spaces: auto-sklearn (AS), FLAML (FL), Bayesmark (BM).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo_gui.core.parameter import Categorical, Float, Int, Parameter
from hpo_gui.evaluation.model_entry import ModelEntry, always
from hpo_gui.evaluation.model_learning import NAIVE_BAYES, SGD

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

AUTO_SKLEARN = "Feurer et al. (2015), Efficient and robust automated machine learning"
FLAML = "Wang et al. (2021), FLAML, arXiv 1911.04706"
BAYESMARK = "Turner et al. (2021), Bayesian optimization is superior, arXiv 2104.10201"

SMALLEST_C, LARGEST_C = 2.0**-5, 2.0**15


def _logistic(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        Float("C", SMALLEST_C, LARGEST_C, log=True, default=1.0),
        # NOTE: only saga can mix the two penalties; lbfgs is faster and always uses l2
        Categorical("solver", ("lbfgs", "saga")),
        Float("l1_ratio", 0.0, 1.0, default=0.5, when={"solver": ("saga",)}),
    )


def _penalty(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (Float("alpha", 1e-4, 1e2, log=True, default=1.0),)


def _elastic_net(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (
        *_penalty(task, rows, columns),
        # NOTE: coordinate descent is not reliable for l1_ratio < 0.01
        Float("l1_ratio", 0.01, 1.0, default=0.5),
    )


def _sgd(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    losses: tuple[str, ...]
    if task == "classification":
        losses = ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron")
        start = "optimal"
    else:
        losses = (
            "squared_error",
            "huber",
            "epsilon_insensitive",
            "squared_epsilon_insensitive",
        )
        start = "invscaling"
    return (
        Categorical("loss", losses),
        Categorical("penalty", ("l2", "l1", "elasticnet")),
        Float("alpha", 1e-7, 0.1, log=True, default=1e-4),
        Float("l1_ratio", 0.0, 1.0, default=0.15, when={"penalty": ("elasticnet",)}),
        Categorical("learning_rate", ("optimal", "invscaling", "constant"), default=start),
        Float(
            "eta0",
            1e-7,
            0.1,
            log=True,
            default=0.01,
            when={"learning_rate": ("invscaling", "constant")},
        ),
        Categorical("average", (False, True)),
    )


def _neighbours(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    most = max(1, min(512, rows // 2))
    return (
        Int("n_neighbors", 1, most, log=True, default=min(5, most)),
        Categorical("weights", ("uniform", "distance")),
        Categorical("p", (2, 1, 1.5)),
    )


def _support_vectors(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    low, high = 2.0**-15, 8.0
    curved = ("rbf", "poly", "sigmoid")
    space: tuple[Parameter, ...] = (
        Float("C", SMALLEST_C, LARGEST_C, log=True, default=1.0),
        Categorical("kernel", ("rbf", "linear", "poly", "sigmoid")),
        # gamma="scale" is 1 / (columns * variance), and scaled columns have variance 1
        Float(
            "gamma",
            low,
            high,
            log=True,
            default=min(max(1.0 / columns, low), high),
            when={"kernel": curved},
        ),
        Int("degree", 2, 5, default=3, when={"kernel": ("poly",)}),
        Float("coef0", -1.0, 1.0, default=0.0, when={"kernel": ("poly", "sigmoid")}),
    )
    if task == "regression":
        space += (Float("epsilon", 1e-3, 1.0, log=True, default=0.1),)
    return space


def _bayes(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    return (Float("var_smoothing", 1e-12, 1.0, log=True, default=1e-9),)


LINEAR_MODELS = (
    ModelEntry(
        "logistic_regression",
        "Logistic regression",
        "Use when classes can be told apart by a weighted sum, and you want to see the weights.",
        classifier="sklearn.linear_model.LogisticRegression",
        make_space=_logistic,
        make_fixed=always(max_iter=1000),
        needs_scaling=True,
        cost=0.02,
        references=(FLAML,),
    ),
    ModelEntry(
        "linear_regression",
        "Linear regression",
        "Use when you want the plain least-squares line as a yardstick; nothing to tune.",
        regressor="sklearn.linear_model.LinearRegression",
        cost=0.01,
    ),
    ModelEntry(
        "ridge",
        "Ridge",
        "Use when many columns carry a little information each, or resemble one another.",
        classifier="sklearn.linear_model.RidgeClassifier",
        regressor="sklearn.linear_model.Ridge",
        make_space=_penalty,
        needs_scaling=True,
        gives_probabilities=False,
        cost=0.01,
        references=(BAYESMARK,),
    ),
    ModelEntry(
        "lasso",
        "Lasso",
        "Use when only a few columns matter, and the others should get weight zero.",
        regressor="sklearn.linear_model.Lasso",
        make_space=_penalty,
        make_fixed=always(max_iter=5000),
        needs_scaling=True,
        cost=0.01,
        references=(BAYESMARK,),
    ),
    ModelEntry(
        "elastic_net",
        "Elastic net",
        "Use when only groups of similar columns matter: a mixture of ridge and lasso.",
        regressor="sklearn.linear_model.ElasticNet",
        make_space=_elastic_net,
        make_fixed=always(max_iter=5000),
        needs_scaling=True,
        cost=0.01,
        references=(BAYESMARK,),
    ),
    ModelEntry(
        "sgd",
        "Stochastic gradient descent",
        "Use when a linear model has to learn from a great many rows.",
        classifier="sklearn.linear_model.SGDClassifier",
        regressor="sklearn.linear_model.SGDRegressor",
        make_space=_sgd,
        learning=SGD,
        needs_scaling=True,
        gives_probabilities=None,  # the loss decides
        scales_target=True,
        cost=0.1,
        references=(AUTO_SKLEARN,),
    ),
)

DISTANCE_MODELS = (
    ModelEntry(
        "knn",
        "Nearest neighbours",
        "Use when similar rows have similar answers, and there are few columns.",
        classifier="sklearn.neighbors.KNeighborsClassifier",
        regressor="sklearn.neighbors.KNeighborsRegressor",
        make_space=_neighbours,
        needs_scaling=True,
        takes_weights=False,
        cost=0.05,
        references=(FLAML,),
    ),
    ModelEntry(
        "svm",
        "Support vector machine",
        "Use when there are up to some ten thousand rows, and the border between classes bends.",
        classifier="sklearn.svm.SVC",
        regressor="sklearn.svm.SVR",
        make_space=_support_vectors,
        # NOTE: without a limit, a large C on a poor kernel can run for hours
        make_fixed=always(max_iter=200_000),
        needs_scaling=True,
        gives_probabilities=False,
        scales_target=True,
        cost=0.5,
        references=(AUTO_SKLEARN,),
    ),
    ModelEntry(
        "naive_bayes",
        "Naive Bayes",
        "Use when there are few rows, and you want an answer at once.",
        classifier="sklearn.naive_bayes.GaussianNB",
        make_space=_bayes,
        learning=NAIVE_BAYES,
        cost=0.01,
    ),
)
