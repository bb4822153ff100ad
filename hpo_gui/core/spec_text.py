"""Reading and writing specifications: TOML for people, JSON for the study file.

In text, a space is a table ``name = { type = … }``, the options of a family stand beside its name
(``kind`` for the validation), and "none", which TOML does not have, is ``{ none = true }``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import SPEC_VERSION, StudySpec
from hpo_gui.core.spec_errors import FAMILIES, explain_validation, with_path

MAX_BYTES = 20_000_000
MAX_PARAMETERS = 5_000  # of one space
MAX_CHOICES = 20_000  # of one parameter
MAX_PARTS = 100  # of a key in TOML
_NUMBER = re.compile(r"\d\.\d")
_NONE = {"none": True}
NAMED = ("fixed", "space", "params", "configurations", "types", "when")
"""Fields that are tables of names, or lists of such: one of them may be called "none"."""


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
        raise SpecError(
            str(path),
            f"must be text in UTF-8 (byte {error.start} is not)",
            remedy="Save it as UTF-8, in TOML or JSON form.",
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(str(path), f"cannot be read: {reason}") from error
    return parse_spec(text, name=path.name)


def parse_spec(text: str, *, name: str = "study") -> StudySpec:
    """Read a specification from TOML or JSON text."""
    is_json = name.lower().endswith(".json") or text.lstrip().startswith("{")
    form = "JSON" if is_json else "TOML"
    raw: Any
    if not is_json:
        _check_keys(text, name)
    try:
        raw = json.loads(text) if form == "JSON" else tomllib.loads(text)
    except RecursionError as error:
        raise _too_deep(name) from error
    except ValueError as error:
        raise SpecError(name, f"must be TOML or JSON; read as {form}: {error}") from error
    try:
        return spec_from_dict(raw)
    except RecursionError as error:
        raise _too_deep(name) from error


def _check_keys(text: str, name: str) -> None:
    """Refuse a key of so many parts that reading it takes minutes: its cost grows as a square."""
    for line in text.splitlines():
        if _NUMBER.sub("", line).count(".") > MAX_PARTS:
            raise _too_deep(name)


def _too_deep(name: str) -> SpecError:
    return SpecError(name, "must be TOML or JSON without tables or lists so deep in each other")


def spec_from_dict(raw: Mapping[str, Any]) -> StudySpec:
    """Check plain values (as TOML and JSON give them) and make a specification of them.

    Raises
    ------
    SpecError : naming the key path, the rule, the value got and the remedy
    """
    if not isinstance(raw, Mapping) or raw == _NONE:
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
    _check_sizes(raw)
    inner = _inward(_walk(raw, _read_none))
    try:
        return msgspec.convert(inner, StudySpec, strict=True)
    except msgspec.ValidationError as error:
        raise explain_validation(error, _walk(raw, _read_none)) from error
    except SpecError as error:
        raise with_path(error, _walk(raw, _read_none)) from error


def _check_sizes(raw: Mapping[str, Any]) -> None:
    """Refuse spaces that no study could search, before anything is made of them."""
    models = raw.get("models")
    sections = [("", raw), ("objective.", raw.get("objective"))]
    if isinstance(models, list):
        if len(models) > MAX_PARAMETERS:
            raise SpecError("models", f"must be at most {MAX_PARAMETERS:,}", len(models))
        sections += [(f"models[{place}].", model) for place, model in enumerate(models)]
    for prefix, section in sections:
        space = section.get("space") if isinstance(section, Mapping) else None
        if not isinstance(space, Mapping):
            continue
        if len(space) > MAX_PARAMETERS:
            rule = f"must have at most {MAX_PARAMETERS:,} parameters"
            raise SpecError(f"{prefix}space", rule, len(space), remedy="Fix most of them.")
        for name, parameter in space.items():
            for key in ("choices", "values"):
                options = parameter.get(key) if isinstance(parameter, Mapping) else None
                if isinstance(options, list | tuple) and len(options) > MAX_CHOICES:
                    rule = f"must be at most {MAX_CHOICES:,}"
                    raise SpecError(f"{prefix}space.{name}.{key}", rule, len(options))


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


def _walk(value: Any, change: Callable[[Any], Any], key: str = "") -> Any:
    """Change every value, inside out of tables and lists; tables of names are none themselves.

    Parameters
    ----------
    key : under which the value stands, where that is a field's and no name that a person chose
    """
    of_names = key in NAMED and isinstance(value, Mapping)
    if not of_names:
        value = change(value)
    if isinstance(value, Mapping) and (of_names or value != _NONE):
        return {
            name: _walk(item, change, "" if of_names else name) for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_walk(item, change, key) for item in value]
    return value


def _read_none(value: Any) -> Any:
    return None if value == _NONE and isinstance(value, Mapping) else value


def _write_none(value: Any) -> Any:
    return dict(_NONE) if value is None else value


def _inward(raw: dict[str, Any]) -> dict[str, Any]:
    """From the shape of the text to the shape of `StudySpec`."""
    inner = dict(raw)
    for section, key in FAMILIES.items():
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
    for section, key in FAMILIES.items():
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
