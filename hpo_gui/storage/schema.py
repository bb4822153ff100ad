"""The tables of a study file, and its marks in SQLite's header.

One file is one study. Everything is text, numbers or compressed bytes of the user's data: nothing
in it is ever executed. A change of the tables raises `VERSION`, gets a step in `migrations` and a
dump for the tests (`python tests/support/released_studies.py`).
"""

from __future__ import annotations

APPLICATION_ID = 0x48504F53  # "HPOS"
VERSION = 3

TABLES = ("meta", "specs", "trials", "steps", "events", "data")

STATEMENTS = (
    """CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        text TEXT NOT NULL
    ) WITHOUT ROWID""",
    # The specification is never changed: an edit is a new version.
    """CREATE TABLE specs (
        version INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        note TEXT NOT NULL,
        json TEXT NOT NULL
    )""",
    # JSON (see `codec`): params, origin, scores, fold_scores, curves, failure, tags, measured.
    """CREATE TABLE trials (
        number INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        spec_version INTEGER NOT NULL REFERENCES specs (version),
        parent INTEGER,
        steps INTEGER,
        seed INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        told INTEGER,
        started REAL,
        finished REAL,
        params TEXT NOT NULL,
        origin TEXT NOT NULL,
        scores TEXT NOT NULL,
        fold_scores TEXT NOT NULL,
        curves TEXT NOT NULL,
        failure TEXT,
        note TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        was TEXT,
        measured TEXT
    )""",
    # Every step as it happens; a finished trial has them in `fold_scores` or `curves` too.
    # counts is NULL where a step is a fold: see `Learned`.
    """CREATE TABLE steps (
        trial INTEGER NOT NULL REFERENCES trials (number),
        step INTEGER NOT NULL,
        seconds REAL NOT NULL,
        at REAL NOT NULL,
        scores TEXT NOT NULL,
        counts INTEGER,
        PRIMARY KEY (trial, step)
    ) WITHOUT ROWID""",
    # The audit trail. act is JSON (`core.acts`), trials how many there were at that time.
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        trials INTEGER NOT NULL DEFAULT 0,
        act TEXT
    )""",
    # At most one row: a copy of the table that the study learns from.
    """CREATE TABLE data (
        name TEXT PRIMARY KEY,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        zlib BLOB NOT NULL
    )""",
)
