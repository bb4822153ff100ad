"""What is wrong with a specification, in the words and by the key paths of its text.

msgspec checks values in the shape of `StudySpec`; the person wrote them in the shape of the text
(`core.spec_text`). Here its messages are followed back, through values and types side by side.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import StudySpec

FAMILIES = {"strategy": "name", "pruner": "name", "schedule": "name", "validation": "kind"}

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "left out",
}
_SIGNS = {">=": "of at least", ">": "above", "<=": "of at most", "<": "below"}
_STRING_KEYED = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class _Place:
    """A value somewhere in the text, the type it should have, and its key path."""

    path: str
    value: Any
    kind: Any

    def child(self, key: str, value: Any, kind: Any) -> _Place:
        shown = key if _STRING_KEYED.fullmatch(key) else f"`{key}`" if "." in key else key
        return _Place(f"{self.path}.{shown}".lstrip("."), value, kind)

    @property
    def name(self) -> str:
        return self.path or "study"


def explain_validation(error: msgspec.ValidationError, raw: Mapping[str, Any]) -> SpecError:
    """Turn msgspec's message into parameter, rule, value got and remedy."""
    rule, _, path = str(error).partition(" - at `$")
    place = _follow(raw, path.rstrip("`"))
    unknown = re.match(r"Object contains unknown field `(.+)`", rule)
    missing = re.match(r"Object missing required field `(.+)`", rule)
    if unknown:
        return _unknown_key(place, unknown.group(1))
    if missing:
        key = FAMILIES.get(place.path, missing.group(1))
        return SpecError(place.name, f"must have `{key}`", place.value)
    return SpecError(place.name, _plain_rule(rule, place), place.value)


def with_path(error: SpecError, raw: Mapping[str, Any]) -> SpecError:
    """Put the key path before the name of a parameter or goal that refused its own values."""
    for path, name, parameter in _parameters(raw):
        if _refuses(parameter, Parameter, str(error)):
            inside = error.parameter.removeprefix(f"{name}.")
            inside = "" if inside == error.parameter else f".{inside}"
            shown = f"{path}.{name}{inside}" if name.strip() else f'{path}."{name}"'
            return SpecError(shown, error.rule, error.got, remedy=error.remedy)
    goals = raw.get("goals")
    for number, goal in enumerate(goals if isinstance(goals, list) else []):
        if _refuses(goal, Goal, str(error)):
            inside = error.parameter.partition(".")[2] or "metric"
            shown = f"goals[{number}].{inside}"
            return SpecError(shown, error.rule, error.got, remedy=error.remedy)
    return error


def _refuses(value: Any, kind: Any, message: str) -> bool:
    try:
        msgspec.convert(value, kind)
    except SpecError as error:
        return str(error) == message
    except msgspec.ValidationError:
        return False
    return False


