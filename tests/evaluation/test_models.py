"""The catalogue of models: every entry keeps its promises, wrong names are explained."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ModelSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.model_choice import ModelChoice, own_parameters
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_estimator import (
    check_parameters,
    estimator_parameters,
    load_class,
    make_estimator,
    remember_signatures,
)
from hpo_gui.evaluation.models import ALIASES, MODELS, canonical_name, find_model
from hpo_gui.evaluation.treatments import OF_TREES, ColumnNeeds
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

TASKS = ("classification", "regression")
MEMBERS = [(name, task) for name, entry in MODELS.items() for task in entry.tasks]
INSTALLED = [(name, task) for name, task in MEMBERS if MODELS[name].available]
ITERATIONS = ("n_estimators", "iterations", "max_iter")
FEW = 4  # iterations that show every warning, in no time
CONFIGURATIONS = 30


def few_iterations(values: Params) -> Params:
    values = {k: min(v, FEW) if k in ITERATIONS[:2] else v for k, v in values.items()}
    if "hidden_layer_sizes" in values or "max_leaf_nodes" in values:
        values["max_iter"] = FEW
    return values


def table(task: str) -> tuple[np.ndarray, np.ndarray]:
    dataset = classes_dataset(45) if task == "classification" else numbers_dataset(45)
    values = dataset.frame.to_numpy()
    return (values - values.mean(axis=0)) / values.std(axis=0), dataset.target


def entry_space(entry: ModelEntry, task: Any, rows: int = 45, columns: int = 4) -> Space:
    return Space(entry.space(task, rows, columns), entry.constraints)


def test_every_usual_model_is_in_the_catalogue() -> None:
    usual = (
        "logistic_regression linear_regression ridge lasso elastic_net sgd knn svm naive_bayes "
        "decision_tree random_forest extra_trees gradient_boosting hist_gradient_boosting "
        "ada_boost mlp lightgbm xgboost catboost"
    )
    assert set(MODELS) == set(usual.split())


def test_listing_models_imports_nothing_heavy() -> None:
    code = (
        "import sys, hpo_gui.evaluation.models as m, hpo_gui.evaluation.metrics\n"
        "import hpo_gui.evaluation.splits\n"
        "[e.space(t, 100, 5) for e in m.MODELS.values() for t in e.tasks]\n"
        "[e.available for e in m.MODELS.values()]\n"
        "m.find_model('svc', 'classification')\n"
        "print([n for n in ('sklearn', 'pandas', 'scipy', 'joblib') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("name", "task"), MEMBERS)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 1), (45, 4), (10_000, 3_000)])
def test_defaults_lie_in_the_space(name: str, task: Any, rows: int, columns: int) -> None:
    entry = MODELS[name]
    space = entry_space(entry, task, rows, columns)
    assert space.contains(entry.defaults(task, rows, columns))


@pytest.mark.parametrize(("name", "task"), MEMBERS)
def test_conditional_parameters_come_after_their_parents(name: str, task: Any) -> None:
    seen: set[str] = set()
    for parameter in MODELS[name].space(task, 100, 5):
        assert set(parameter.when) <= seen
        seen.add(parameter.name)


@pytest.mark.parametrize("name", MODELS)
def test_entries_travel_between_processes(name: str) -> None:
    entry = pickle.loads(pickle.dumps(MODELS[name]))
    task = entry.tasks[0]
    assert entry.fixed(task) == MODELS[name].fixed(task)
    assert entry.space(task, 9, 2) == MODELS[name].space(task, 9, 2)


@pytest.mark.parametrize(("name", "task"), INSTALLED)
def test_every_parameter_is_one_of_the_estimator(name: str, task: Any) -> None:
    entry = MODELS[name]
    names = [p.name for p in entry.space(task, 100, 5)]
    check_parameters(entry, task, [*names, *entry.fixed(task)])


@pytest.mark.parametrize(("name", "task"), INSTALLED)
def test_no_configuration_of_the_space_warns_or_fails(name: str, task: Any) -> None:
    from sklearn.exceptions import ConvergenceWarning

    entry = MODELS[name]
    space = entry_space(entry, task)
    rng = np.random.default_rng(0)
    rows, target = table(task)
    configurations = [entry.defaults(task, 45, 4)]
    if len(space):
        configurations += [space.sample(rng) for _ in range(CONFIGURATIONS)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        for seed, params in enumerate(configurations):
            values = few_iterations({**entry.fixed(task), **params})
            estimator = make_estimator(entry, task, values, seed).fit(rows, target)
            assert np.ravel(estimator.predict(rows)).shape == target.shape


@pytest.mark.parametrize(("name", "task"), INSTALLED)
def test_the_same_seed_gives_the_same_model(name: str, task: Any) -> None:
    from sklearn.exceptions import ConvergenceWarning

    entry = MODELS[name]
    rows, target = table(task)
    values = few_iterations({**entry.fixed(task), **entry.defaults(task, 45, 4)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        first, second = (
            make_estimator(entry, task, values, 5).fit(rows, target).predict(rows)
            for _ in range(2)
        )
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("name", "task"), INSTALLED)
def test_promised_abilities_are_the_estimators(name: str, task: Any) -> None:
    from sklearn.base import is_classifier, is_regressor
    from sklearn.utils.validation import has_fit_parameter

    entry = MODELS[name]
    estimator = make_estimator(entry, task, entry.fixed(task), 0)
    assert is_classifier(estimator) == (task == "classification")
    assert is_regressor(estimator) == (task == "regression")
    estimator = getattr(estimator, "regressor", estimator)
    assert has_fit_parameter(estimator, "sample_weight") == entry.takes_weights
    if task == "classification" and entry.gives_probabilities is not None:
        assert hasattr(estimator, "predict_proba") == entry.gives_probabilities


@pytest.mark.parametrize(("name", "task"), INSTALLED)
def test_all_options_are_listed_with_their_defaults(name: str, task: Any) -> None:
    options = estimator_parameters(MODELS[name], task)
    tuned = {p.name.partition("__")[0] for p in MODELS[name].space(task, 100, 5)}
    assert tuned <= options.keys()


def test_options_show_the_defaults_of_the_class() -> None:
    options = estimator_parameters(MODELS["mlp"], "classification")
    assert options["hidden_layer_sizes"] == (100,)
    assert options["activation"] == "relu"


# --- what the spaces say ----------------------------------------------------------------------


def active(name: str, task: Any, **params: Any) -> set[str]:
    return set(entry_space(MODELS[name], task).complete(params))


def test_degree_is_only_there_for_the_polynomial_kernel() -> None:
    assert "degree" in active("svm", "classification", kernel="poly")
    for kernel in ("rbf", "linear", "sigmoid"):
        assert "degree" not in active("svm", "classification", kernel=kernel)


def test_gamma_is_not_there_for_the_linear_kernel() -> None:
    assert "gamma" not in active("svm", "classification", kernel="linear")


def test_max_samples_is_only_there_with_bootstrap() -> None:
    assert "max_samples" in active("random_forest", "regression", bootstrap=True)
    assert "max_samples" not in active("random_forest", "regression", bootstrap=False)


def test_only_regression_has_an_epsilon() -> None:
    assert "epsilon" in active("svm", "regression")
    assert "epsilon" not in active("svm", "classification")


def test_depth_can_be_unlimited() -> None:
    (depth,) = (
        p for p in MODELS["random_forest"].space("regression", 9, 2) if p.name == "max_depth"
    )
    assert isinstance(depth, Int)
    assert depth.or_none
    assert depth.default_value is None


def test_a_forest_starts_with_the_square_root_of_the_columns() -> None:
    assert MODELS["random_forest"].defaults("classification", 99, 16)["max_features"] == 0.25
    assert MODELS["random_forest"].defaults("classification", 99, 900)["max_features"] == 0.1
    assert MODELS["random_forest"].defaults("regression", 99, 16)["max_features"] == 1.0


def test_neighbours_are_at_most_half_of_the_rows() -> None:
    for rows, most in ((2, 1), (40, 20), (5_000, 512)):
        neighbours = MODELS["knn"].space("classification", rows, 3)[0]
        assert isinstance(neighbours, Int)
        assert neighbours.high == most


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("svc", "svm"),
        ("SVR", "svm"),
        ("k_nearest_neighbours", "knn"),
        ("k-nearest neighbors", "knn"),
        ("RandomForestClassifier", "random_forest"),
        ("Ridge", "ridge"),
        ("RidgeClassifier", "ridge"),
        ("sklearn.svm.SVC", "svm"),
        ("Logistic Regression", "logistic_regression"),
    ],
)
def test_usual_names_are_understood(written: str, name: str) -> None:
    assert canonical_name(written) == name


def test_every_alias_leads_to_a_model() -> None:
    assert set(ALIASES.values()) <= set(MODELS)
    assert not set(ALIASES) & set(MODELS)


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="`random_forest`"):
        find_model("random_forrest", "classification")


def test_a_model_for_another_task_is_refused() -> None:
    with pytest.raises(SpecError, match="must be made for regression"):
        find_model("naive_bayes", "regression")


def test_a_package_that_is_missing_is_named_with_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not MODELS["xgboost"].available
    with pytest.raises(SpecError, match="pip install xgboost-cpu"):
        find_model("xgboost", "regression")


# --- any other estimator ----------------------------------------------------------------------


def test_any_estimator_is_found_by_its_dotted_path() -> None:
    entry = find_model("sklearn.svm.NuSVC", "classification")
    assert entry.tasks == ("classification",)
    assert entry.space("classification", 10, 2) == ()
    assert entry.needs == ColumnNeeds(scaling=True, orders_categories=False)
    assert find_model("sklearn.ensemble.BaggingRegressor", "regression").needs == OF_TREES


def test_only_trees_and_boosters_get_arbitrary_numbers_of_categories() -> None:
    assert sorted(entry.name for entry in MODELS.values() if entry.orders_categories) == [
        "ada_boost",
        "catboost",
        "decision_tree",
        "extra_trees",
        "gradient_boosting",
        "hist_gradient_boosting",
        "lightgbm",
        "random_forest",
        "xgboost",
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no.such.module.Model", "must be importable"),
        ("sklearn.svm.NuSVCC", "`sklearn.svm.NuSVC`"),
        ("sklearn.preprocessing.StandardScaler", "has no predict"),
        ("sklearn.base.clone", "has no fit"),
        ("sklearn.linear_model.BayesianRidge", "is for regression"),
    ],
)
def test_a_wrong_dotted_path_is_explained(path: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        find_model(path, "classification")


class Plain:
    """Has what an estimator is asked for, but nothing of scikit-learn."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def fit(self, rows: Any, target: Any) -> Plain:
        return self

    def predict(self, rows: Any) -> Any:
        return np.zeros(len(rows))


