"""The audit trail of a study as text and as CSV: one line for everything that was done."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from hpo_gui.core.acts import Act
from hpo_gui.export.files import replaced
from hpo_gui.export.moments import in_utc
from hpo_gui.export.table import cell


class EventLike(Protocol):
    """What was done; see `storage.records.AuditEvent`."""

    @property
    def at(self) -> float: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def act(self) -> Act | None: ...


def audit_text(events: Sequence[EventLike]) -> str:
    """One line each, the oldest first: time (UTC), a tab, what was done."""
    lines = [f"{_time(event.at) or '—'}\t{' '.join(event.text.split())}" for event in events]
    return "".join(f"{line}\n" for line in lines)


def write_audit_csv(events: Sequence[EventLike], path: Path) -> None:
    """Write ``time, kind, trial, reason, text`` in UTF-8; no cell becomes a formula."""
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row in audit_rows(events):
            writer.writerow([cell(value) for value in row])


def audit_rows(events: Sequence[EventLike]) -> Iterator[tuple[Any, ...]]:
    """``time, kind, trial, reason, text`` of each, the names of these columns first."""
    yield "time", "kind", "trial", "reason", "text"
    for event in events:
        number = None if event.act is None else event.act.number
        reason = getattr(event.act, "reason", "")
        yield _time(event.at), event.kind, number, reason, event.text


def _time(seconds: float) -> str | None:
    at = in_utc(seconds)
    return None if at is None else at.isoformat(timespec="seconds")
