"""Small files that ask for absurd amounts of memory end in a message, not in a crash."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation import size_limits
from hpo_gui.evaluation.reading import read_rows
from hpo_gui.evaluation.size_limits import is_binary_workbook
from hpo_gui.evaluation.table import read_table

XML = '<?xml version="1.0"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODS = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(members: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def workbook(rows: str) -> bytes:
    """An Excel file of one sheet."""
    return zipped(
        {
            "[Content_Types].xml": "",
            "_rels/.rels": f'{XML}<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
            f'Type="{TYPES}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{TYPES}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{RELATIONS}">'
            f'<Relationship Id="r1" Type="{TYPES}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>",
            "xl/worksheets/sheet1.xml": f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{rows}'
            "</sheetData></worksheet>",
        }
    )


def open_document(rows: str) -> bytes:
    """An ODS file of one sheet."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f'{XML}<office:document-content xmlns:office="{ODS}office:1.0" '
            f'xmlns:table="{ODS}table:1.0" xmlns:text="{ODS}text:1.0"><office:body>'
            f'<office:spreadsheet><table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def cell(value: int, repeats: int = 1) -> str:
    return (
        f'<table:table-cell table:number-columns-repeated="{repeats}" office:value-type="float" '
        f'office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    )


def read(raw: bytes, name: str = "bomb"):
    return read_rows(raw, Path(name), ReadingSpec())[0]


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_limits, "available_memory", lambda: 10e6)


A1 = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        A1 + '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        A1 + "<row r='1048576'><c r = 'xfd1048576'><v>2</v></c></row>",
        '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>',
    ],
)
def test_a_cell_in_the_last_row_and_column_needs_too_much(rows: str) -> None:
    """The spreadsheet reader would abort the program."""
    with pytest.raises(DataError, match=r"needs at least 2,061\.6 GB of memory, and .* are free"):
        read(workbook(rows))


def test_ordinary_sheets_are_read(little_memory: None) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    rows += '<row r="2"><c r="A2"><v>3</v></c><c r="B2"><v>4</v></c></row>'
    assert read(workbook(rows)).shape == (2, 2)
    rows = f"<table:table-row>{cell(1)}{cell(2)}</table:table-row>"
    rows += f'<table:table-row table:number-rows-repeated="3">{cell(3, 2)}</table:table-row>'
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows += f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row>'
    assert read(open_document(rows)).shape == (3, 2)  # below a header that counts


def test_repeated_cells_need_too_much() -> None:
    row = f'<table:table-row table:number-rows-repeated="100000">{cell(1, 100_000)}'
    with pytest.raises(DataError, match=r"needs at least 1,200\.0 GB"):
        read(open_document(f"{row}</table:table-row>"))
    far = f'<table:table-row table:number-rows-repeated="99999999999"/><table:table-row>{cell(1)}'
    with pytest.raises(DataError, match="needs at least"):
        read(open_document(f"<table:table-row>{cell(1)}</table:table-row>{far}</table:table-row>"))


@pytest.mark.parametrize(
    "rows", ['<table:table-row table:number-rows-repeated="many"/>', "<not closed", "&unknown;"]
)
def test_a_damaged_open_document_is_told(rows: str) -> None:
    with pytest.raises(DataError, match="must be"):
        read(open_document(rows))


def test_archives_are_not_unpacked_beyond_what_fits(little_memory: None) -> None:
    zeros = b"0," * 10_000_000
    with pytest.raises(DataError, match="needs at least [0-9]+ MB of memory, and 10 MB"):
        read(gzip.compress(zeros))
    with pytest.raises(DataError, match="needs at least [0-9]+ MB"):
        read(zipped({"table.csv": zeros.decode()}), "bomb.zip")
    with pytest.raises(DataError, match="needs at least [0-9]+ MB"):
        read(workbook("<row/>" * 3_000_000))
    with pytest.raises(DataError, match="needs at least [0-9]+ MB"):
        read(zeros)


def test_a_parquet_file_of_billions_of_equal_rows_is_refused(little_memory: None) -> None:
    content = io.BytesIO()
    table = pa.table({"a": pa.array([0] * 500_000)})
    with pq.ParquetWriter(content, table.schema) as writer:
        for _ in range(4):
            writer.write_table(table)
    assert len(content.getvalue()) < 10_000
    with pytest.raises(DataError, match="needs at least [0-9]+ MB"):
        read(content.getvalue())


def test_too_many_columns_are_refused() -> None:
    raw = ",".join(f"c{place}" for place in range(50_001)).encode() + b"\n" + b"1," * 50_000
    with pytest.raises(DataError, match=r"must have at most 50,000 columns, but got 50001"):
        read(raw + b"1\n")


def test_a_huge_cell_is_read() -> None:
    frame = read(b"a,b\n1," + b"x" * 1_000_000 + b"\n2,y\n")
    assert frame.shape == (2, 2)


def test_brackets_in_each_other_are_no_table() -> None:
    with pytest.raises(DataError, match="must be a table, but is JSON"):
        read(b"[" * 100_000)


def test_a_list_with_a_number_of_thousands_of_digits_is_no_table() -> None:
    with pytest.raises(DataError, match="must be a table, but is JSON"):
        read(b"[[" + b"1" * 5000)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for source in ("/dev/zero", "pipe.csv"):
        with pytest.raises(DataError, match="must be a file, but is a device or a pipe"):
            read_table(source, tmp_path)


def test_data_from_outside_the_folder_of_the_study_are_said_to_be(tmp_path: Path) -> None:
    inside = tmp_path / "study"
    inside.mkdir()
    for folder in (tmp_path, inside):
        (folder / "t.csv").write_text("a,b\n1,2\n3,4\n")
    for source in ("../t.csv", str(tmp_path / "t.csv")):
        told = [n for n in read_table(source, inside).notices if "outside" in n.head]
        assert [n.text for n in told] == [f"{tmp_path / 't.csv'}."]
    for source in ("t.csv", "sample:iris", "../study/t.csv"):
        assert not any("outside" in n.head for n in read_table(source, inside).notices)


def test_a_binary_workbook_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(zipped({"xl/workbook.bin": ""}))
    (tmp_path / "b.xlsx").write_bytes(workbook(A1))
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 and no more")
    found = [is_binary_workbook(tmp_path / f"{name}.xlsx") for name in "abcd"]
    assert found == [True, False, False, False]
