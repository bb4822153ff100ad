"""A small safe expression language for constraints and filters: parsed here, never `eval`.

    expression = or ;  or = and {"or" and} ;  and = not {"and" not} ;  not = ["not"] comparison
    comparison = sum {("<" | "<=" | ">" | ">=" | "=" | "==" | "!=" | "in") sum}
    sum = product {("+" | "-") product} ;  product = unary {("*" | "/" | "%") unary}
    unary = ["-"] power ;  power = atom ["**" unary]
    atom = number | text | name | true | false | none
         | name "(" list ")" | "(" list ")" | "[" list "]"

A name is a parameter or a column; names with odd letters go in backquotes. A bare word that is no
known name is text (``kernel = rbf``). Works on single values and, column-wise, on numpy arrays.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpo_gui.core.errors import ExpressionError
from hpo_gui.core.value import same

MAX_LENGTH = 2000
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d][\w.]*)"
    r"|`(?P<quoted>[^`]+)`"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<mark>\*\*|<=|>=|==|!=|[-+*/%<>=()\[\],]))"
)
_WORDS = {"and", "or", "not", "in"}
_CONSTANTS = {"true": True, "false": False, "none": None, "null": None}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "**": operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "log": np.log,
    "log10": np.log10,
    "exp": np.exp,
    "min": np.minimum,
    "max": np.maximum,
}


@dataclass(frozen=True)
class _Node:
    kind: str  # constant, name, list, call, compare, arithmetic, and, or, not
    value: Any = None
    parts: tuple[_Node, ...] = ()


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : as the user wrote it
    names : the known names it uses
    """

    text: str
    names: frozenset[str]
    _root: _Node

    @property
    def is_condition(self) -> bool:
        """Whether it is true or false, not a number or a list."""
        return self._root.kind in ("compare", "and", "or", "not", "name")

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value for ``values``: numbers, text or arrays of one length by name.

        Raises
        ------
        ExpressionError : a name is missing, text meets arithmetic, or a number is too large
        """
        try:
            with np.errstate(all="ignore"):
                return _evaluate(self._root, values, self.text)
        except OverflowError as error:
            raise ExpressionError(
                "expression", "must have numbers below 1.8e308", self.text
            ) from error


def parse_expression(text: str, names: Collection[str]) -> Expression:
    """Parse ``text``; ``names`` are the known parameters or columns.

    Raises
    ------
    ExpressionError : with the place of the mistake
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError("expression", f"must be shorter than {MAX_LENGTH} letters", text)
    parser = _Parser(text, frozenset(names))
    root = parser.parse()
    return Expression(text, frozenset(parser.used), root)


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self.used: set[str] = set()
        self.tokens = self._tokenize()
        self.at = 0
        self.depth = 0

    def parse(self) -> _Node:
        if not self.tokens:
            raise ExpressionError("expression", "must not be empty", self.text)
        node = self._or()
        if self.at < len(self.tokens):
            raise self._mistake("an operator")
        return node

    def _tokenize(self) -> list[tuple[str, str, int]]:
        tokens, place = [], 0
        end = len(self.text.rstrip())
        while place < end:
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise ExpressionError(
                    "expression",
                    f"has a sign it does not know at letter {place + 1}",
                    self.text,
                    remedy="Use numbers, names, + - * / %, comparisons, and, or, not, in.",
                )
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind), match.start(kind)))
            place = match.end()
        return tokens

    def _peek(self) -> str:
        if self.at >= len(self.tokens):
            return ""
        kind, text, _ = self.tokens[self.at]
        return text if kind == "mark" or (kind == "name" and text in _WORDS) else ""

    def _take(self, *marks: str) -> str:
        mark = self._peek()
        if mark and mark in marks:
            self.at += 1
            return mark
        return ""

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._mistake(f"`{mark}`")

    def _mistake(self, wanted: str) -> ExpressionError:
        if self.at < len(self.tokens):
            _, found, place = self.tokens[self.at]
            where = f"must have {wanted} instead of `{found}` at letter {place + 1}"
        else:
            where = f"must have {wanted} at the end"
        return ExpressionError("expression", where, self.text)

    def _or(self) -> _Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                "expression", f"must not be nested deeper than {MAX_DEPTH}", self.text
            )
        node = self._and()
        while self._take("or"):
            node = _Node("or", parts=(node, self._and()))
        self.depth -= 1
        return node

    def _and(self) -> _Node:
        node = self._not()
        while self._take("and"):
            node = _Node("and", parts=(node, self._not()))
        return node

    def _not(self) -> _Node:
        if self._take("not"):
            negated = 1
            while self._take("not"):
                negated += 1
            inner = self._comparison()
            return _Node("not", parts=(inner,)) if negated % 2 else inner
        return self._comparison()

    def _comparison(self) -> _Node:
        """``a < b <= c`` means ``a < b and b <= c``."""
        left = self._sum()
        chain: _Node | None = None
        while sign := self._take("<", "<=", ">", ">=", "=", "==", "!=", "in"):
            right = self._sum()
            if sign in _COMPARE:
                self._refuse_text(sign, left, right)
            link = _Node("compare", "=" if sign == "==" else sign, (left, right))
            chain = link if chain is None else _Node("and", parts=(chain, link))
            left = right
        return left if chain is None else chain

    def _sum(self) -> _Node:
        node = self._product()
        while sign := self._take("+", "-"):
            node = self._arithmetic(sign, node, self._product())
        return node

    def _product(self) -> _Node:
        node = self._unary()
        while sign := self._take("*", "/", "%"):
            node = self._arithmetic(sign, node, self._unary())
        return node

    def _arithmetic(self, sign: str, left: _Node, right: _Node) -> _Node:
        self._refuse_text(sign, left, right)
        return _Node("arithmetic", sign, (left, right))

    def _refuse_text(self, sign: str, *parts: _Node) -> None:
        """A bare word beside ``<`` or ``+`` is a misspelt name."""
        for part in parts:
            if part.kind == "constant" and isinstance(part.value, str):
                raise ExpressionError(
                    "expression",
                    f"has `{part.value}` beside `{sign}`, which is none of "
                    f"{', '.join(sorted(self.names)) or 'the names'}",
                    self.text,
                )

    def _unary(self) -> _Node:
        minus = False
        while self._take("-"):
            minus = not minus
        node = self._power()
        return self._arithmetic("-", _Node("constant", 0), node) if minus else node

    def _power(self) -> _Node:
        base = self._atom()
        if self._take("**"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ExpressionError("expression", "has too many powers", self.text)
            node = self._arithmetic("**", base, self._unary())
            self.depth -= 1
            return node
        return base

    def _atom(self) -> _Node:
        if self._take("("):
            node = self._or()
            if self._peek() == ",":
                return self._list(node, ")")
            self._expect(")")
            return node
        if self._take("["):
            return _Node("list") if self._take("]") else self._list(self._or(), "]")
        if self.at >= len(self.tokens) or self._peek():
            raise self._mistake("a value")
        kind, text, _ = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _Node("constant", _number(text))
        if kind == "text":
            return _Node("constant", text[1:-1])
        if kind == "name" and text not in self.names and self._peek() == "(":
            return self._call(text)
        return self._word(kind, text)

    def _word(self, kind: str, text: str) -> _Node:
        if text in self.names:
            self.used.add(text)
            return _Node("name", text)
        if kind == "quoted":
            raise ExpressionError(
                "expression",
                f"uses `{text}`, which is none of {', '.join(sorted(self.names)) or 'the names'}",
                self.text,
            )
        if text.lower() in _CONSTANTS:
            return _Node("constant", _CONSTANTS[text.lower()])
        return _Node("constant", text)

    def _list(self, first: _Node, end: str) -> _Node:
        parts = [first]
        while self._take(","):
            parts.append(self._or())
        self._expect(end)
        return _Node("list", parts=tuple(parts))

    def _call(self, name: str) -> _Node:
        if name not in _FUNCTIONS:
            raise ExpressionError(
                "expression",
                f"uses the function `{name}`, which is none of {', '.join(_FUNCTIONS)}",
                self.text,
            )
        self._expect("(")
        parts = self._list(self._or(), ")").parts
        wanted = 2 if name in ("min", "max") else 1
        if len(parts) != wanted:
            raise ExpressionError("expression", f"must give `{name}` {wanted} values", self.text)
        return _Node("call", name, parts)


def _number(text: str) -> float:
    """Whole numbers stay whole as far as arrays can hold them."""
    number = int(text) if text.isdigit() else float(text)
    return number if abs(number) < 2**63 else float(text)


def _evaluate(node: _Node, values: Mapping[str, Any], text: str) -> Any:
    match node.kind:
        case "constant":
            return node.value
        case "name":
            if node.value not in values:
                raise ExpressionError(f"`{node.value}`", "has no value here", text)
            return values[node.value]
        case "list":
            return tuple(_evaluate(part, values, text) for part in node.parts)
        case "not":
            return np.logical_not(_truth(_evaluate(node.parts[0], values, text), text))
        case "and":
            return np.logical_and(*(_truth(_evaluate(p, values, text), text) for p in node.parts))
        case "or":
            return np.logical_or(*(_truth(_evaluate(p, values, text), text) for p in node.parts))
    parts = [_evaluate(part, values, text) for part in node.parts]
    if node.kind == "compare":
        return _compare(node.value, parts[0], parts[1], text)
    for part in parts:
        _check_number(part, node.value, text)
    function = _FUNCTIONS[node.value] if node.kind == "call" else _ARITHMETIC[node.value]
    # NOTE: doubles, so that no power of whole numbers can grow without bound
    return function(*(np.asarray(part, dtype=float) for part in parts))


def _compare(sign: str, left: Any, right: Any, text: str) -> Any:
    if sign == "in":
        if isinstance(right, np.ndarray) and right.dtype == object:
            return _in_column(left, right)
        options = right if isinstance(right, tuple) else (right,)
        return _any_equal(left, options)
    if sign == "=":
        return _equal(left, right)
    if sign == "!=":
        return np.logical_not(_equal(left, right))
    _check_number(left, sign, text)
    _check_number(right, sign, text)
    return _COMPARE[sign](np.asarray(left, dtype=float), np.asarray(right, dtype=float))


def _in_column(left: Any, right: np.ndarray[Any, np.dtype[Any]]) -> Any:
    """Whether a value is one of those in each cell: of its list, or the cell itself."""
    left = _plain(_column(left))
    items = left.tolist() if isinstance(left, np.ndarray) else [left] * len(right)
    cells = [cell if isinstance(cell, tuple) else (cell,) for cell in right]
    found = [any(same(item, o) for o in cell) for item, cell in zip(items, cells, strict=True)]
    return np.array(found, dtype=bool)


def _any_equal(left: Any, options: tuple[Any, ...]) -> Any:
    result: Any = np.False_
    for option in options:
        result = np.logical_or(result, _equal(left, option))
    return result


def _equal(left: Any, right: Any) -> Any:
    left, right = _column(left), _column(right)
    if isinstance(right, np.ndarray) and not isinstance(left, np.ndarray):
        left, right = right, left
    left, right = _plain(left), _plain(right)
    if not isinstance(left, np.ndarray):
        return same(left, right)
    if left.dtype != object:
        if isinstance(right, str | tuple) or right is None:
            return np.zeros(left.shape, dtype=bool)
        return left == right
    if isinstance(right, np.ndarray):
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([same(a, b) for a, b in pairs], dtype=bool)
    return np.array([same(item, right) for item in left], dtype=bool)


def _column(value: Any) -> Any:
    """A list with columns in it as a column of lists."""
    if not isinstance(value, tuple):
        return value
    parts = [_column(part) for part in value]
    lengths = [len(part) for part in parts if isinstance(part, np.ndarray)]
    if not lengths:
        return value
    rows = [
        part.tolist() if isinstance(part, np.ndarray) else [part] * lengths[0] for part in parts
    ]
    column = np.empty(lengths[0], dtype=object)
    column[:] = list(zip(*rows, strict=True))
    return column


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python's: only those are compared as JSON values."""
    return value.item() if isinstance(value, np.generic) else value


def _truth(value: Any, text: str) -> Any:
    """A value beside ``and``, ``or``, ``not``; text and lists in a column count as false."""
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            return value
        return np.array([isinstance(v, int | float) and bool(v) for v in value], dtype=bool)
    if isinstance(value, bool | int | float | np.number | np.bool_):
        return value
    raise ExpressionError(
        "expression", f"must have comparisons beside and, or, not, and no {value!r}", text
    )


def _check_number(value: Any, sign: str, text: str) -> None:
    is_array = isinstance(value, np.ndarray) and value.dtype != object
    if not is_array and not isinstance(value, int | float | np.number | np.bool_):
        shown = "text" if isinstance(value, np.ndarray) else repr(value)
        raise ExpressionError(
            "expression", f"must have numbers beside `{sign}`, not {shown}", text
        )
