"""Reading tables: every usual spelling is understood, every unusable file is refused clearly."""

import gzip
import hashlib
import io
import math
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.table import Table, make_table, read_table, show_size


def read(folder: Path, content: bytes | str, name: str = "data.csv", **reading: object) -> Table:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return read_table(name, folder, ReadingSpec(**reading))


def heads(table: Table) -> list[str]:
    return [f"{notice.level}: {notice.head}" for notice in table.notices]


def refusal(folder: Path, content: bytes | str, name: str = "data.csv", **reading: object) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, content, name, **reading)
    assert caught.value.rule
    assert caught.value.remedy
    return str(caught.value)


BODY = "".join(f"{i},{i / 4},name {i % 3}\n" for i in range(25))
PLAIN = "count,share,who\n" + BODY


def test_a_plain_file_is_read_with_everything_about_it(tmp_path: Path) -> None:
    table = read(tmp_path, PLAIN, "birds.csv")
    assert table.name == "birds.csv"
    assert table.path == tmp_path / "birds.csv"
    assert table.rows == 25
    assert table.column_names == ("count", "share", "who")
    assert [column.type for column in table.columns] == ["number", "number", "category"]
    assert table.bytes == len(PLAIN)
    assert table.sha256 == hashlib.sha256(PLAIN.encode()).hexdigest()
    assert table.reading == ReadingSpec(",", "utf-8", ".", True)
    assert table.notices == ()
    assert table.column("share").high == 6.0
    with pytest.raises(KeyError):
        table.column("nobody")


def test_the_summary_says_how_it_was_read(tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN).summary == (
        f"25 rows × 3 columns · comma, UTF-8, header · {len(PLAIN)} bytes"
    )
    text = "a;b\n1,5;2\n2,5;3\n"
    assert "semicolon, UTF-8, decimal comma, header" in read(tmp_path, text).summary


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (15241, "15 kB"),
        (124869, "125 kB"),
        (3870, "3.9 kB"),
        (3e9, "3 GB"),
    ],
)
def test_sizes_are_shown_in_units(size: float, shown: str) -> None:
    assert show_size(int(size)) == shown


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_every_usual_separator_is_found(tmp_path: Path, separator: str) -> None:
    text = "x y label\n1 2.5 a\n2 3.5 b\n3 4 a\n".replace(" ", separator)
    table = read(tmp_path, text, "data.txt")
    assert table.reading.separator == separator
    assert table.column_names == ("x", "y", "label")
    assert table.frame["y"].tolist() == [2.5, 3.5, 4]


def test_aligned_columns_between_runs_of_spaces_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, "  a   b  c\n  1 2.5 x\n 10  3   y\n", "data.txt")
    assert table.frame["a"].tolist() == [1, 10]
    assert table.frame["c"].tolist() == ["x", "y"]


def test_separators_inside_of_texts_do_not_mislead(tmp_path: Path) -> None:
    table = read(tmp_path, 'name,tags\na,"x;y;z"\nb,"z;w"\nc,v;u\n')
    assert table.reading.separator == ","
    assert table.frame["tags"].tolist() == ["x;y;z", "z;w", "v;u"]
    table = read(tmp_path, "when,v\n2020-01-01 10:00,1\n2020-01-02 10:00,2\n")
    assert table.column_names == ("when", "v")