class Demanding(RegressorMixin, BaseEstimator):
    """Has a parameter without a usable default, and takes any others."""

    def __init__(self, units: int | None = None, **options: Any) -> None:
        if units is None:
            raise ValueError("tell the number of units")
        self.units = units

    def fit(self, rows: Any, target: Any) -> Demanding:
        return self

    def predict(self, rows: Any) -> Any:
        return np.zeros(len(rows))


def test_a_class_that_scikit_learn_would_not_score_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(SpecError, match=r"inherits from `sklearn\.base\.BaseEstimator`"):
        find_model(f"{__name__}.Plain", "classification")


def test_a_class_that_cannot_be_made_without_parameters_is_taken_at_its_word() -> None:
    entry = find_model(f"{__name__}.Demanding", "regression")
    check_parameters(entry, "regression", ["units", "anything"])
    assert estimator_parameters(entry, "regression") == {"units": None}
    assert make_estimator(entry, "regression", {"units": 3}, 0).units == 3


def test_a_wrong_parameter_is_answered_with_the_nearest() -> None:
    entry = find_model("sklearn.svm.NuSVC", "classification")
    check_parameters(entry, "classification", ["nu", "gamma"])
    with pytest.raises(SpecError, match="`gamma`") as caught:
        check_parameters(entry, "classification", ["gama"], "models.nu.space")
    assert caught.value.parameter == "models.nu.space.gama"


