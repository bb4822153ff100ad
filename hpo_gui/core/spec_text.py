"""Reading and writing specifications: TOML for people, JSON for the study file.

In text, a space is a table ``name = { type = … }``, the options of a family stand beside its name
(``kind`` for the validation), and "none", which TOML does not have, is ``{ none = true }``.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import SPEC_VERSION, StudySpec

MAX_BYTES = 20_000_000
_FAMILIES = {"strategy": "name", "pruner": "name", "validation": "kind"}
_NONE = {"none": True}


def read_spec(path: Path) -> StudySpec:
    """Read a specification from a ``.toml`` or ``.json`` file.

    Raises
    ------
    SpecError : the file cannot be read, is neither TOML nor JSON, or breaks a rule
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(str(path), "must be a study specification below 20 MB")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(str(path), "must be text in UTF-8", str(error)) from error
    except OSError as error:
        raise SpecError(
            str(path), "must be a file that can be read", error.strerror or str(error)
        ) from error
    return parse_spec(text, name=path.name)


def parse_spec(text: str, *, name: str = "study") -> StudySpec:
    """Read a specification from TOML or JSON text."""
    raw: Any
    try:
        if text.lstrip().startswith("{"):
            raw = json.loads(text)
        else:
            raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(name, "must be TOML or JSON", str(error)) from error
    return spec_from_dict(raw)


def spec_from_dict(raw: Mapping[str, Any]) -> StudySpec:
    """Check plain values (as TOML and JSON give them) and make a specification of them.

    Raises
    ------
    SpecError : naming the key path, the rule, the value got and the remedy
    """
    if not isinstance(raw, Mapping):
        raise SpecError("study", "must be a table of sections", raw)
    version = raw.get("version", SPEC_VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise SpecError("version", "must be a whole number from 1", version)
    if version > SPEC_VERSION:
        raise SpecError(
            "version",
            f"must be at most {SPEC_VERSION}",
            version,
            remedy="The study was made by a newer version of the program: update it.",
        )
    inner = _inward(_walk(raw, _read_none))
    try:
        return msgspec.convert(inner, StudySpec, strict=True)
    except msgspec.ValidationError as error:
        raise _explain(error, inner) from error
    except SpecError as error:
        raise _with_path(error, inner) from error


def spec_to_dict(spec: StudySpec) -> dict[str, Any]:
    """Plain values for JSON, without what is left at its default."""
    inner: dict[str, Any] = {"version": spec.version, **msgspec.to_builtins(spec)}
    return _outward(inner)


def spec_to_json(spec: StudySpec) -> str:
    """The specification as JSON text."""
    return json.dumps(spec_to_dict(spec), indent=2, ensure_ascii=False)


def spec_to_toml(spec: StudySpec) -> str:
    """The specification as TOML text, a line for each parameter."""
    import tomlkit

    document = tomlkit.document()
    for key, value in _walk(spec_to_dict(spec), _write_none).items():
        if key == "models":
            array = tomlkit.aot()
            for model in value:
                array.append(_section(model))
            document.append(key, array)
        elif key == "goals":
            goals = tomlkit.aot()
            for goal in value:
                goals.append(_section(goal))
            document.append(key, goals)
        else:
            document.append(key, _section(value) if isinstance(value, dict) else value)
    return tomlkit.dumps(document)


def _section(values: Mapping[str, Any]) -> Any:
    """A TOML table; a space becomes a table of one-line parameters, other tables one line."""
    import tomlkit

    table = tomlkit.table()
    for key, value in values.items():
        if key == "space":
            table.append(key, _section(value))
        elif isinstance(value, dict):
            table.append(key, _inline(value))
        else:
            table.append(key, value)
    return table


def _inline(values: Mapping[str, Any]) -> Any:
    import tomlkit

    line = tomlkit.inline_table()
    for key, value in values.items():
        line.append(key, _inline(value) if isinstance(value, dict) else value)
    return line


# --- between text and values ------------------------------------------------------------------


def _walk(value: Any, change: Callable[[Any], Any]) -> Any:
    value = change(value)
    if isinstance(value, Mapping) and value != _NONE:
        return {key: _walk(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, change) for item in value]
    return value


def _read_none(value: Any) -> Any:
    return None if value == _NONE and isinstance(value, Mapping) else value


def _write_none(value: Any) -> Any:
    return dict(_NONE) if value is None else value


def _inward(raw: dict[str, Any]) -> dict[str, Any]:
    """From the shape of the text to the shape of `StudySpec`."""
    inner = dict(raw)
    for section, key in _FAMILIES.items():
        choice = inner.get(section)
        if isinstance(choice, str):
            inner[section] = {"name": choice}
        elif isinstance(choice, dict):
            options = {name: value for name, value in choice.items() if name != key}
            named = {"name": choice[key]} if key in choice else {}
            inner[section] = {**named, "options": options}
    if isinstance(inner.get("models"), list):
        inner["models"] = [_space_in(model) for model in inner["models"]]
    if isinstance(inner.get("objective"), dict):
        objective = dict(inner["objective"])
        for shared in ("space", "constraints"):
            if shared in inner and shared not in objective:
                objective[shared] = inner.pop(shared)
        inner["objective"] = _space_in(objective)
    return inner


def _space_in(section: Any) -> Any:
    if not isinstance(section, dict) or not isinstance(section.get("space"), dict):
        return section
    space = [
        {"name": name, **parameter} if isinstance(parameter, dict) else parameter
        for name, parameter in section["space"].items()
    ]
    return {**section, "space": space}


def _outward(inner: dict[str, Any]) -> dict[str, Any]:
    """The way back from `_inward`."""
    raw = dict(inner)
    for section, key in _FAMILIES.items():
        if isinstance(raw.get(section), dict):
            choice = raw[section]
            raw[section] = {key: choice["name"], **choice.get("options", {})}
    raw["models"] = [_space_out(model) for model in raw.get("models", [])]
    if not raw["models"]:
        del raw["models"]
    if isinstance(raw.get("objective"), dict):
        raw["objective"] = _space_out(raw["objective"])
    return raw


def _space_out(section: dict[str, Any]) -> dict[str, Any]:
    if section.get("space") is None:
        return {key: value for key, value in section.items() if key != "space"}
    space = {}
    for parameter in section["space"]:
        kept = {key: value for key, value in parameter.items() if key not in ("name", "type")}
        space[parameter["name"]] = {"type": parameter["type"], **kept}
    return {**section, "space": space}


# --- errors -----------------------------------------------------------------------------------


def _explain(error: msgspec.ValidationError, inner: dict[str, Any]) -> SpecError:
    """Turn msgspec's message into parameter, rule, value got and remedy."""
    text = str(error)
    rule, _, path = text.partition(" - at `")
    steps = re.findall(r"\.?([^.\[\]]+)|\[(\d+)\]", path.rstrip("`").removeprefix("$"))
    got: Any = inner
    shown = ""
    for name, index in steps:
        if name == "...":
            break
        got = _child(got, name, index)
        if name == "options":
            continue
        inside_space = index and isinstance(got, dict) and "name" in got and "type" in got
        if inside_space:
            shown += f".{got['name']}"
        else:
            shown += f".{name}" if name else f"[{index}]"
    shown = shown.removeprefix(".") or "study"
    unknown = re.match(r"Object contains unknown field `(.+)`", rule)
    missing = re.match(r"Object missing required field `(.+)`", rule)
    if unknown:
        return _unknown_key(shown, unknown.group(1), got)
    if missing:
        return SpecError(shown, f"must have `{missing.group(1)}`", got)
    return SpecError(shown, _plain_rule(rule), got)


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "left out",
}


