"""No value of a user is ever part of a statement of SQL."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import hpo_gui

PACKAGE = Path(hpo_gui.__file__).parent
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|PRAGMA|VALUES|ATTACH)\b")
OUR_OWN = {  # names of columns, versions and settings that stand in the program
    "_COLUMNS",
    "', '.join('?' * len(codec.COLUMNS))",
    "schema.APPLICATION_ID",
    "schema.VERSION",
    "pragma",
    "target",
    "table",  # of `small_tables`, which takes only those of the schema
    "', '.join('?' * AT_ONCE)",
    "_columns(table)",
    "columns",
    "marks",
    "names",  # of `tables.change_trials`: some of `codec.COLUMNS`
}


def _put_in(path: Path) -> set[str]:
    """What is put into texts of SQL in a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            if SQL.search(text):
                found |= {ast.unparse(part.value) for part in parts}
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            text = ast.unparse(node.left)
            found |= {ast.unparse(node.right)} if SQL.search(text) else set()
    return found


def test_statements_are_made_of_the_programs_own_words() -> None:
    found = set().union(*(_put_in(path) for path in (PACKAGE / "storage").glob("*.py")))
    assert found <= OUR_OWN
    assert "_COLUMNS" in found


def test_only_the_storage_writes_sql() -> None:
    others = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "storage"]
    assert [
        p for p in others if re.search(r"\.execute(many|script)?\(", p.read_text("utf-8"))
    ] == []


def test_a_statement_with_a_value_in_it_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def f(name):\n    return f'SELECT * FROM t WHERE name = {name}'\n")
    assert _put_in(path) == {"name"}
    path.write_text("x = 'DELETE FROM t WHERE a = %s' % value\n")
    assert _put_in(path) == {"value"}
