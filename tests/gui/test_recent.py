from __future__ import annotations

import os

import psutil

from hpo_gui.gui.recent import LIMIT, RecentFile, RecentFiles


def test_files_are_listed_newest_first_and_once(tmp_path, qtbot):
    recent = RecentFiles(tmp_path)
    with qtbot.waitSignal(recent.changed):
        recent.put(RecentFile("/a.csv", "a.csv", "data"))
    recent.put(RecentFile("/b.hpostudy", "b"))
    recent.put(RecentFile("/a.csv", "a.csv", "data", note="again"))
    assert [file.path for file in recent.files] == ["/a.csv", "/b.hpostudy"]
    assert recent.find("/a.csv").note == "again"
    assert [file.name for file in recent.of_kind("study")] == ["b"]
    assert RecentFiles(tmp_path).files == recent.files


def test_an_update_leaves_a_file_where_it_stands(tmp_path, qapp):
    recent = RecentFiles(tmp_path)
    recent.put(RecentFile("/a", "a"))
    recent.put(RecentFile("/b", "b"))
    recent.update(RecentFile("/a", "a", note="0.97"))
    assert [file.note for file in recent.files] == ["", "0.97"]
    recent.update(RecentFile("/unknown", "c"))
    assert len(recent.files) == 2


def test_the_list_does_not_grow_for_ever(tmp_path, qapp):
    recent = RecentFiles(tmp_path)
    for number in range(LIMIT + 5):
        recent.put(RecentFile(f"/{number}", str(number)))
    assert len(recent.files) == LIMIT
    assert recent.files[0].name == str(LIMIT + 4)


def test_files_can_be_forgotten(tmp_path, qapp):
    recent = RecentFiles(tmp_path)
    recent.put(RecentFile("/a", "a"))
    recent.put(RecentFile("/b", "b"))
    recent.remove("/a")
    assert [file.name for file in recent.files] == ["b"]
    recent.clear()
    assert RecentFiles(tmp_path).files == ()


def test_two_windows_share_the_list(tmp_path, qapp):
    first, second = RecentFiles(tmp_path), RecentFiles(tmp_path)
    first.put(RecentFile("/a", "a"))
    second.put(RecentFile("/b", "b"))
    assert {file.name for file in second.files} == {"a", "b"}


def test_a_broken_list_is_put_aside(tmp_path, qapp):
    (tmp_path / "recent.json").write_text("[{]")
    recent = RecentFiles(tmp_path)
    assert recent.files == ()
    assert (tmp_path / "recent.json.broken").exists()


def test_a_study_whose_process_died_was_interrupted(tmp_path, qapp):
    gone = next(number for number in range(2**22 - 1, 2, -1) if not psutil.pid_exists(number))
    study = tmp_path / "wine.hpostudy"
    study.write_text("")
    recent = RecentFiles(tmp_path)
    recent.put(RecentFile(str(study), "wine", state="running", process=gone))
    recent.put(RecentFile(str(tmp_path / "deleted"), "x", state="running", process=gone))
    recent.put(RecentFile(str(tmp_path), "mine", state="running", process=os.getpid()))
    recent.put(RecentFile("/done", "done", state="done"))
    assert [file.name for file in recent.interrupted()] == ["wine"]