def _plain_rule(rule: str) -> str:
    """msgspec's rule in plain words."""
    if rule.startswith("Invalid value") and len(rule) < 40:
        return "must be float, int, categorical or ordinal" if "type" in rule else "must be valid"
    if rule.startswith("Invalid"):
        return "must be one of the allowed words"
    rule = re.sub(r", got `.+`$", "", rule)
    rule = rule.replace("Expected", "must be", 1)

    def translate(match: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(word, word) for word in match.group(1).split(" | "))

    return re.sub(r"`([^`]+)`", translate, rule)


def _with_path(error: SpecError, inner: dict[str, Any]) -> SpecError:
    """Put the key path before the name of a parameter that refused its own values."""
    spaces = {f"models[{i}]": model for i, model in enumerate(inner.get("models", []))}
    spaces["objective"] = inner.get("objective")
    for path, section in spaces.items():
        space = section.get("space") if isinstance(section, dict) else None
        for parameter in space if isinstance(space, list) else []:
            name = parameter.get("name") if isinstance(parameter, dict) else None
            if name and error.parameter.startswith(f"{name}."):
                return SpecError(
                    f"{path}.space.{error.parameter}", error.rule, error.got, remedy=error.remedy
                )
    return error


def _child(value: Any, name: str, index: str) -> Any:
    try:
        return value[int(index)] if index else value[name]
    except (KeyError, IndexError, TypeError):
        return None


def _unknown_key(shown: str, key: str, got: Any) -> SpecError:
    known = _known_keys(shown)
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else ""
    if known and not near:
        remedy = f"Known keys are: {', '.join(known)}."
    value = got.get(key) if isinstance(got, dict) else got
    return SpecError(
        f"{shown}.{key}".removeprefix("study."), "is not a known key", value, remedy=remedy
    )


def _known_keys(shown: str) -> list[str]:
    """The keys of the section at a path, for the remedy."""
    kind: Any = StudySpec
    for name in [] if shown == "study" else re.sub(r"\[\d+\]", "", shown).split("."):
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        if name not in fields:
            return []
        inside = _structs_in(fields[name])
        if not inside:
            return []
        kind = inside[0]
    return [field.name for field in msgspec.structs.fields(kind)]


def _structs_in(kind: Any) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [found for part in getattr(kind, "__args__", ()) for found in _structs_in(part)]
