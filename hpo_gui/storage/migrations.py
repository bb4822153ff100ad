"""Files of earlier schema versions are brought up to date, after a backup of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from hpo_gui.storage import schema

Migration: TypeAlias = Callable[[sqlite3.Connection], None]


def _learning_curves(connection: sqlite3.Connection) -> None:
    """Steps were folds; since then they may be stretches of training, and trials have curves."""
    connection.execute("ALTER TABLE trials RENAME COLUMN step_scores TO fold_scores")
    connection.execute("ALTER TABLE trials ADD COLUMN curves TEXT NOT NULL DEFAULT '{}'")
    connection.execute("ALTER TABLE steps ADD COLUMN counts INTEGER")


def _acts(connection: sqlite3.Connection) -> None:
    """People may retract, correct and annotate trials since then."""
    connection.execute("ALTER TABLE trials ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE trials ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'")
    connection.execute("ALTER TABLE trials ADD COLUMN was TEXT")
    connection.execute("ALTER TABLE trials ADD COLUMN measured TEXT")
    connection.execute("ALTER TABLE events ADD COLUMN trials INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE events ADD COLUMN act TEXT")


MIGRATIONS: Mapping[int, Migration] = {1: _learning_curves, 2: _acts}
"""``MIGRATIONS[n]`` turns a file of version n into one of version n + 1."""


def migrate(
    connection: sqlite3.Connection,
    version: int,
    *,
    target: int = schema.VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Run all migrations from ``version`` on in one transaction: all of them or none.

    The connection must be in autocommit mode.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version, target):
            migrations[number](connection)
        connection.execute(f"PRAGMA user_version = {target}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def backup_path(path: Path, version: int) -> Path:
    """A free name beside the file, which says what it holds."""
    stem = f"{path.stem}.version-{version}-backup"
    candidate, number = path.with_name(f"{stem}{path.suffix}"), 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{stem}-{number}{path.suffix}")
    return candidate
