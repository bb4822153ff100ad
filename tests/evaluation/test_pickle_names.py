"""What a pickle would import is told without importing it, also where it hides that."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from hpo_gui.evaluation.pickle_names import COMPUTED, pickle_names
from tests.evaluation.small_datasets import classes_dataset
from tests.evaluation.test_final_model import fit


def names(raw: bytes) -> set[str]:
    return set(pickle_names(io.BytesIO(raw)))


class Harm:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_names_are_told_and_nothing_is_run(protocol: int, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = names(pickle.dumps([1, OrderedDict(a=Harm(mark))], protocol=protocol))
    assert "collections.OrderedDict" in found
    assert found & {"pathlib.Path.touch", "builtins.getattr", "__builtin__.getattr"}
    assert not mark.exists()


@pytest.mark.parametrize("packed", [True, False])
def test_a_model_names_what_its_loading_imports(packed: bool) -> None:
    model = fit(classes_dataset(40, mixed=True), "random_forest")
    file = io.BytesIO()
    joblib.dump(model, file) if packed else pickle.dump(model, file)
    seen = set()

    class Spy(joblib.numpy_pickle.NumpyUnpickler):
        def find_class(self, module: str, name: str) -> Any:
            seen.add(f"{module}.{name}")
            return super().find_class(module, name)

    file.seek(0)
    Spy("", file, ensure_native_byte_order=True).load()
    assert names(file.getvalue()) == seen
    assert "sklearn.ensemble._forest.RandomForestClassifier" in seen


@pytest.mark.parametrize(
    "array",
    [
        np.arange(50.0),
        np.asfortranarray(np.ones((3, 4), dtype="float32")),
        np.array(3),
        np.array(["a", "bcd"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([None, OrderedDict()], dtype=object),
        np.array([(1, None)], dtype=[("a", "i4"), ("b", object)]),
        np.array(["2020-01-01"], dtype="M8[ns]"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_of_joblib_are_passed_over_to_the_names_behind_them(array: Any) -> None:
    file = io.BytesIO()
    joblib.dump([array, Harm(Path("never"))], file)
    found = names(file.getvalue())
    assert found & {"pathlib.Path.touch", "builtins.getattr"}
    assert ("collections.OrderedDict" in found) == (array.dtype == object)


def test_names_that_go_through_the_memo_are_found() -> None:
    raw = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93."
    assert names(raw) == {"os.system"}
    assert names(b"\x80\x04\x8c\x06system\x8c\x02os2\x8c\x03bad00" + raw[2:]) == {"os.system"}


def test_a_name_that_is_computed_and_an_extension_are_named_as_such() -> None:
    joined = b"\x80\x04\x8c\x02os(cbuiltins\nstr\n\x8c\x06systemo\x93."
    assert names(joined) == {"builtins.str", COMPUTED}
    assert names(b"\x80\x02\x82\x07.") == {"(the extension 7 of copyreg)"}


def test_old_ways_to_make_an_object_are_found() -> None:
    assert names(b"(S'true'\nios\nsystem\n.") == {"os.system"}
    assert names(b"(cos\nsystem\nS'true'\no.") == {"os.system"}


def test_a_key_whose_hash_would_take_for_ever_takes_no_time() -> None:
    """Forty tuples of the one before, twice: their hash would take 2^40 steps."""
    tuples = b"\x80\x04}(\x8c\x01a" + b"2\x86" * 40 + b"K\x01u."
    assert names(tuples) == set()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"\x80\x04",
        b"\x80\x04.",
        b"\x80\x04u.",
        b"\x80\x04h\x07.",
        b"\x80\x04\x93.",
        b"\x80\x04cos\n",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04}}b.",
    ],
)
def test_what_is_no_whole_pickle_ends_in_an_error_or_tells_what_is_there(raw: bytes) -> None:
    try:
        found = names(raw)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError):
        return
    assert found == set()


def test_an_array_that_says_it_is_larger_than_the_file_is_refused() -> None:
    file = io.BytesIO()
    joblib.dump(np.arange(5.0), file)
    raw = file.getvalue().replace(b"K\x05\x85", b"M\xff\xff\x85")
    assert raw != file.getvalue()
    with pytest.raises(ValueError, match="beyond the end"):
        names(raw)
