"""The picture of the splits, as numbers and as a widget."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.gui.plots.splits_picture import COLUMNS, FOLDS, JUDGE, LEARN, UNUSED, splits_picture
from hpo_gui.gui.plots.splits_plot import SplitsCanvas


def dataset(rows: int = 60, locked: int = 0, groups: bool = False) -> Dataset:
    codes = np.arange(rows, dtype=np.int64) % 3
    train = np.arange(rows - locked)
    return Dataset(
        frame=pd.DataFrame({"x": np.arange(rows, dtype=float)}),
        numbers=("x",),
        categories=(),
        target=codes,
        task="classification",
        train=train,
        test=np.arange(rows - locked, rows),
        classes=("a", "b", "c"),
        target_name="kind",
        groups=np.arange(rows, dtype=np.int64) // 5 if groups else None,
    )


def test_each_row_judges_once() -> None:
    picture = splits_picture(dataset(), Choice("k_fold", {"folds": 4}), 0)
    assert picture.codes.shape == (4, 60)
    assert ((picture.codes == JUDGE).sum(axis=0) == 1).all()
    assert ((picture.codes == LEARN).sum(axis=0) == 3).all()
    assert picture.sizes == ((45, 15),) * 4
    assert picture.every == 1
    assert "4 folds" in picture.sentence


def test_stratified_folds_are_shown_class_by_class() -> None:
    picture = splits_picture(dataset(), Choice("stratified_k_fold", {"folds": 5}), 0)
    assert picture.order == "class"
    assert picture.strip.tolist() == sorted(picture.strip.tolist())
    assert picture.labels == ("a", "b", "c")
    assert picture.strip_title == "kind"
    for code in range(3):
        judged = (picture.codes[:, picture.strip == code] == JUDGE).sum(axis=1)
        assert judged.tolist() == [4] * 5


def test_groups_stay_together() -> None:
    picture = splits_picture(dataset(groups=True), Choice("group_k_fold", {"folds": 3}), 0)
    assert picture.order == "group"
    for group in range(12):
        for fold in picture.codes[:, picture.strip == group]:
            assert len(set(fold.tolist())) == 1


def test_a_gap_in_time_is_left_out() -> None:
    picture = splits_picture(dataset(), Choice("time_series", {"folds": 3, "gap": 5}), 0)
    first = picture.codes[0].tolist()
    assert first.index(JUDGE) - 5 == first.index(UNUSED)
    assert (picture.codes == UNUSED).any()


def test_locked_rows_are_counted_and_large_tables_are_sampled() -> None:
    picture = splits_picture(dataset(1000, locked=200), Choice("k_fold", {"folds": 5}), 0)
    assert (picture.rows, picture.locked) == (800, 200)
    assert picture.codes.shape == (5, COLUMNS)
    assert picture.every == 5


def test_only_the_first_folds_are_shown() -> None:
    picture = splits_picture(dataset(100), Choice("leave_one_out"), 0)
    assert picture.count == 100
    assert len(picture.codes) == FOLDS


def test_folds_that_cannot_be_made_are_an_error() -> None:
    with pytest.raises(DataError, match="must have at least 30 rows"):
        splits_picture(dataset(), Choice("stratified_k_fold", {"folds": 30}), 0)


@pytest.mark.parametrize(
    ("rows", "choice"),
    [
        (60, Choice("k_fold", {"folds": 5})),
        (60, Choice("hold_out")),
        (100, Choice("leave_one_out")),
        (60, Choice("time_series", {"folds": 3, "gap": 5})),
    ],
)
def test_every_picture_can_be_painted(qtbot: QtBot, rows: int, choice: Choice) -> None:
    canvas = SplitsCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 200)
    empty = canvas.grab().toImage()
    canvas.show_picture(splits_picture(dataset(rows, locked=9), choice, 0))
    assert canvas.grab().toImage() != empty
    canvas.show_picture(None)
    assert canvas.grab().toImage() == empty
