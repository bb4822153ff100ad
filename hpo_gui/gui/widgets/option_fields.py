"""The options that a frozen Struct declares, read into what a form has to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import inspect

from hpo_gui.gui.widgets.number_rule import NumberRule

ABBREVIATIONS = ("ei", "pi", "ucb", "tpe")

OptionKind = Literal["number", "choice", "choices", "flag", "text", "json"]


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option.

    Attributes
    ----------
    name : as in a study file
    title, description : for the user
    kind : what edits it
    default : its value when left out
    required : whether it has no default
    optional : whether None is allowed
    rule : the limits of a number
    choices : the values of a choice, or of a tuple of choices
    advanced : declared with ``Meta(extra={"advanced": True})``: seldom needed
    declared : its Python type, to check free JSON against
    """

    name: str
    title: str
    description: str
    kind: OptionKind
    default: Any
    required: bool
    optional: bool
    rule: NumberRule
    choices: tuple[Any, ...]
    advanced: bool
    declared: Any


@cache
def option_fields(options: type[msgspec.Struct]) -> tuple[OptionField, ...]:
    """Return the options of a Struct class, in the order of their declaration."""
    kinds = inspect.type_info(options)
    assert isinstance(kinds, inspect.StructType)
    declared = {field.name: field.type for field in msgspec.structs.fields(options)}
    return tuple(_read(field, declared[field.name]) for field in kinds.fields)


def option_title(name: str) -> str:
    """Return a name as words: ``"max_trials"`` becomes "Max trials", ``"log_ei"`` "Log EI"."""
    words = name.replace("_", " ").strip().split(" ")
    text = " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)
    return text[:1].upper() + text[1:]


def _read(field: inspect.Field, declared: Any) -> OptionField:
    words, types = _unwrap(field.type)
    optional = any(isinstance(t, inspect.NoneType) for t in types)
    types = [t for t in types if not isinstance(t, inspect.NoneType)]
    kind = _kind(types)
    return OptionField(
        name=field.encode_name,
        title=words.get("title") or option_title(field.name),
        description=words.get("description", ""),
        kind=kind,
        default=_default(field),
        required=field.required,
        optional=optional,
        rule=_rule(types, optional) if kind == "number" else NumberRule(),
        choices=_ordered(_choices(types), field) if kind in ("choice", "choices") else (),
        advanced=bool(words.get("advanced")),
        declared=declared,
    )


def _unwrap(kind: inspect.Type) -> tuple[dict[str, Any], list[inspect.Type]]:
    """Take the words and the alternatives out of ``Annotated`` and unions, outer words first."""
    if isinstance(kind, inspect.Metadata):
        inner, types = _unwrap(kind.type)
        return inner | (kind.extra_json_schema or {}) | (kind.extra or {}), types
    if isinstance(kind, inspect.UnionType):
        words: dict[str, Any] = {}
        types = []
        for member in kind.types:
            inner, more = _unwrap(member)
            words = inner | words
            types.extend(more)
        return words, types
    return {}, [kind]


def _kind(types: list[inspect.Type]) -> OptionKind:
    if types and all(isinstance(t, inspect.IntType | inspect.FloatType) for t in types):
        return "number"
    if len(types) != 1:
        return "json"
    if isinstance(types[0], inspect.LiteralType | inspect.EnumType):
        return "choice"
    if _items(types[0]):
        return "choices"
    if isinstance(types[0], inspect.BoolType):
        return "flag"
    return "text" if isinstance(types[0], inspect.StrType) else "json"


def _rule(types: list[inspect.Type], optional: bool) -> NumberRule:
    limits: dict[str, float | None] = {"ge": None, "gt": None, "le": None, "lt": None}
    for kind in types:
        assert isinstance(kind, inspect.IntType | inspect.FloatType)
        for name, before in limits.items():
            limits[name] = getattr(kind, name) if before is None else before
    return NumberRule(
        integer=all(isinstance(kind, inspect.IntType) for kind in types),
        optional=optional,
        at_least=limits["ge"],
        above=limits["gt"],
        at_most=limits["le"],
        below=limits["lt"],
    )


def _items(kind: inspect.Type) -> list[inspect.Type]:
    """What a list or tuple of choices holds; nothing for anything else."""
    if not isinstance(kind, inspect.VarTupleType | inspect.ListType | inspect.SetType):
        return []
    _, types = _unwrap(kind.item_type)
    listed = isinstance(types[0], inspect.LiteralType | inspect.EnumType)
    return types if len(types) == 1 and listed else []


def _choices(types: list[inspect.Type]) -> tuple[Any, ...]:
    kind = (_items(types[0]) or types)[0]
    if isinstance(kind, inspect.LiteralType):
        return tuple(kind.values)
    assert isinstance(kind, inspect.EnumType)
    return tuple(member.value for member in kind.cls)


def _ordered(choices: tuple[Any, ...], field: inspect.Field) -> tuple[Any, ...]:
    """The choices of a tuple, its default's first and in their order."""
    default = _default(field)
    if not isinstance(default, tuple | list):
        return choices
    return (*default, *(choice for choice in choices if choice not in default))


def _default(field: inspect.Field) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default
