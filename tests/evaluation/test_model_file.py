"""A model's file is looked into before it is loaded, and loaded only when the user said yes."""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import pickle
import zipfile
from operator import methodcaller
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io

from hpo_gui.core.errors import DataError, ExportError, TrustError
from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation import size_limits
from hpo_gui.evaluation.final_ensemble import Voter, fit_ensemble
from hpo_gui.evaluation.final_model import fit_final
from hpo_gui.evaluation.model_file import ModelFile, load_model, look_into_model
from hpo_gui.evaluation.trust import MAX_MODELS, is_trusted_model, trust_model
from hpo_gui.export.model import check_format, write_model
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset
from tests.evaluation.test_final_model import INSTALLED, cheap, fit
from tests.evaluation.test_preprocessing import FEATURES, dataset_of, mixed


class Harm:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPO_STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HPO_STUDIO_TRUST", raising=False)


@pytest.fixture
def harm(tmp_path: Path) -> Path:
    path = tmp_path / "harm.pkl"
    path.write_bytes(pickle.dumps(Harm(tmp_path / "harmed")))
    return path


def test_a_pickle_of_others_is_not_loaded_before_somebody_said_yes(
    harm: Path, tmp_path: Path
) -> None:
    file = look_into_model(harm)
    assert file.kind == "pickle"
    assert file.unusual == file.names == (f"{os.mkdir.__module__}.mkdir",)
    with pytest.raises(TrustError, match="must be trusted before it is loaded"):
        load_model(file)
    assert not (tmp_path / "harmed").exists()
    trust_model(file.sha256)
    with pytest.raises(DataError, match="must hold a model that predicts"):
        load_model(look_into_model(harm))
    assert (tmp_path / "harmed").exists()


def test_a_yes_is_for_these_bytes_wherever_they_lie(harm: Path, tmp_path: Path) -> None:
    trust_model(look_into_model(harm).sha256)
    copy = tmp_path / "copy.pkl"
    copy.write_bytes(harm.read_bytes())
    assert look_into_model(copy).trusted
    copy.write_bytes(harm.read_bytes() + b" ")
    assert not look_into_model(copy).trusted


def test_the_oldest_models_are_forgotten() -> None:
    for number in range(3):
        trust_model(f"{number}")
    trust_model("0")
    assert all(is_trusted_model(f"{number}") for number in range(3))
    assert MAX_MODELS >= 1000


@pytest.mark.parametrize("suffix", [".skops", ".pkl", ".pickle", ".joblib"])
def test_what_the_program_wrote_is_loaded_without_a_question(suffix: str, tmp_path: Path) -> None:
    dataset = classes_dataset(40, mixed=True)
    model = fit(dataset, "decision_tree")
    path = tmp_path / f"model{suffix}"
    write_model(model, path)
    loaded = load_model(look_into_model(path))
    assert np.array_equal(loaded.predict(dataset.frame), model.predict(dataset.frame))


def test_a_model_of_another_user_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.skops"
    write_model(fit(classes_dataset(40), "naive_bayes"), path)
    monkeypatch.setenv("HPO_STUDIO_HOME", str(tmp_path / "other"))
    file = look_into_model(path)
    assert file.unusual == ("operator.methodcaller",)
    assert "pandas.to_numeric" in file.names
    with pytest.raises(TrustError):
        load_model(file)


@pytest.mark.parametrize(("model", "task"), INSTALLED)
def test_every_model_predicts_the_same_after_skops(model: str, task: str, tmp_path: Path) -> None:
    make = classes_dataset if task == "classification" else numbers_dataset
    dataset = make(60, mixed=True)
    few = {"max_iter": 5} if model == "hist_gradient_boosting" else cheap(model)
    fitted = fit_final(dataset, model, {}, few, PreprocessingSpec(), 0)
    path = tmp_path / "model.skops"
    write_model(fitted, path)
    loaded = load_model(look_into_model(path))
    assert np.array_equal(loaded.predict(dataset.frame), fitted.predict(dataset.frame))


