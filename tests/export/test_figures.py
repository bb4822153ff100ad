"""Pictures have a typeface for every script that there is one for."""

import matplotlib
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from hpo_gui.core.errors import ExportError
from hpo_gui.export.figures import USUAL, drawing, save_figure, typefaces


def test_the_usual_typeface_comes_first_and_only_installed_ones_follow(monkeypatch):
    installed = ["Malgun Gothic", "Noto Sans CJK SC", USUAL, "Somebody's Hand"]
    monkeypatch.setattr(font_manager, "get_font_names", lambda: installed)
    assert typefaces() == [USUAL, "Noto Sans CJK SC", "Malgun Gothic"]


def test_settings_hold_while_a_figure_is_drawn_and_not_longer(monkeypatch):
    faces = [USUAL, "Malgun Gothic"]
    monkeypatch.setattr("hpo_gui.export.figures.typefaces", lambda: faces)
    before = matplotlib.rcParams["font.family"], matplotlib.rcParams["svg.fonttype"]
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_title("score")
    with drawing(figure, **{"svg.fonttype": "none"}):
        assert matplotlib.rcParams["font.family"] == faces
        assert matplotlib.rcParams["svg.fonttype"] == "none"
    assert (matplotlib.rcParams["font.family"], matplotlib.rcParams["svg.fonttype"]) == before
    assert axes.title.get_fontfamily() == faces
    assert axes.get_xticklabels()[0].get_fontfamily() == faces


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figures_are_written_in_every_format(tmp_path, suffix):
    figure = Figure()
    figure.add_subplot().set_title("score")
    save_figure(figure, tmp_path / f"picture{suffix}")
    begin = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert (tmp_path / f"picture{suffix}").read_bytes().startswith(begin)


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(ExportError, match="png"):
        save_figure(Figure(), tmp_path / "picture.bmp")
    assert list(tmp_path.iterdir()) == []
