"""``dynenvs render`` and ``dynenvs replay``."""

from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from dynenvs.cli import main
from dynenvs.evaluation.episodes import evaluate
from dynenvs.policies import RandomPolicy

GAME = "dynenvs/RepeatedGame-v0"
SHORT = ("-p", "horizon=5", "--fps", "50")


def run(*arguments, command="render"):
    return CliRunner().invoke(main, [command, *map(str, arguments)])


@pytest.fixture
def recorded(tmp_path):
    """A file of records and one of their transcripts, of two games of five rounds."""
    folder = tmp_path / "said"
    evaluate(
        GAME,
        ["random_legal"],
        opponents=["tit_for_tat"],
        episodes=2,
        out=tmp_path / "records.jsonl",
        transcripts=folder,
        horizon=5,
    )
    return tmp_path / "records.jsonl", sorted(folder.iterdir())


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
        ((GAME, "--out", "match.bmp"), "expected a name that ends in .gif, .html, .png, .svg"),
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


def test_a_page_is_written_whole(tmp_path):
    result = run(GAME, "tit_for_tat", "alternator", *SHORT, "--out", tmp_path / "match.html")
    assert (result.exit_code, result.output) == (0, f"{tmp_path / 'match.html'}\n")
    page = (tmp_path / "match.html").read_text()
    assert "<title>tit_for_tat vs alternator · dynenvs replay</title>" in page
    assert page.endswith("</html>\n")


def test_a_record_is_shown_as_its_transcript_is(recorded, tmp_path):
    records, transcripts = recorded
    pictures = []
    for name, arguments in {"a": (records, "--episode", 1), "b": (transcripts[1],), "c": (transcripts[0],)}.items():
        result = run(*arguments, "--out", tmp_path / f"{name}.svg", command="replay")
        assert result.exit_code == 0, result.output
        pictures.append((tmp_path / f"{name}.svg").read_bytes())
    assert pictures[0] == pictures[1]
    assert pictures[0] != pictures[2]
    assert b">random_legal<" in pictures[0]


def test_a_narrator_tells_the_steps_of_a_page(tmp_path):
    war = ("dynenvs/Escalation-v0", "hawk", "-p", "days=2", "--out", tmp_path / "war.html")
    run(*war)
    assert "Narrator" not in (tmp_path / "war.html").read_text().partition('id="replay"')[2]
    run(*war, "--narrator", "template")
    assert "Narrator" in (tmp_path / "war.html").read_text().partition('id="replay"')[2]


def test_a_record_that_does_not_end_as_it_says_is_not_shown(recorded, tmp_path):
    records, _ = recorded
    records.write_text(records.read_text().replace('"seed":', '"seed":1'))
    result = run(records, "--out", tmp_path / "game.gif", command="replay")
    assert "Differs: the episode does not end as the record says" in result.output
    assert not (tmp_path / "game.gif").exists()


class Ant(RandomPolicy):
    """A policy whose name does not say where it is."""

    def __init__(self, env_id):
        super().__init__("ant")


class OtherAnt(Ant):
    """Another one, of the same name."""

    def digest(self):
        return "0" * 16


ANT = f"python:{__name__}:Ant"


@pytest.fixture
def ants(tmp_path):
    """Records of a policy that is called ant."""
    path = tmp_path / "rec.jsonl"
    assert (
        run(GAME, ANT, "--opponents", "tit_for_tat", "--episodes", 2, "--out", path, command="evaluate").exit_code == 0
    )
    return path


def test_a_record_whose_policies_name_does_not_say_where_it_is_asks_for_it(ants, tmp_path):
    result = run(ants, "--out", tmp_path / "a.svg", command="replay")
    assert "policy 'ant': the record holds its name, which does not say where it is" in result.output
    assert "--policy ant=onnx:PATH" in result.output
    result = run(ants, "--policy", f"ant={ANT}", "--episode", 1, "--out", tmp_path / "a.svg", command="replay")
    assert (result.exit_code, result.output) == (0, f"{tmp_path / 'a.svg'}\n")
    assert b">ant<" in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (f"ant={ANT.replace('Ant', 'OtherAnt')}", "has the digest 0000000000000000, what was run had"),
        ("ant=tit_for_tat", "'tit_for_tat' has the digest"),
        ("ant=tit_for_tatt", "no strategy 'tit_for_tatt'"),
        (f"aunt={ANT}", "policy 'aunt': nobody in the record is called so; expected one of 'ant', 'tit_for_tat'"),
        ("ant", "'ant': expected name=value"),
    ],
)
def test_another_policy_than_the_one_that_was_run_is_refused(ants, tmp_path, given, message):
    result = run(ants, "--policy", given, "--out", tmp_path / "a.svg", command="replay")
    assert result.exit_code != 0
    assert message in result.output
    assert not (tmp_path / "a.svg").exists()


def test_a_background_policy_that_has_the_name_by_chance_is_not_taken_for_it(ants, tmp_path):
    ants.write_text(ants.read_text().replace('"policies":["ant"', '"policies":["grudger"'))
    result = run(ants, "--out", tmp_path / "a.svg", command="replay")
    assert "policy 'grudger': 'grudger' has the digest" in result.output


def test_what_cannot_be_replayed_is_refused_in_one_line(recorded, tmp_path):
    records, (transcript, _) = recorded
    transcript.write_text(transcript.read_text().replace('"rewards":[', '"rewards":[9.5,', 1))
    (tmp_path / "neither.jsonl").write_text("nothing\n")
    for arguments, message in (
        ((records, "--episode", 2), "episode=2: expected an integer in [0, 1]"),
        ((records, "--out", "match.bmp"), "expected a name that ends in"),
        ((transcript, "--policy", "a=tit_for_tat"), "a transcript plays without policies"),
        ((transcript, "--out", tmp_path / "match.gif"), "Differs: step 0: rewards are"),
        ((tmp_path / "neither.jsonl",), "neither.jsonl"),
        ((tmp_path / "nowhere.jsonl",), "nowhere.jsonl: no such file"),
    ):
        result = run(*arguments, command="replay")
        assert result.exit_code != 0
        assert message in result.output
        assert "Traceback" not in result.output
    assert not (tmp_path / "match.gif").exists()