@pytest.mark.parametrize(
    ("scaling", "categories"),
    [("robust", "one_hot"), ("minmax", "ordinal"), ("quantile", "target")],
)
def test_an_ensemble_of_any_preprocessing_predicts_the_same_after_skops(
    scaling: Any, categories: Any, tmp_path: Path
) -> None:
    dataset = dataset_of(mixed(), features=FEATURES)
    preprocessing = PreprocessingSpec(scaling=scaling, categories=categories)
    voters = [Voter("trial_1", "naive_bayes", {}, 0, 2), Voter("trial_2", "knn", {}, 0, 1)]
    fitted = fit_ensemble(dataset, voters, preprocessing)
    path = tmp_path / "model.skops"
    write_model(fitted, path)
    loaded = load_model(look_into_model(path))
    raw = mixed().drop(columns="target")
    assert np.array_equal(loaded.predict_proba(raw), fitted.predict_proba(raw))


def test_what_skops_cannot_write_is_told_and_no_file_is_left(tmp_path: Path) -> None:
    model = fit(classes_dataset(40), "naive_bayes")
    model.note = methodcaller("apply", len, axis=1)
    path = tmp_path / "model.skops"
    with pytest.raises(ExportError, match="must be an estimator that skops can write"):
        write_model(model, path)
    assert list(tmp_path.glob("*.skops")) == []
    write_model(model, path.with_suffix(".pkl"))


def packed_files() -> dict[str, bytes]:
    files = {}
    for method in ("zlib", "gzip", "bz2", "xz", "lzma"):
        file = io.BytesIO()
        joblib.dump({"a": np.arange(9.0)}, file, compress=(method, 3))
        files[method] = file.getvalue()
    return files


@pytest.mark.parametrize("method", ["zlib", "gzip", "bz2", "xz", "lzma"])
def test_packed_files_are_looked_into(method: str, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(packed_files()[method])
    file = look_into_model(path)
    assert "joblib.numpy_pickle.NumpyArrayWrapper" in file.names
    assert (file.doubt, file.unusual) == ("", ())
    assert joblib.load(io.BytesIO(file.content))["a"].tolist() == list(range(9))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.joblib"
    monkeypatch.setattr(size_limits, "available_memory", lambda: 5e6)
    for pack in (gzip.compress(bytes(20_000_000)), _zipped(bytes(20_000_000))):
        path.write_bytes(pack)
        with pytest.raises(DataError, match="of memory"):
            look_into_model(path)


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "must be a model"),
        (b"a,b\n1,2\n", "must be a model"),
        (b"\x1f\x8bnothing", "must be a model"),
        (b"\x78\x9cnothing", "must be a model"),
        (b"PK\x03\x04nothing", "must be a sound skops file"),
        (_zipped(b"{"), "must be a sound skops file"),
        (_zipped(b"[" * 100_000), "must be a sound skops file"),
        (_zipped(b"{}").replace(b"schema.json", b"schemo.json"), "must be a model"),
    ],
)
def test_what_is_no_model_is_refused(content: bytes, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rule):
        look_into_model(path)
    with pytest.raises(DataError, match="does not exist"):
        look_into_model(tmp_path / "missing.pkl")


def test_a_pickle_that_breaks_off_is_told_with_what_it_names(harm: Path) -> None:
    whole = harm.read_bytes()
    harm.write_bytes(whole[:-1])
    file = look_into_model(harm)
    assert file.doubt == "it could not be read to its end"
    assert len(file.names) == 1


def test_a_skops_file_that_names_more_than_was_listed_is_refused(tmp_path: Path) -> None:
    content = skops.io.dumps(os.path.join)
    file = ModelFile(tmp_path / "m.skops", "skops", "0" * 64, content, ())
    trust_model(file.sha256)
    with pytest.raises(DataError, match="cannot be loaded: UntrustedTypesFoundException"):
        load_model(file)


def test_a_model_of_a_missing_package_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04cnot_there\nModel\n.")
    file = look_into_model(path)
    assert file.names == ("not_there.Model",)
    trust_model(file.sha256)
    with pytest.raises(DataError, match="needs a package that is not installed: .*not_there"):
        load_model(file)


def test_without_skops_its_files_ask_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(skops.io.dumps({"a": 1}))
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "hpo_gui.evaluation.model_file.find_spec",
        lambda name: None if name == "skops" else real(name),
    )
    with pytest.raises(DataError, match="needs the package skops, which is not installed"):
        look_into_model(path)


def test_without_skops_nothing_is_fitted_for_a_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpo_gui.export.model.find_spec", lambda name: None)
    path = tmp_path / "model.skops"
    for write in (lambda: check_format(path), lambda: write_model(object(), path)):
        with pytest.raises(ExportError, match="Type `pip install skops`") as caught:
            write()
        assert "needs the package skops, which is not installed" in str(caught.value)
    assert check_format(path.with_suffix(".PKL")) == ".pkl"