def _parameters(raw: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Key path of the space, name and declaration of every parameter in the text."""
    models = raw.get("models")
    spaces = [
        (f"models[{i}].space", model.get("space"))
        for i, model in enumerate(models if isinstance(models, list) else [])
        if isinstance(model, dict)
    ]
    objective = raw.get("objective")
    if isinstance(objective, dict):
        spaces.append(("objective.space", objective.get("space")))
    spaces.append(("space", raw.get("space")))
    return [
        (path, str(name), {"name": name, **parameter})
        for path, space in spaces
        if isinstance(space, dict)
        for name, parameter in space.items()
        if isinstance(parameter, dict)
    ]


# --- following a path -------------------------------------------------------------------------


def _follow(raw: Mapping[str, Any], path: str) -> _Place:
    place = _Place("", raw, StudySpec)
    for match in _STEP.finditer(path):
        name, index = match.groups()
        if name is not None:
            place = _into_field(place, name, raw)
        elif index == "...":
            place = _into_entry(place)
        else:
            place = _into_item(place, int(index))
    return place


def _into_field(place: _Place, name: str, raw: Mapping[str, Any]) -> _Place:
    kind = _field_kind(place, name)
    if place.path in FAMILIES:
        if name == "options":
            return _Place(place.path, place.value, kind)
        name = FAMILIES[place.path]
    value = place.value.get(name) if isinstance(place.value, Mapping) else None
    if place.path == "objective" and value is None and name in raw:
        return _Place(name, raw[name], kind)
    return place.child(name, value, kind)


def _into_item(place: _Place, index: int) -> _Place:
    kinds = [part for part in _arguments(place.kind, tuple) if part is not Ellipsis]
    kind = kinds[0] if kinds else None
    if isinstance(place.value, Mapping):
        name, value = list(place.value.items())[index]
        return place.child(str(name), value, kind)
    value = place.value[index] if isinstance(place.value, list | tuple) else None
    return _Place(f"{place.path}[{index}]", value, kind)


def _into_entry(place: _Place) -> _Place:
    """Into the value of a table that does not fit; msgspec does not say which one it is."""
    kinds = _arguments(place.kind, dict)
    for key, value in place.value.items() if isinstance(place.value, Mapping) and kinds else []:
        try:
            msgspec.convert(value, kinds[1])
        except msgspec.ValidationError:
            return place.child(str(key), value, kinds[1])
    return place


def _field_kind(place: _Place, name: str) -> Any:
    for struct in _structs_in(place.kind, place.value):
        for field in msgspec.structs.fields(struct):
            if field.name == name:
                return field.type
            if name == "type":
                return None
    return None


def _structs_in(kind: Any, value: Any = None) -> list[Any]:
    """The Structs of a type; of several with tags, the one that the value names."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    found = [struct for part in get_args(kind) for struct in _structs_in(part)]
    tag = value.get("type") if isinstance(value, Mapping) else None
    return [struct for struct in found if struct.__struct_config__.tag == tag] or found


def _arguments(kind: Any, origin: type) -> tuple[Any, ...]:
    if get_origin(kind) is origin:
        return get_args(kind)
    for part in get_args(kind):
        if inside := _arguments(part, origin):
            return inside
    return ()


# --- words ------------------------------------------------------------------------------------


def _plain_rule(rule: str, place: _Place) -> str:
    """msgspec's rule about a place in plain words."""
    if rule.startswith("Invalid") and not _literal_words(place.kind):
        tags = [struct.__struct_config__.tag for struct in get_args(Parameter)]
        return f"must be {_either([str(tag) for tag in tags])}"
    if place.path.endswith("space"):
        return "must be a table of parameters"
    return plain_rule(rule, place.kind)


def plain_rule(rule: str, kind: Any = None) -> str:
    """msgspec's rule in plain words; the type says which words are allowed."""
    words = _literal_words(kind)
    if rule.startswith("Invalid") and words:
        return f"must be {_either(words)}"
    rule = re.sub(r", got `.+`$", "", rule).replace("Expected", "must be", 1)
    rule = re.sub(r" of length >= 1\b", " that is not empty", rule)
    rule = re.sub(r" (>=|>|<=|<) (-?[\d.]+)", _bound, rule)
    return re.sub(
        r"`([^`]+)`", lambda m: _either([_WORDS.get(w, w) for w in m.group(1).split(" | ")]), rule
    )


def _bound(match: re.Match[str]) -> str:
    return f" {_SIGNS[match.group(1)]} {float(match.group(2)):.10g}"


def _literal_words(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _literal_words(part)]


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _unknown_key(place: _Place, key: str) -> SpecError:
    known = [
        field.name
        for struct in _structs_in(place.kind, place.value)
        for field in msgspec.structs.fields(struct)
    ]
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else f"Known keys are: {', '.join(known)}."
    value = place.value.get(key) if isinstance(place.value, Mapping) else place.value
    return SpecError(
        f"{place.path}.{key}".lstrip("."),
        "is not a known key",
        value,
        remedy=remedy if known else "",
    )
