"""The versions of a study's specification, as its file has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hpo_gui.assembly.seeing import Usual, see_from
from hpo_gui.core.history import See
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import freeze
from hpo_gui.storage.study_file import StudyFile

USUAL = "usual values"  # meta key of the study file


@dataclass(frozen=True)
class Version:
    """A version of a study's specification: since when, and what is different from before."""

    spec: StudySpec
    at: float
    note: str


def read_versions(file: StudyFile) -> Mapping[int, Version]:
    """All versions by their numbers, the oldest first.

    Raises
    ------
    SpecError : one of them cannot be read
    """
    name = file.path.name
    rows = file.specs()
    return {
        row.version: Version(parse_spec(row.json, name=name), row.at, row.note) for row in rows
    }


def read_usual(file: StudyFile) -> Usual:
    """What was written down of the models' defaults; nothing in a study that was not edited."""
    try:
        found = msgspec.json.decode(file.meta(USUAL) or "{}", type=dict[str, dict[str, Any]])
    except msgspec.DecodeError:
        return {}
    return {name: freeze(values) for name, values in found.items()}


def keep_usual(file: StudyFile, usual: Usual) -> None:
    """Write the models' defaults down: another version of a package may have others."""
    file.set_meta(USUAL, msgspec.json.encode(usual).decode())


def see_of(file: StudyFile) -> See | None:
    """How trials of earlier versions look in the newest version's space; None for no edit."""
    versions = {number: version.spec for number, version in read_versions(file).items()}
    return see_from(versions, versions[max(versions)], read_usual(file))


def load_seen(file: StudyFile) -> list[Trial]:
    """All trials as they are seen in the newest version's space."""
    see, trials = see_of(file), file.load()
    return trials if see is None else [see(trial) for trial in trials]
