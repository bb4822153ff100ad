"""How people write that a value is missing."""

from __future__ import annotations

PANDAS_CODES = frozenset(
    {
        "",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    }
)
"""What `pandas.read_csv` takes for missing by itself."""

MORE_CODES = frozenset(
    {"?", "-", "--", "none", "NONE", "Null", "na", "Na", "NAN", "n.a.", "N.A.", "#VALUE!", "#REF!"}
)
"""What else is taken for missing here, in the file as in new rows that a finished model gets."""

MISSING_CODES = PANDAS_CODES | MORE_CODES

SUSPECTS = (-999.0, -9999.0, -99999.0, -99.0, 999.0, 9999.0, 99999.0)
"""Numbers that often stand for a missing value, but may be real: only pointed out."""
