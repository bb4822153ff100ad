"""Cross-validation on growing shares of the rows: each step is all folds, with more rows.

A configuration that learns badly from a tenth of the rows seldom wins with all of them; a pruner
can stop it there. As in scikit-learn's ``HalvingRandomSearchCV(resource="n_samples")``, after
Jamieson, Talwalkar (2016), arXiv 1502.07943. The rows that judge are always all of them, so that
the last step is the plain cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import SpecError
from hpo_gui.core.objective import State
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import Choice, ModelSpec, RowsSpec
from hpo_gui.core.trial import Learned
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation, CrossValidationFactory
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.splits import make_splits

IndexArray = NDArray[np.intp]

LEAST_ROWS = 10  # that say anything of a configuration
LEAST_A_CLASS = 2  # on average: one to learn from, and one for a model's own early stopping
NEIGHBORS = "n_neighbors"  # of k nearest neighbours, which needs as many rows


class RowShares:
    """Evaluates configurations on more and more rows; see `core.objective.Objective`.

    A step fits the model of each fold anew, so that there is no state to keep. The columns are
    prepared once, on all rows that the fold may learn from.
    """

    def __init__(self, evaluation: CrossValidation, rows: RowsSpec) -> None:
        self.evaluation = evaluation
        self._shares = rows.shares
        self._orders: dict[int, IndexArray] = {}

    @property
    def steps(self) -> int:
        return len(self._shares)

    def start(self, params: Params, seed: int) -> State:
        """The state is the trial's seed: steps do not depend on one another."""
        return self.evaluation.start(params, seed)

    def step(self, state: State, params: Params, index: int) -> tuple[Learned, State]:
        """Fit on the share of the rows of step ``index`` in each fold, and score."""
        columns: dict[str, list[float]] = {}
        for fold in range(self.evaluation.steps):
            rows = self.rows(fold, index)
            for name, score in self.evaluation.evaluate(params, int(state), fold, rows).items():
                columns.setdefault(name, []).append(score)
        return Learned({name: tuple(scores) for name, scores in columns.items()}), state

    def rows(self, fold: int, index: int) -> IndexArray | None:
        """Which of its rows a fold learns from in a step, ascending; None for all of them."""
        if index == self.steps - 1:
            return None
        order = self._order(fold)
        return np.sort(order[: rows_of_share(len(order), self._shares[index])])

    def _order(self, fold: int) -> IndexArray:
        if fold not in self._orders:
            dataset = self.evaluation.dataset
            target = dataset.target[self.evaluation.splits[fold][0]]
            rng = np.random.default_rng([self.evaluation.seed, fold])
            classes = target if dataset.task == "classification" else None
            self._orders[fold] = order_rows(len(target), classes, rng)
        return self._orders[fold]


def rows_of_share(rows: int, share: float) -> int:
    """How many of ``rows`` rows a share is: rounded up."""
    return min(math.ceil(round(rows * share, 9)), rows)


def order_rows(rows: int, classes: NDArray[Any] | None, rng: np.random.Generator) -> IndexArray:
    """The order in which rows join, shape (n,): every beginning of it is a random sample.

    Parameters
    ----------
    classes : of the rows, shape (n,). The i-th of the n_c rows of class c has the place i / n_c
        in (0, 1], so that each class is in every beginning with its share, rounded up, and with
        one row as soon as there are as many rows as classes. None for none
    """
    order: IndexArray = rng.permutation(rows)
    if classes is None:
        return order
    places = np.empty(rows)
    for name in np.unique(classes):
        members = classes[order] == name
        count = int(members.sum())
        places[members] = np.arange(count) / count
    return order[np.argsort(places, kind="stable")]


def check_rows(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    validation: Choice,
    rows: RowsSpec,
    seed: int = 0,
) -> None:
    """Check that the first share is enough for the classes and for the models.

    Parameters
    ----------
    models : filled in

    Raises
    ------
    SpecError : it is not; tells the share that would be
    """
    splits = make_splits(dataset, validation, seed)
    available = min(len(learn) for learn, _ in splits)
    first = rows_of_share(available, rows.least)
    needed, why = LEAST_ROWS, ""
    if dataset.task == "classification":
        needed = max(needed, LEAST_A_CLASS * len(dataset.classes))
        why = f" ({LEAST_A_CLASS} a class)" if needed > LEAST_ROWS else ""
    neighbors = max((_neighbors(model) for model in models), default=0)
    if neighbors > needed:
        needed, why = neighbors, f" (as many as `{NEIGHBORS}` may be)"
    if first >= needed:
        return
    share = math.ceil(100 * needed / available) / 100
    remedy = "Leave `[rows]` out: the table is small."
    if share < 1:
        fewer = f", let `{NEIGHBORS}` be fewer" if needed == neighbors else ""
        remedy = f"Begin with a share of {share:g} or more{fewer}, or leave `[rows]` out."
    raise SpecError(
        "rows.least",
        f"must give each model at least {needed} rows in the first step{why}, and it gives "
        f"{first} of {available}",
        rows.least,
        remedy=remedy,
    )


def _neighbors(model: ModelSpec) -> int:
    """The most neighbours that a model may ask for; 0 where it asks for none."""
    asked: list[Any] = [model.fixed.get(NEIGHBORS)]
    for parameter in model.space or ():
        if parameter.name == NEIGHBORS:
            if isinstance(parameter, Int | Float):
                asked.append(parameter.high)
            elif isinstance(parameter, Categorical):
                asked += parameter.choices
    return max((int(n) for n in asked if isinstance(n, int | float)), default=0)


@dataclass(frozen=True)
class RowSharesFactory:
    """Makes the objective in a worker; parameters as `RowShares`.

    Attributes
    ----------
    evaluation : makes the cross-validation whose folds learn from more and more rows
    """

    evaluation: CrossValidationFactory
    rows: RowsSpec

    def __call__(self) -> RowShares:
        return RowShares(self.evaluation(), self.rows)
