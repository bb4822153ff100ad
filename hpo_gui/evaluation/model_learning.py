"""How the models of the catalogue learn step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hpo_gui.core.value import Params

How = Literal["partial_fit", "warm_start", "lightgbm", "xgboost"]


@dataclass(frozen=True)
class Learning:
    """How a model learns a stretch at a time; `evaluation.learners` does it.

    Attributes
    ----------
    how : ``partial_fit`` (epochs), ``warm_start`` (trees), or the way of a package (trees)
    stretch : epochs or trees of a step, where the study does not say
    rate : the parameter that is the learning rate; "" where there is none
    changeable : parameters that may change between two steps
    length : the parameter that says how long a plain fit learns. It follows from the steps
    unused : parameters of a plain fit that mean nothing here: when it stops by itself
    settings : what learning by steps needs; a study can neither tune it nor set it otherwise
    """

    how: How
    stretch: int
    rate: str = ""
    changeable: tuple[str, ...] = ()
    length: str = ""
    unused: tuple[str, ...] = ()
    settings: Params = field(default_factory=dict, hash=False)

    @property
    def unit(self) -> Literal["epochs", "trees"]:
        return "epochs" if self.how == "partial_fit" else "trees"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Parameters that a study with steps of training has no use for."""
        return (self.length, *self.unused) if self.length else self.unused


OWN_STOPPING = ("n_iter_no_change", "tol", "validation_fraction")

# NOTE: rows are shuffled by us, anew in each epoch: an estimator with a fixed random state would
# shuffle them the same way in each call of partial_fit.
SGD = Learning(
    "partial_fit",
    5,
    "eta0",
    ("eta0", "alpha", "l1_ratio"),
    "max_iter",
    OWN_STOPPING,
    {"learning_rate": "constant", "early_stopping": False, "shuffle": False},
)
MLP = Learning(
    "partial_fit",
    5,
    "learning_rate_init",
    ("learning_rate_init", "alpha", "batch_size", "momentum", "beta_1", "beta_2"),
    "max_iter",
    (*OWN_STOPPING, "max_fun"),
    {"learning_rate": "constant", "early_stopping": False, "shuffle": False},
)
NAIVE_BAYES = Learning("partial_fit", 1, changeable=("var_smoothing",))
FOREST = Learning(
    "warm_start",
    10,
    changeable=(
        "max_features",
        "max_depth",
        "min_samples_split",
        "min_samples_leaf",
        "min_impurity_decrease",
        "max_samples",
    ),
    length="n_estimators",
    settings={"warm_start": True},
)
GRADIENT_BOOSTING = Learning(
    "warm_start",
    10,
    "learning_rate",
    (
        "learning_rate",
        "subsample",
        "max_features",
        "max_depth",
        "min_samples_split",
        "min_samples_leaf",
        "min_impurity_decrease",
    ),
    "n_estimators",
    ("tol", "validation_fraction"),
    {"warm_start": True, "n_iter_no_change": None},
)
HIST_GRADIENT_BOOSTING = Learning(
    "warm_start",
    10,
    "learning_rate",
    (
        "learning_rate",
        "max_leaf_nodes",
        "max_depth",
        "min_samples_leaf",
        "l2_regularization",
        "max_features",
    ),
    "max_iter",
    OWN_STOPPING,
    {"warm_start": True, "early_stopping": False},
)
LIGHTGBM = Learning(
    "lightgbm",
    10,
    "learning_rate",
    (
        "learning_rate",
        "num_leaves",
        "max_depth",
        "min_child_samples",
        "min_child_weight",
        "min_split_gain",
        "subsample",
        "colsample_bytree",
        "reg_alpha",
        "reg_lambda",
    ),
    "n_estimators",
)
XGBOOST = Learning(
    "xgboost",
    10,
    "learning_rate",
    (
        "learning_rate",
        "max_leaves",
        "max_depth",
        "min_child_weight",
        "gamma",
        "subsample",
        "colsample_bytree",
        "reg_alpha",
        "reg_lambda",
    ),
    "n_estimators",
    ("early_stopping_rounds",),
)

_RATES = ("learning_rate_init", "eta0", "learning_rate")
_CHANGEABLE = ("alpha", "C", "l1_ratio", "momentum", "var_smoothing")


def learning_of(kind: type[object], defaults: Params) -> Learning | None:
    """How an estimator class that is not in the catalogue learns; None when only as a whole.

    Parameters
    ----------
    defaults : the parameters of its constructor
    """
    if hasattr(kind, "partial_fit"):
        rate = next((name for name in _RATES if _is_number(defaults.get(name))), "")
        changeable = tuple(name for name in _CHANGEABLE if _is_number(defaults.get(name)))
        wanted = {"learning_rate": "constant", "early_stopping": False, "shuffle": False}
        if not isinstance(defaults.get("learning_rate"), str):
            del wanted["learning_rate"]
        return Learning(
            "partial_fit",
            5,
            rate,
            (rate, *changeable) if rate else changeable,
            "max_iter" if "max_iter" in defaults else "",
            tuple(name for name in OWN_STOPPING if name in defaults),
            {name: value for name, value in wanted.items() if name in defaults},
        )
    if "warm_start" in defaults and "n_estimators" in defaults:
        return Learning("warm_start", 10, length="n_estimators", settings={"warm_start": True})
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
