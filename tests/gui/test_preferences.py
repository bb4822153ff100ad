from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from hpo_gui.gui.preferences import Preferences, PreferenceStore, window_state
from hpo_gui.gui.study_files import new_study_path, settings_folder, studies_folder


def test_without_a_file_there_are_defaults(tmp_path, qapp):
    store = PreferenceStore(tmp_path)
    assert store.value == Preferences()
    assert not store.path.exists()


def test_changes_are_written_as_readable_text_and_read_again(tmp_path, qtbot):
    store = PreferenceStore(tmp_path / "deep")
    with qtbot.waitSignal(store.changed):
        store.change(theme="dark", options="all")
    assert json.loads(store.path.read_text())["theme"] == "dark"
    assert "\n" in store.path.read_text().strip()
    assert PreferenceStore(tmp_path / "deep").value == Preferences(theme="dark", options="all")


def test_a_change_that_is_none_writes_nothing(tmp_path, qtbot):
    store = PreferenceStore(tmp_path)
    with qtbot.assertNotEmitted(store.changed):
        store.change(theme="system")
    assert not store.path.exists()


@pytest.mark.parametrize("text", ["", "{", '{"theme": "pink"}', "[1, 2]", "\0\0"])
def test_a_broken_file_is_put_aside_and_the_window_starts(tmp_path, qapp, text):
    path = tmp_path / "preferences.json"
    path.write_text(text)
    store = PreferenceStore(tmp_path)
    assert store.value == Preferences()
    assert "preferences.json" in store.problem
    assert (tmp_path / "preferences.json.broken").read_text() == text


def test_a_newer_file_with_more_in_it_is_read(tmp_path, qapp):
    (tmp_path / "preferences.json").write_text('{"theme": "dark", "invented_later": 3}')
    assert PreferenceStore(tmp_path).value.theme == "dark"


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path, qapp):
    (tmp_path / "file").write_text("")
    store = PreferenceStore(tmp_path / "file")
    store.change(theme="dark")
    assert store.value.theme == "dark"
    assert store.problem


def test_no_half_written_file_is_left_behind(tmp_path, qapp):
    store = PreferenceStore(tmp_path)
    for theme in ("dark", "light", "dark"):
        store.change(theme=theme)
    assert [path.name for path in tmp_path.iterdir()] == ["preferences.json"]


def test_window_state_is_kept_apart(tmp_path, qapp):
    settings = window_state(tmp_path)
    state = QByteArray(bytes(range(256)) * 3)
    settings.setValue("geometry", state)
    settings.setValue("splitters/data/page", QByteArray(b"no comma"))
    settings.sync()
    assert window_state(tmp_path).value("geometry") == state
    assert window_state(tmp_path).value("splitters/data/page") == QByteArray(b"no comma")
    assert [path.name for path in tmp_path.iterdir()] == ["window.ini"]


class Opened:
    """What a planted file would do: reading it makes a file."""

    def __reduce__(self):
        return (Path.touch, (Path("opened"),))


def as_qt_writes_it(folder) -> bytes:
    """A pickle as PySide puts it into a settings file, without the @ in front."""
    settings = QSettings(str(folder / "model.ini"), QSettings.Format.IniFormat)
    settings.setValue("geometry", Opened())
    settings.sync()
    line = (folder / "model.ini").read_bytes().splitlines()[1]
    value = line.removeprefix(b"geometry=").strip(b'"')
    assert value.startswith(b"@Variant(")
    return value[1:].replace(b";", rb"\x3b")  # then it needs no quotes


@pytest.mark.parametrize(
    "line",
    [
        b"geometry=@%s",
        rb"geometry=\x40%s",
        b"geometry=@ByteArray(x), @%s",
        b'geometry="@ByteArray(x)", "@%s"',
        b"geometry=@ByteArray(x) \\\n, @%s",
        b"geometry=@Size(3 4)",
    ],
)
def test_a_planted_window_state_is_put_aside_unread(tmp_path, monkeypatch, qapp, line):
    monkeypatch.chdir(tmp_path)
    line = line.replace(b"%s", as_qt_writes_it(tmp_path))
    (tmp_path / "window.ini").write_bytes(b"[General]\n" + line + b"\n")
    assert window_state(tmp_path).value("geometry") is None
    assert (tmp_path / "window.ini.broken").exists()
    assert not (tmp_path / "opened").exists()


def test_without_that_check_pyside_would_run_it(tmp_path, monkeypatch, qapp):
    monkeypatch.chdir(tmp_path)
    line = as_qt_writes_it(tmp_path)
    (tmp_path / "other.ini").write_bytes(b"[General]\ngeometry=@" + line + b"\n")
    QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat).value("geometry")
    assert (tmp_path / "opened").exists()


def test_studies_and_settings_go_where_the_variable_says(isolated_home):
    assert studies_folder() == isolated_home / "studies"
    assert settings_folder() == isolated_home / "settings"


def test_without_the_variable_they_go_where_the_system_says(monkeypatch):
    monkeypatch.delenv("HPO_STUDIO_HOME")
    assert studies_folder().name == "HPO Studio"
    assert "HPO Studio" in str(settings_folder())


def test_study_files_are_numbered_and_never_replaced(tmp_path):
    first = new_study_path("wine", tmp_path / "new")
    assert first.name == "wine-1.hpostudy"
    first.write_text("")
    assert new_study_path("wine", tmp_path / "new").name == "wine-2.hpostudy"


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a/b\\c", "a_b_c"), ("  ", "study"), ("../..", "study"), ("Größe 3", "Größe_3")],
)
def test_names_of_studies_become_safe_file_names(tmp_path, name, stem):
    assert new_study_path(name, tmp_path).name == f"{stem}-1.hpostudy"