def test_an_estimator_can_be_a_part_of_another() -> None:
    entry = find_model("sklearn.ensemble.BaggingClassifier", "classification")
    values = {"estimator": "sklearn.tree.DecisionTreeClassifier", "estimator__max_depth": 2}
    estimator = make_estimator(entry, "classification", values, 3)
    assert estimator.get_params()["estimator__max_depth"] == 2
    assert estimator.random_state == 3


def test_a_fixed_random_state_stays() -> None:
    entry = MODELS["random_forest"]
    assert make_estimator(entry, "regression", {"random_state": 1}, 9).random_state == 1


def test_loading_a_class_twice_gives_the_same_class() -> None:
    assert load_class("sklearn.svm.SVC") is load_class("sklearn.svm.SVC")


def test_remembered_signatures_are_the_same() -> None:
    import inspect

    from sklearn.tree import DecisionTreeClassifier

    class Mine(DecisionTreeClassifier):
        def __init__(self, depth: int = 3) -> None:
            super().__init__(max_depth=depth)
            self.depth = depth

    before = inspect.signature(Mine), Mine(2).get_params()
    assert remember_signatures() >= 1
    assert remember_signatures() == 0
    assert (inspect.signature(Mine), Mine(2).get_params()) == before


# --- the models of a study --------------------------------------------------------------------


