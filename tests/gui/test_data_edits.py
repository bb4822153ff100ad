from __future__ import annotations

import pandas as pd
import pytest
from msgspec import structs

from hpo_gui.core.spec import DataSpec
from hpo_gui.evaluation.roles import assign_roles
from hpo_gui.evaluation.table import Table, make_table
from hpo_gui.gui.data_edits import with_role, with_type


@pytest.fixture(scope="module")
def table() -> Table:
    rows = 60
    return make_table(
        pd.DataFrame(
            {
                "id": [f"row-{number:04}" for number in range(rows)],
                "size": [number / 7 for number in range(rows)],
                "color": ["red", "green", "blue"] * (rows // 3),
                "weight": [1.0 + number % 3 for number in range(rows)],
                "kind": ["a", "b"] * (rows // 2),
            }
        )
    )


def roles_after(table, data, names, role):
    edited = with_role(data, assign_roles(table, data), names, role)
    roles = assign_roles(table, edited)
    return edited, {column.name: column.role for column in roles.columns}


def test_the_target_moves_and_the_old_one_becomes_a_feature(table):
    data = DataSpec("t", target="kind", task="classification")
    edited, roles = roles_after(table, data, ["color"], "target")
    assert edited.target == "color"
    assert edited.task == "auto"
    assert roles["color"] == "target"
    assert roles["kind"] == "feature"


def test_a_column_is_ignored_and_used_again(table):
    data = DataSpec("t", target="kind")
    edited, roles = roles_after(table, data, ["size", "color"], "ignore")
    assert edited.ignore == ("size", "color")
    assert roles["size"] == "ignore"
    again, roles = roles_after(table, edited, ["size"], "feature")
    assert again.ignore == ("color",)
    assert roles["size"] == "feature"


def test_a_column_left_out_for_a_reason_can_be_used_all_the_same(table):
    data = DataSpec("t", target="kind")
    before = {c.name: c.role for c in assign_roles(table, data).columns}
    assert before["id"] == "ignore"
    edited, roles = roles_after(table, data, ["id"], "feature")
    assert roles == {**before, "id": "feature"}
    assert edited.features == ("id", "size", "color", "weight")


@pytest.mark.parametrize("role", ["group", "time", "weight"])
def test_single_roles_have_one_column(table, role):
    data = DataSpec("t", target="kind", features=("size", "color"))
    column = {"group": "color", "time": "size", "weight": "weight"}[role]
    edited, roles = roles_after(table, data, [column], role)
    assert getattr(edited, role) == column
    assert roles[column] == role
    other, roles = roles_after(table, edited, ["size"], role)
    assert getattr(other, role) == "size"


def test_a_target_that_is_ignored_is_no_target_any_more(table):
    data = DataSpec("t", target="kind")
    edited = with_role(data, assign_roles(table, data), ["kind"], "ignore")
    assert edited.target is None
    assert edited.ignore == ("kind",)


def test_a_corrected_type_is_kept_and_the_found_one_needs_no_mention(table):
    data = DataSpec("t", target="kind", task="classification")
    edited = with_type(data, table, ["weight"], "category")
    assert edited.types == {"weight": "category"}
    assert edited.task == "classification"
    assert with_type(edited, table, ["weight"], "number").types == {}


def test_another_type_of_the_target_makes_the_task_open_again(table):
    data = DataSpec("t", target="weight", task="regression")
    edited = with_type(data, table, ["weight"], "category")
    assert edited.task == "auto"
    assert edited == structs.replace(data, task="auto", types={"weight": "category"})