def test_a_decimal_comma_is_found(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b\n1,5;x\n-2,25;y\n3;z\n")
    assert table.reading.decimal == ","
    assert table.frame["a"].tolist() == [1.5, -2.25, 3]


def test_points_in_a_file_with_semicolons_stay_decimal_points(tmp_path: Path) -> None:
    assert read(tmp_path, "a;b\n1.5;x\n2.5;y, z\n").reading.decimal == "."


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_usual_encoding_is_found(tmp_path: Path, encoding: str, found: str) -> None:
    text = "größe,name\n1,Müller\n2,José\n3,Søren\n"
    table = read(tmp_path, text.encode(encoding))
    assert table.reading.encoding == found
    assert table.column_names == ("größe", "name")
    assert table.frame["name"].tolist() == ["Müller", "José", "Søren"]


def test_a_guessed_encoding_is_pointed_out(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,Müller\n2,x\n".encode("cp1252"))
    assert "info: Read as Western European (cp1252):" in heads(table)
    table = read(tmp_path, "a,b\n1,Müller\n2,x\n".encode("cp1252"), encoding="cp1252")
    assert not any("Read as" in head for head in heads(table))


def test_bytes_without_meaning_in_western_european_are_read_as_latin_1(tmp_path: Path) -> None:
    table = read(tmp_path, b"a,b\n1,x\x81\n2,y\xe9\n")
    assert table.reading.encoding == "latin-1"


def test_the_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    text = refusal(tmp_path, "a,b\n1,x\n2,Müller\n".encode("cp1252"), encoding="utf-8")
    assert "line 3 cannot be read as utf-8" in text
    assert "cp1252" in text


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    assert "'utf-9'" in refusal(tmp_path, PLAIN, encoding="utf-9")


def test_a_separator_of_two_characters_is_refused(tmp_path: Path) -> None:
    assert "must be one character, but got ';;'" in refusal(tmp_path, PLAIN, separator=";;")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("1,2\n3,4\n5,6\n", False),
        ("name,town\nAnn,Rome\nBob,Oslo\n", True),
        ("Ann,Rome\nBob,Oslo\nAnn,Oslo\nBob,Rome\n", False),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n", False),
        ("country,2010,2011,2012\nDE,1.5,2.5,3\nFR,2,3,4.5\n", True),
        ("0,1,2\n1.5,2.5,3\n2,3,4.5\n", True),
        (",a,b\n0,1,2\n1,3,4\n", True),
    ],
)
def test_a_header_is_told_from_values(tmp_path: Path, text: str, header: bool) -> None:
    assert read(tmp_path, text).reading.header is header


def test_columns_without_a_header_get_names(tmp_path: Path) -> None:
    table = read(tmp_path, "1,2\n3,4\n5,6\n")
    assert table.column_names == ("column_1", "column_2")
    assert "info: No header found:" in heads(table)


