"""Nothing of others runs before the user has said yes to it."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from pathlib import Path

import pytest

from hpo_gui.core.errors import StorageError, StudioError, TrustError
from hpo_gui.core.parameter import Categorical
from hpo_gui.core.spec import FunctionSpec, ModelSpec, StudySpec
from hpo_gui.evaluation.model_estimator import load_class, make_estimator
from hpo_gui.evaluation.models import MODELS, find_model
from hpo_gui.evaluation.trust import (
    OURS,
    Code,
    check_class,
    read_trusted,
    trust,
    trust_chosen,
    untrusted_code,
)
from hpo_gui.evaluation.user_objective import load_function

SIGN = "import pathlib\npathlib.Path(__file__ + '.ran').touch()\n"
OBJECTIVE = SIGN + "def objective(params):\n    return 1.0\n"


@pytest.fixture(autouse=True)
def nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    monkeypatch.setattr(sys, "path", list(sys.path))


def write(folder: Path, text: str = OBJECTIVE, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def has_run(path: Path) -> bool:
    return path.with_name(f"{path.name}.ran").exists()


def of_file(path: Path) -> StudySpec:
    return StudySpec(objective=FunctionSpec(f"{path.name}:objective"))


def test_a_file_runs_only_after_the_user_has_said_yes(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(TrustError, match=r"The file mine\.py must be trusted before it runs"):
        load_function(path, "objective")
    assert not has_run(path)
    trust(untrusted_code(of_file(path), tmp_path))
    assert load_function(path, "objective")({}) == 1.0
    assert has_run(path)
    assert untrusted_code(of_file(path), tmp_path) == ()


def test_a_file_that_has_changed_is_asked_about_again(tmp_path: Path) -> None:
    path = write(tmp_path)
    trust_chosen(f"{path.name}:objective", tmp_path)
    write(tmp_path, OBJECTIVE + "# another line\n")
    (code,) = untrusted_code(of_file(path), tmp_path)
    assert code.changed
    with pytest.raises(TrustError, match="has changed since you trusted it"):
        load_function(path, "objective")
    assert not has_run(path)


def test_a_process_that_the_file_has_started_imports_it_only_with_the_users_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    trust_chosen(f"{path.name}:objective", tmp_path)
    name = load_function(path, "objective").__module__
    monkeypatch.delitem(sys.modules, name)  # as in that process
    assert importlib.import_module(name).objective({}) == 1.0
    monkeypatch.delitem(sys.modules, name)
    write(tmp_path, OBJECTIVE + "# another line\n")
    with pytest.raises(TrustError, match="has changed since you trusted it"):
        importlib.import_module(name)


def test_the_same_file_elsewhere_is_another_one(tmp_path: Path) -> None:
    mine, other = write(tmp_path), write(tmp_path, name="other.py")
    trust_chosen(f"{mine.name}:objective", tmp_path)
    with pytest.raises(TrustError):
        load_function(other, "objective")


def test_a_compiled_copy_beside_the_file_never_runs(tmp_path: Path) -> None:
    """Python would run the copy: it has the time and the size of the file that was looked at."""
    evil = write(tmp_path, "def objective(params):\n    return 666.0\n")
    cache = Path(py_compile.compile(str(evil), doraise=True))
    moment = evil.stat().st_mtime_ns
    good = write(tmp_path, "def objective(params):\n    return 1.000\n")
    assert cache.exists()
    os.utime(good, ns=(moment, moment))
    trust_chosen(f"{good.name}:objective", tmp_path)
    assert load_function(good, "objective")({}) == 1.0


def test_a_class_of_another_package_is_not_even_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, SIGN + "class Model: pass\n", "planted_model.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("planted_model.Model", "planted_model.sub.Model"):
        with pytest.raises(TrustError, match="must be trusted before it is imported"):
            find_model(name, "classification")
    entry = find_model("sklearn.ensemble.BaggingClassifier", "classification")
    with pytest.raises(TrustError):
        make_estimator(entry, "classification", {"estimator": "planted_model.Model"}, 0)
    assert not has_run(path)
    assert "planted_model" not in sys.modules
    trust([Code("planted_model.Model")])
    with pytest.raises(StudioError, match="estimator"):
        load_class("planted_model.Model")
    assert has_run(path)


def test_the_packages_that_the_program_tunes_are_not_asked_about() -> None:
    for entry in MODELS.values():
        for name in (entry.classifier, entry.regressor):
            if name:
                check_class(name)
    check_class("sklearn.linear_model.BayesianRidge")
    for name in ("sklearnx.svm.SVC", "os.system", "hpo_gui.cli.main"):
        with pytest.raises(TrustError):
            check_class(name)
    assert "hpo_gui" not in OURS


def test_every_class_that_a_study_names_is_asked_about(tmp_path: Path) -> None:
    spec = StudySpec(
        models=(
            ModelSpec("svm"),
            ModelSpec("sklearn.linear_model.Lars"),
            ModelSpec("evil.one.Model", fixed={"estimator": "evil.two.Model", "x": "a.b"}),
            ModelSpec(
                "ada_boost",
                fixed={"estimator__x": "no.class"},
                space=(Categorical("estimator", ("sklearn.svm.SVC", "evil.three.Model")),),
            ),
        )
    )
    names = [code.name for code in untrusted_code(spec, tmp_path)]
    assert names == ["evil.one.Model", "evil.two.Model", "evil.three.Model"]
    trust_chosen("evil.one.Model", tmp_path)
    assert [code.name for code in untrusted_code(spec, tmp_path)] == names[1:]
    trust(untrusted_code(spec, tmp_path))
    assert untrusted_code(spec, tmp_path) == ()


def test_a_missing_file_and_a_device_are_nothing_to_trust(tmp_path: Path) -> None:
    assert untrusted_code(of_file(tmp_path / "gone.py"), tmp_path) == ()
    endless = StudySpec(objective=FunctionSpec("/dev/zero:objective"))
    assert untrusted_code(endless, tmp_path) == ()
    with pytest.raises(OSError, match="No such file"):
        read_trusted(Path("/dev/zero"))


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b'{"files": 3}', b"\xff"])
def test_a_broken_list_of_trusted_files_trusts_nothing(
    tmp_path: Path, isolated_home: Path, content: bytes
) -> None:
    settings = isolated_home / "settings"
    settings.mkdir(parents=True)
    (settings / "trusted.json").write_bytes(content)
    path = write(tmp_path)
    with pytest.raises(TrustError):
        read_trusted(path)
    trust_chosen(f"{path.name}:objective", tmp_path)
    assert read_trusted(path) == OBJECTIVE.encode()


def test_settings_that_cannot_be_written_are_told(tmp_path: Path, isolated_home: Path) -> None:
    isolated_home.write_text("no folder")
    with pytest.raises(StorageError, match=r"trusted\.json cannot be written.*HPO_STUDIO_TRUST"):
        trust(untrusted_code(of_file(write(tmp_path)), tmp_path))
