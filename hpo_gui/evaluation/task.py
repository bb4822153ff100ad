"""The two kinds of question that a table can answer."""

from __future__ import annotations

from typing import Literal

Task = Literal["classification", "regression"]
