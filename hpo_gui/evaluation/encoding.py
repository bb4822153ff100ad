"""Which encoding the bytes of a text file are in."""

from __future__ import annotations

import codecs

from hpo_gui.core.errors import DataError

LOOKED_AT = 1 << 16
PIECE = 1 << 24
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark its mark begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"
TITLES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Western European (cp1252)",
    "latin-1": "Latin-1",
}


def find_encoding(raw: bytes, file: str) -> str:
    """The encoding of a text file's bytes; `DataError` when they are no text.

    A byte-order mark decides; otherwise UTF-8 when all bytes fit, UTF-16 when every other byte is
    zero, and else Western European, in which every byte means something.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark) and _fits(raw, name):
            return name
    if b"\0" in raw[:LOOKED_AT]:
        wide = _find_utf16(raw[:LOOKED_AT])
        if wide is None or not _fits(raw, wide):
            raise DataError(
                file,
                "must be a table in text, Parquet, Excel or ODS form",
                raw[:16],
                remedy="Open it in the program that made it and save it as CSV.",
            )
        return wide
    return next(name for name in ("utf-8", WESTERN, "latin-1") if _fits(raw, name))


def check_encoding(raw: bytes, encoding: str, file: str) -> None:
    """Raise `DataError` when the bytes cannot be read in the encoding that was asked for."""
    try:
        raw.decode(encoding)
    except LookupError as error:
        raise DataError(
            "data.reading.encoding",
            "must be the name of a text encoding",
            encoding,
            remedy="Leave it out to have it found, or use utf-8, cp1252, latin-1, utf-16 …",
        ) from error
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = raw.count(b"\n", 0, start) + 1
        raise DataError(
            "data.reading.encoding",
            f"must fit {file}: line {line} cannot be read as {encoding}",
            raw[start : start + 8],
            remedy=f"Leave it out to have it found (it looks like {find_encoding(raw, file)}).",
        ) from error


def _find_utf16(head: bytes) -> str | None:
    """Which half of each pair of bytes is zero, if one mostly is."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _fits(raw: bytes, encoding: str) -> bool:
    """Whether all bytes can be read; decoded piece by piece, as files may be large."""
    if raw.isascii() and encoding in ("utf-8", WESTERN):
        return True
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(raw), PIECE):
            decoder.decode(raw[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