def test_one_model_gets_plain_names() -> None:
    choice = ModelChoice((ModelSpec("svm", fixed={"C": 2.0}),), "classification")
    candidate, values = choice.pick({"kernel": "rbf"})
    assert candidate.entry is MODELS["svm"]
    assert values == {"max_iter": 200_000, "C": 2.0, "kernel": "rbf"}


def test_of_several_models_each_gets_its_own_names() -> None:
    choice = ModelChoice((ModelSpec("svm"), ModelSpec("ridge")), "classification")
    candidate, values = choice.pick({"model": "ridge", "ridge.alpha": 3.0, "svm.C": 1.0})
    assert candidate.name == "ridge"
    assert values == {"alpha": 3.0}


def test_a_whole_number_reaches_a_real_parameter_as_a_real() -> None:
    choice = ModelChoice((ModelSpec("random_forest"),), "classification")
    value = choice.pick({"max_features": 1})[1]["max_features"]
    assert isinstance(value, float)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((), "at least one"),
        ((ModelSpec("svm"), ModelSpec("svm")), "different"),
        ((ModelSpec("knn", fixed={"n_jobs": 4}),), "n_jobs must be 1"),
    ],
)
def test_wrong_models_are_refused(models: tuple[ModelSpec, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        ModelChoice(models, "classification")


def test_an_unknown_model_in_a_configuration_is_refused() -> None:
    choice = ModelChoice((ModelSpec("svm"), ModelSpec("ridge")), "classification")
    with pytest.raises(SpecError, match="must be one of svm, ridge"):
        choice.pick({"model": "knn"})


def test_what_is_fixed_is_not_tuned_nor_what_hangs_on_it() -> None:
    def names(fixed: Params) -> list[str]:
        spec = ModelSpec("svm", fixed=fixed)
        return [p.name for p in own_parameters(spec, "classification", 50, 4)]

    assert names({"kernel": "linear"}) == ["C"]
    assert names({"kernel": "poly", "C": 1.0}) == ["gamma", "degree", "coef0"]
    Space(own_parameters(ModelSpec("svm", {"kernel": "poly"}), "classification", 50, 4))


def test_a_parameter_cannot_be_fixed_and_tuned() -> None:
    spec = ModelSpec("ridge", fixed={"alpha": 1.0}, space=(Float("alpha", 0.1, 1.0),))
    with pytest.raises(SpecError, match="must not be tuned as well"):
        own_parameters(spec, "regression", 50, 4)
