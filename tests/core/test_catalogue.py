"""Making a member of a family from options: every mistake is named in plain words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.errors import SpecError


class Sieve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    column: str
    folds: Annotated[int, Meta(ge=2)] = 5
    share: Annotated[float, Meta(gt=0, lt=1)] | None = None
    kind: Literal["fine", "coarse"] = "fine"


SIEVES: Catalogue[Sieve] = Catalogue("sieve", (Entry("a", "A", "Use when …", Sieve),))


@pytest.mark.parametrize(
    ("options", "path", "rule"),
    [
        ({}, "sieve.column", "must be given for a"),
        ({"column": "x", "folds": 1}, "sieve.folds", "must be a whole number of at least 2"),
        ({"column": "x", "folds": 2.5}, "sieve.folds", "must be a whole number"),
        ({"column": "x", "folds": "2"}, "sieve.folds", "must be a whole number"),
        ({"column": "x", "share": 2.0}, "sieve.share", "must be a number below 1"),
        ({"column": "x", "kind": "big"}, "sieve.kind", "must be fine or coarse"),
        ({"column": "x", "fold": 3}, "sieve.fold", "is not an option of a"),
    ],
)
def test_a_wrong_option_is_named_in_plain_words(
    options: dict[str, Any], path: str, rule: str
) -> None:
    with pytest.raises(SpecError) as caught:
        SIEVES.make("a", options)
    assert (caught.value.parameter, caught.value.rule) == (path, rule)