def test_reading_options_overrule_what_was_found(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,2\n3,4\n", header=False)
    assert table.rows == 3
    table = read(tmp_path, "a,b\n1;5,2\n3;5,4\n", separator=";")
    assert len(table.columns) == 2
    table = read(tmp_path, "a b\n1,5 2\n3,5 4\n", decimal=",", separator=" ")
    assert table.frame["a"].tolist() == [1.5, 3.5]


@pytest.mark.parametrize(
    "code", ["", "NA", "N/A", "nan", "NaN", "null", "NULL", "none", "None", "?", "-", "n.a."]
)
def test_every_usual_code_for_missing_is_understood(tmp_path: Path, code: str) -> None:
    table = read(tmp_path, f"x,c\n1,a\n{code},{code}\n3,b\n")
    assert table.frame["x"].isna().tolist() == [False, True, False]
    assert table.frame["c"].isna().tolist() == [False, True, False]
    assert [column.missing for column in table.columns] == [1, 1]


def test_codes_for_missing_can_be_chosen(tmp_path: Path) -> None:
    table = read(tmp_path, "x,land\n1,NA\n-999,DE\n,NA\n", missing=("-999",))
    assert table.frame["land"].tolist() == ["NA", "DE", "NA"]
    assert table.frame["x"].isna().tolist() == [False, True, True]


def test_a_number_that_may_mean_missing_is_pointed_out_but_kept(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{i}\n" for i in range(30))
    table = read(tmp_path, "x,y\n-999,1\n-999,2\n" + rows)
    assert (table.frame["x"] == -999).sum() == 2
    assert "-999, which often means missing" in table.notices[0].text
    assert table.notices[0].column == "x"
    honest = "".join(f"{i * 50 - 999},{i}\n" for i in range(30))
    assert read(tmp_path, "x,y\n" + honest).notices == ()


def test_quotes_protect_separators_and_line_breaks(tmp_path: Path) -> None:
    rows = "".join(f'{i},"one, two\nthree ""four"""\n' for i in range(20))
    table = read(tmp_path, "a,b\n" + rows)
    assert table.rows == 20
    assert table.frame["b"][0] == 'one, two\nthree "four"'
    assert table.notices == ()


def test_line_ends_of_every_system_are_understood(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        assert read(tmp_path, PLAIN.replace("\n", end)).rows == 25


def test_empty_lines_and_a_missing_last_line_end_do_not_matter(tmp_path: Path) -> None:
    assert read(tmp_path, "\n\na,b\n\n1,2\n\n3,4").rows == 2


def test_lines_above_the_table_are_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, "# made by a machine\n# on a Monday\n" + PLAIN)
    assert table.column_names == ("count", "share", "who")
    assert "info: 2 lines before the table" in heads(table)


def test_row_names_without_a_header_get_one(tmp_path: Path) -> None:
    table = read(tmp_path, "mpg,hp\nMazda,21,110\nFiat,32.4,66\nVolvo,21.4,109\n")
    assert table.column_names == ("row", "mpg", "hp")
    assert table.frame["hp"].tolist() == [110, 66, 109]


def test_row_names_without_a_header_beside_names_that_occur_twice_are_survived(
    tmp_path: Path,
) -> None:
    table = read(tmp_path, "row,hp,hp,hp.1\nMazda,21,110,1,7\nFiat,32.4,66,2,8\n")
    assert table.column_names == ("row", "row.1", "hp", "hp.1", "hp.1.1")
    assert "warning: Column names that occur twice:" in heads(table)
    many = f"{','.join('a' * 300)}\n" + f"x{',1' * 300}\n" * 2
    assert len(set(read(tmp_path, many).column_names)) == 301


def test_a_separator_at_the_end_of_each_row_is_no_column(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,2,\n3,4,\n")
    assert table.column_names == ("a", "b")
    assert table.frame["b"].tolist() == [2, 4]


def test_names_that_occur_twice_get_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b,a,a\n1,2,3,4\n5,6,7,8\n")
    assert table.column_names == ("a", "b", "a.1", "a.2")
    assert "warning: Column names that occur twice:" in heads(table)
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["x", "x", "x.1"])
    assert len(set(make_table(frame).column_names)) == 3


def test_rows_that_are_too_short_are_filled_with_missing_values(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b,c\n1,2\n3,4,5\n")
    assert table.frame["c"].isna().tolist() == [True, False]


def test_a_few_rows_that_are_too_long_are_left_out_and_named(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n" + "1,2\n" * 100 + "3,4,5\n" + "6,7\n" * 20)
    assert table.rows == 120
    assert "warning: 1 line left out:" in heads(table)
    assert "line 102" in table.notices[0].text


def test_many_rows_that_are_too_long_are_refused(tmp_path: Path) -> None:
    rows = "1,2\n" * 60 + "1,2,3\n" * 40
    text = refusal(tmp_path, "a,b\n" + rows)
    assert "lines 62, 63, 64, 65, 66 … have too many" in text
    assert "40 of 100 lines" in text


def test_a_quote_that_never_ends_is_read_as_a_character(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n1,x\n2,"y\n' + "".join(f"{i},z{i}\n" for i in range(30)))
    assert table.rows == 32
    assert table.frame["b"][1] == "y"
    assert "warning: A quote is never closed" in heads(table)
    assert "near line 3" in table.notices[0].text


def test_two_stray_quotes_do_not_swallow_the_lines_between(tmp_path: Path) -> None:
    rows = [f"{i},name {i % 4},{i}\n" for i in range(40)]
    rows[5], rows[20] = '5,"name,5\n', '20,"name,20\n'
    table = read(tmp_path, "a,b,c\n" + "".join(rows))
    assert table.rows == 40
    assert table.frame["c"].tolist() == list(range(40))
    assert "warning: A quote is never closed" in heads(table)


def test_numbers_in_quotes_stay_numbers_when_a_quote_is_broken(tmp_path: Path) -> None:
    rows = "".join(f'"{i}","x"\n' for i in range(20))
    table = read(tmp_path, '"a","b"\n' + rows + '"20","x\n')
    assert table.frame["a"].tolist() == list(range(21))
    assert table.column_names == ("a", "b")


def test_numbers_beyond_64_bits_are_read_beside_a_broken_quote(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n"x,37070707070707070707\ny,2\n')
    assert table.frame["b"].tolist() == [37070707070707070707.0, 2.0]
    assert "warning: A quote is never closed" in heads(table)


def test_what_is_no_table_without_its_quotes_is_refused(tmp_path: Path) -> None:
    text = refusal(tmp_path, b'"\x12\no\x1f:\n\x9f\x0cr')
    assert "must close every quote" in text


def test_a_broken_quote_is_refused_when_quotes_are_needed(tmp_path: Path) -> None:
    rows = "".join(f'{i},"x, y"\n' for i in range(20))
    text = refusal(tmp_path, "a,b\n" + rows + '1,"x\n')
    assert "must close every quote" in text
    assert 'Add the missing "' in text


@pytest.mark.parametrize("before", [0, 25])
def test_lines_that_a_broken_quote_joins_are_left_out_and_named(
    tmp_path: Path, before: int
) -> None:
    rows = [f'{i},"x, y"\n' for i in range(50)]
    rows[before] = f'{before},"x, y\n'
    table = read(tmp_path, "a,b\n" + "".join(rows))
    assert table.frame["a"].tolist() == [i for i in range(50) if i not in (before, before + 1)]
    assert heads(table) == ["warning: 1 line left out:"]
    assert f"line {before + 2}); is a quote missing there?" in table.notices[0].text


def test_a_huge_field_is_read(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n1,"' + "x" * 3_000_000 + '"\n2,y\n')
    assert table.frame["b"].str.len().tolist() == [3_000_000, 1]


def test_whole_numbers_beyond_64_bits_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, f"a,b\n{10**30},1\n2,3\n{2**64 - 1},4\n")
    assert table.columns[0].type == "number"
    assert table.frame["a"].tolist() == [1e30, 2, float(2**64 - 1)]


def test_floats_are_read_to_the_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=2000) * 10.0 ** rng.integers(-300, 300, 2000)
    text = "x,y\n" + "".join(f"{x!r},1\n" for x in numbers.tolist())
    assert read(tmp_path, text).frame["x"].tolist() == numbers.tolist()


def test_gzip_and_zip_files_are_opened(tmp_path: Path) -> None:
    table = read(tmp_path, gzip.compress(PLAIN.encode()), "data.csv.gz")
    assert table.rows == 25
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/data.csv", "junk")
        archive.writestr("folder/data.csv", PLAIN)
    assert read(tmp_path, packed.getvalue(), "data.zip").rows == 25


def test_a_zip_file_with_several_tables_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.csv", PLAIN)
        archive.writestr("two.csv", PLAIN)
    text = refusal(tmp_path, packed.getvalue(), "data.zip")
    assert "one.csv" in text
    assert "two.csv" in text


def test_parquet_files_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "yes": pd.array([True, None, False], dtype="boolean"),
            "kind": pd.Categorical(["a", None, "b"]),
            "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"]).tz_localize("UTC"),
            "word": ["x", None, "z"],
            "small": np.array([1, 2, 3], dtype=np.float32),
        }
    )
    frame.to_parquet(tmp_path / "data.parquet")
    table = read_table("data.parquet", tmp_path)
    assert [column.type for column in table.columns] == [
        "number",
        "category",
        "category",
        "date",
        "category",
        "number",
    ]
    assert [column.missing for column in table.columns] == [1, 1, 1, 1, 1, 0]
    assert table.reading == ReadingSpec()


def test_other_kinds_of_parquet_columns_become_plain_ones(tmp_path: Path) -> None:
    import datetime
    import decimal

    days = [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 3)]
    frame = pd.DataFrame(
        {
            "day": pd.Series(days, dtype=object),
            "price": pd.Series([decimal.Decimal("1.50"), None, decimal.Decimal("2")]),
            "took": pd.to_timedelta([1, None, 3], unit="s"),
            "raw": pd.Series([b"x", None, b"y"]),
            "months": pd.Categorical([3, None, 5]),
        }
    )
    frame.to_parquet(tmp_path / "data.parquet")
    table = read_table("data.parquet", tmp_path)
    kinds = [column.type for column in table.columns]
    assert kinds == ["date", "number", "number", "category", "number"]
    assert [column.missing for column in table.columns] == [1, 1, 1, 1, 1]
    assert table.frame["price"].tolist()[::2] == [1.5, 2.0]


