"""``dynenvs render``."""

from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from dynenvs.cli import main

GAME = "dynenvs/RepeatedGame-v0"
SHORT = ("-p", "horizon=5", "--fps", "50")


def run(*arguments):
    return CliRunner().invoke(main, ["render", *map(str, arguments)])


def test_a_gif_shows_every_round_of_an_episode(tmp_path):
    result = run(GAME, "tit_for_tat", "alternator", *SHORT, "--out", tmp_path / "match.gif")
    assert (result.exit_code, result.output) == (0, f"{tmp_path / 'match.gif'}\n")
    with Image.open(tmp_path / "match.gif") as gif:
        assert gif.n_frames == 6
        assert gif.size == (800, 470)


def test_an_svg_shows_the_last_round_and_names_the_players(tmp_path):
    run(GAME, "tit_for_tat", "random_legal", *SHORT, "--out", tmp_path / "match.svg")
    drawn = ElementTree.parse(tmp_path / "match.svg").getroot()
    words = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"tit_for_tat", "random_legal", "round 5, over"} <= words


def test_it_stops_after_the_steps_asked_for(tmp_path):
    run(GAME, *SHORT, "--steps", 2, "--out", tmp_path / "match.svg")
    assert ">round 2<" in (tmp_path / "match.svg").read_text()


def test_the_same_seed_gives_the_same_picture(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(GAME, "random", *SHORT, "--seed", seed, "--out", tmp_path / f"{name}.svg")
    a, b, c = ((tmp_path / f"{name}.svg").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_without_a_file_it_opens_a_window():
    result = run(GAME, *SHORT)
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((GAME, "--out", "match.bmp"), "expected a name that ends in .gif, .png, .svg"),
        ((GAME, *["grudger"] * 3), "3 policies: expected one for each of 2 seats, or one for all"),
        ((GAME, "tit_for_tit"), "no strategy 'tit_for_tit'; nearest: 'tit_for_tat'"),
        ((GAME, "-p", "horizn=5"), "did you mean 'horizon'?"),
        (("dynenvs/RepeatedGam-v0",), "nearest: 'dynenvs/RepeatedGame-v0'"),
    ],
)
def test_mistakes_are_explained_in_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []
