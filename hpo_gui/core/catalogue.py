"""Catalogues: the members of a family by name, each with options declared as a frozen Struct.

The declared options are all there is to know: the form in the window, the check of a study file
and the page in the manual follow from them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec_errors import plain_rule

T = TypeVar("T")


class Entry(msgspec.Struct, Generic[T], frozen=True):
    """One line of a catalogue.

    Attributes
    ----------
    name : as in a study file
    title : as in the window
    use_when : one sentence, "Use when …"
    kind : the frozen Struct of its options; making one makes the member
    references : papers and pages, "Author (year), title, arXiv …"
    """

    name: str
    title: str
    use_when: str
    kind: type[T]
    references: tuple[str, ...] = ()


class Catalogue(Generic[T]):
    """The members of a family.

    Parameters
    ----------
    family : section of the study file, for messages: ``strategy``
    """

    def __init__(self, family: str, entries: tuple[Entry[T], ...]) -> None:
        self.family = family
        self._entries = {entry.name: entry for entry in entries}

    def __iter__(self) -> Iterator[Entry[T]]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def __getitem__(self, name: str) -> Entry[T]:
        """The entry of a name; `SpecError` when there is none."""
        if name not in self._entries:
            near = difflib.get_close_matches(name, self.names, n=1)
            raise SpecError(
                self.family,
                f"must be one of {', '.join(self.names)}",
                name,
                remedy=f"Did you mean `{near[0]}`?" if near else "",
            )
        return self._entries[name]

    def make(self, name: str, options: Mapping[str, Any] | None = None) -> T:
        """Make a member from its options; `SpecError` names the option that breaks a rule."""
        entry = self[name]
        try:
            return msgspec.convert(dict(options or {}), entry.kind)
        except msgspec.ValidationError as error:
            rule, _, path = str(error).partition(" - at `$")
            key = path.strip("`.").partition("[")[0].partition(".")[0]
            unknown = re.match(r"Object contains unknown field `(.+)`", rule)
            missing = re.match(r"Object missing required field `(.+)`", rule)
            if missing and not key:
                raise SpecError(
                    f"{self.family}.{missing.group(1)}", f"must be given for {name}"
                ) from error
            if unknown:
                options_type: Any = entry.kind
                known = [field.name for field in msgspec.structs.fields(options_type)]
                raise SpecError(
                    f"{self.family}.{unknown.group(1)}",
                    f"is not an option of {name}",
                    (options or {}).get(unknown.group(1)),
                    remedy=f"Options are: {', '.join(known) or 'none'}.",
                ) from error
            raise SpecError(
                f"{self.family}.{key}" if key else self.family,
                plain_rule(rule, _kind_of(entry.kind, key)),
                (options or {}).get(key),
            ) from error


def _kind_of(options: Any, key: str) -> Any:
    """The type of an option."""
    fields = {field.name: field.type for field in msgspec.structs.fields(options)}
    return fields.get(key)