def test_parquet_cells_that_are_lists_become_texts(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "b": [[1, 2], [3]]}).to_parquet(tmp_path / "data.parquet")
    table = read_table("data.parquet", tmp_path)
    assert table.columns[1].type == "category"


def test_a_named_index_of_a_parquet_file_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    frame.to_parquet(tmp_path / "data.parquet")
    assert read_table("data.parquet", tmp_path).column_names == ("key", "a")


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    """A minimal Excel file: numbers, texts, None for empty cells."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as archive:
        names = list(enumerate(sheets, start=1))
        listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in names)
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/s{i}.xml"/>'
            for i, _ in names
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        )
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r0" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        for (index, _), rows in zip(names, sheets.values(), strict=True):
            body = "".join(
                f'<row r="{r}">' + "".join(_cell(r, c, v) for c, v in enumerate(row)) + "</row>"
                for r, row in enumerate(rows, start=1)
            )
            archive.writestr(
                f"xl/worksheets/s{index}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )


def _cell(row: int, column: int, value: object) -> str:
    place = f"{chr(65 + column)}{row}"
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


BIRDS: list[list[object]] = [["kind", "mass", "year"], ["a", 1.5, 2007], ["b", "NA", 2008]]


def test_excel_files_are_read(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "data.xlsx", {"Birds": BIRDS, "Notes": [["x"], ["y"]]})
    table = read_table("data.xlsx", tmp_path)
    assert table.column_names == ("kind", "mass", "year")
    assert table.frame["year"].tolist() == [2007, 2008]
    assert table.frame["mass"].isna().tolist() == [False, True]
    assert table.reading.sheet == "Birds"
    assert table.reading.header is True
    assert "info: Sheet “Birds”" in heads(table)
    assert "sheet “Birds”, header" in table.summary


def test_a_sheet_can_be_chosen(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "data.xlsx", {"Notes": [["x", "y"], [1, 2]], "Birds": BIRDS})
    table = read_table("data.xlsx", tmp_path, ReadingSpec(sheet="Birds"))
    assert table.column_names == ("kind", "mass", "year")
    with pytest.raises(DataError, match=r"sheet.*'Bird'.*Notes, Birds"):
        read_table("data.xlsx", tmp_path, ReadingSpec(sheet="Bird"))


def test_empty_rows_and_columns_around_a_sheet_are_left_out(tmp_path: Path) -> None:
    rows: list[list[object]] = [[None], [None], *([None, *row] for row in BIRDS)]
    write_xlsx(tmp_path / "data.xlsx", {"Birds": rows})
    assert read_table("data.xlsx", tmp_path).column_names == ("kind", "mass", "year")


def test_a_sheet_without_a_header_gets_names(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "data.xlsx", {"s": [[1, 2], [3, 4], [5, 6]]})
    table = read_table("data.xlsx", tmp_path)
    assert table.rows == 3
    assert table.column_names == ("column_1", "column_2")


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "data.xlsx", {"empty": [], "other": BIRDS})
    with pytest.raises(DataError, match="must have values.*other"):
        read_table("data.xlsx", tmp_path)


def test_open_document_sheets_are_read(tmp_path: Path) -> None:
    spaces = "urn:oasis:names:tc:opendocument:xmlns:"
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            if isinstance(v, str)
            else f'<table:table-cell office:value-type="float" office:value="{v}"/>'
            for v in row
        )
        + "</table:table-row>"
        for row in BIRDS
    )
    content = (
        f'<office:document-content xmlns:office="{spaces}office:1.0" '
        f'xmlns:table="{spaces}table:1.0" xmlns:text="{spaces}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Birds">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "data.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    assert read_table("data.ods", tmp_path).column_names == ("kind", "mass", "year")


@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "data.csv is empty" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [b"a,b,c\n", b"a,b,c", "a;b;c\n".encode("utf-16")])
def test_a_header_without_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    text = refusal(tmp_path, content)
    assert "must have rows below its header, but got ('a', 'b', 'c')" in text


def test_one_column_or_one_row_is_shown_but_marked(tmp_path: Path) -> None:
    assert heads(read(tmp_path, "a\n1\n2\n3\n")) == ["error: Only one column:"]
    assert heads(read(tmp_path, "a,b\n1,2\n")) == ["error: Only one row:"]
    assert heads(read(tmp_path, "a,b\n1,2\n3,4\n")) == ["warning: Only 2 rows:"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))),
        ("data.csv", b"a,b\n" + bytes(range(256)) * 20),
    ],
)
def test_binary_data_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    assert "must be a table in text, Parquet, Excel or ODS form" in refusal(
        tmp_path, content, name
    )


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("data.csv.gz", b"\x1f\x8b\x08broken", "whole gzip file"),
        ("data.parquet", b"PAR1broken", "whole Parquet file"),
        ("data.xlsx", b"PK\x03\x04broken", "table in text, Parquet, Excel or ODS"),
        ("data.xls", b"\xd0\xcf\x11\xe0broken", "table in text, Parquet, Excel or ODS"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    assert what in refusal(tmp_path, content, name)


def test_web_pages_and_json_are_refused_by_name(tmp_path: Path) -> None:
    assert "web page" in refusal(tmp_path, "<!DOCTYPE html><html><body>404</body></html>")
    assert "JSON" in refusal(tmp_path, '{"a": [1, 2],\n "b": [3, 4]}\n')
    assert "JSON" in refusal(tmp_path, '[{"a": 1},\n {"a": 2}]\n')


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a file, but is a folder"):
        read_table(".", tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a\0b.csv", "null"), ("a" * 5000, "too long"), ("~noone-here/x.csv", "~noone-here")],
)
def test_a_path_that_cannot_exist_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_table(name, tmp_path)
    assert len(str(caught.value)) < 500


def test_a_missing_file_is_refused_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "penguins.csv").write_text(PLAIN)
    with pytest.raises(DataError, match=r"does not exist. Did you mean `penguins.csv`"):
        read_table("pengiuns.csv", tmp_path)
    with pytest.raises(DataError, match="There is no folder"):
        read_table("nowhere/data.csv", tmp_path)


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.csv").write_text(PLAIN)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match="does not let you read it"):
        read_table("data.csv", tmp_path)


def test_a_disk_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.csv").write_text(PLAIN)

    def fail(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(DataError, match="Input/output error"):
        read_table("data.csv", tmp_path)


def test_thousands_of_columns_are_read(tmp_path: Path) -> None:
    names = ",".join(f"x{i}" for i in range(5000))
    rows = "\n".join(",".join(str((i * j) % 7) for i in range(5000)) for j in range(25))
    table = read(tmp_path, f"{names}\n{rows}\n")
    assert len(table.columns) == 5000
    assert table.reading.header is True


def test_values_of_mixed_types_are_categories_with_a_warning(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n" + "".join(f"{i},x\ntwo,y\n" for i in range(10)))
    assert table.columns[0].type == "category"
    assert table.notices[0].head == "50% of the values"
    assert "“two”" in table.notices[0].text


@pytest.mark.parametrize("shape", ["{},{:03}.5", "{} %", "$ {}", "{} kg", "{}.{:03},25", "{}°"])
def test_numbers_with_units_or_separators_are_pointed_out(tmp_path: Path, shape: str) -> None:
    rows = "".join(f'"{shape.format(i, i * 7)}",x{i % 2}\n' for i in range(1, 31))
    table = read(tmp_path, "price,kind\n" + rows)
    assert table.columns[0].type != "number"
    assert "warning: `price`" in heads(table)
    assert "numbers with units or separators" in table.notices[0].text


def test_codes_of_letters_and_digits_are_no_numbers_with_units(tmp_path: Path) -> None:
    rows = "".join(f"T{i},{i}-{i},{i}x4711{i}\n" for i in range(30))
    assert read(tmp_path, "ticket,range,part\n" + rows).notices == ()


def test_infinite_values_are_pointed_out(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n" + "".join(f"{i},x\n" for i in range(20)) + "inf,y\n-inf,z\n")
    assert table.columns[0].infinite == 2
    assert table.notices[0].head == "2 values"
    assert "infinite" in table.notices[0].text


def test_frames_with_names_of_any_kind_get_texts() -> None:
    frame = pd.DataFrame([[1, 2, 3]] * 2, columns=[("a", "b"), 7, ""])
    assert make_table(frame).column_names == ("a b", "7", "Unnamed: 2")


def test_a_table_is_read_again_the_same_way(tmp_path: Path) -> None:
    table = read(tmp_path, "größe;b\n1,5;Ä\n2,5;ß\n".encode("cp1252"))
    again = read_table("data.csv", tmp_path, table.reading)
    pd.testing.assert_frame_equal(table.frame, again.frame)
    assert again.reading == table.reading
    assert not any(re.search("Read as", notice.head) for notice in again.notices)


def test_a_date_that_is_mistyped_by_centuries_is_read(tmp_path: Path) -> None:
    days = "\n".join(f"2007-11-{day:02},{day}" for day in range(1, 20))
    (tmp_path / "t.csv").write_text(f"day,x\n{days}\n0007-11-16,3\n9999-12-31,4\n")
    table = read_table("t.csv", tmp_path)
    assert table.column("day").low is not None
    assert table.column("day").low < -700_000


def test_whole_numbers_of_hundreds_of_digits_are_infinite(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"a,b\n1,{'1' * 400}\n2,-{'1' * 400}\n3,5\n")
    assert read_table("t.csv", tmp_path).frame["b"].tolist() == [math.inf, -math.inf, 5.0]
