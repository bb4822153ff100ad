"""Constraints between parameters: ``a < b`` or ``not (kernel = poly and degree > 3)``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hpo_gui.core.errors import ExpressionError
from hpo_gui.core.expression import Expression, parse_expression
from hpo_gui.core.value import Params


@dataclass(frozen=True)
class Constraint:
    """A rule that every configuration must keep.

    A rule about an inactive or a "none" parameter holds: there is nothing to compare.
    """

    expression: Expression

    @property
    def text(self) -> str:
        return self.expression.text

    def holds(self, params: Params) -> bool:
        """Whether ``params`` (the active parameters) keep the rule."""
        if any(name not in params for name in self.expression.names):
            return True
        try:
            return bool(self.expression.evaluate(params))
        except ExpressionError:
            if any(params[name] is None for name in self.expression.names):
                return True
            raise


def make_constraint(text: str, names: Collection[str]) -> Constraint:
    """Parse a constraint over the parameters ``names``.

    Raises
    ------
    ExpressionError : it cannot be read, names no parameter, or compares nothing
    """
    expression = parse_expression(text, names)
    if not expression.names:
        raise ExpressionError(
            "constraint",
            f"must name a parameter ({', '.join(names) or 'there are none'})",
            text,
            remedy="Write it like `a < b` or `not (kernel = poly and degree > 3)`.",
        )
    if not expression.is_condition:
        raise ExpressionError(
            "constraint",
            "must compare something",
            text,
            remedy="Write it like `a < b` or `not (kernel = poly and degree > 3)`.",
        )
    return Constraint(expression)
