"""``dynenvs chat`` and ``dynenvs transcript``."""

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from dynenvs.cli import main
from dynenvs.evaluation.playing import play, seat_policies
from dynenvs.evaluation.transcripts import read_transcript
from dynenvs.leaderboard.boards import read_entries
from dynenvs.policies import make_policy
from dynenvs_agents.llm import models
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.models import ModelError
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.screen import Screen, printable
from dynenvs_agents.llm.scripted import ScriptedModel

from ...leaderboard.examples import make_board
from . import misbehaving_server as fake
from .misbehaving_server import misbehaving_server
from .spoken_games import COOPERATE, DEFECT, GAME, STEPS, transcript_of, varied_transcript


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(f"{COOPERATE}\nI shall defect.\n{DEFECT}\n")
    return f"scripted:{path}?cache=off"


def run(*arguments):
    return CliRunner(env={"COLUMNS": "120"}).invoke(main, [str(argument) for argument in arguments])


def watched(lines, horizon, opponent="tit_for_tat", color=None, **interventions):
    """Play a scripted model, and return what the screen showed."""
    console = Console(file=io.StringIO(), width=120, color_system=color, force_terminal=color is not None)
    model = LanguagePolicy(ScriptedModel(lines, repeat=True), GAME, interventions=Interventions(**interventions))
    policies = (model, make_policy(opponent, GAME))
    world, players = seat_policies(GAME, policies, 1, horizon=horizon)
    world.reset(0)
    play(world, players, watcher=Screen(console, policies))
    return console.file.getvalue()


def steps(shown):
    """What was shown of each step."""
    return shown.split(" step ")[1:]


# Watching.


def test_chat_shows_what_was_asked_and_answered(script):
    result = run("chat", GAME, "--model", script, "-p", "horizon=3")
    assert result.exit_code == 0, result.output
    first, second, third = steps(result.output)
    assert "Payoffs of a round:" in first
    assert "Payoffs of a round:" not in second  # the rules are sent once
    assert "So far: 1 x you: cooperate, the other: cooperate." in second
    assert "I shall defect." in second
    assert "refused: expected one JSON object" in second
    assert "repair, json" in second
    assert 'plays {"move": "defect"}' in second
    assert "row +5 (8)   column +0 (3)" in second
    assert "row +0 (8)   column +5 (8)" in third
    assert "valid replies: 3 of 4, 1 repair, 0 fallbacks, 4 calls, about" in result.output
    assert "decision, not json, about" in second  # what was wrong with it, as the page says it


def test_every_rung_and_fallback_is_told():
    shown = steps(watched([line for step in STEPS for line in step], len(STEPS)))
    assert "If I defect now, I earn five." in shown[1]
    assert "decision, embedded, 400 + 30 tokens, 0.50 s" in shown[2]
    assert "decision, lost to thinking" in shown[4]
    assert "(no answer)" in shown[4]
    assert "by the world's rule, for want of a legal reply" in shown[4]
    assert "1 fallback, " in shown[5]


def test_colours_are_left_out_where_there_are_none():
    assert "\x1b[" in watched([COOPERATE], 1, color="truecolor")
    assert "\x1b" not in watched([COOPERATE], 1)


def test_words_of_a_model_cannot_steer_the_terminal():
    shown = watched(["\x1b]0;owned\x07\x1b[2Jgone \u202e [bold]x[/bold]", COOPERATE], 1)
    assert "\x1b" not in shown
    assert "\\x1b]0;owned\\x07\\x1b[2Jgone \\u202e [bold]x[/bold]" in shown
    assert printable("a\tb\nü") == "a\tb\nü"


def test_messages_between_seats_are_told():
    said = '{"action": {"move": "cooperate"}, "message": "Let us \\u0007 agree."}'
    assert 'says "Let us \\x07 agree."' in watched([said], 1, messages=True)


def test_two_models_can_meet(script):
    result = run("chat", GAME, "--model", script, "--opponent", f"llm:{script}", "-p", "horizon=2")
    assert result.exit_code == 0, result.output
    assert result.output.count("system") == 2


def test_a_game_that_cannot_go_on_says_why():
    shown = watched([COOPERATE, ModelError("status", "example.org", "no credit", status=402)], 5)
    assert "unfinished: infrastructure: example.org: status 402: no credit" in shown


def test_chat_fails_where_the_game_could_not_be_finished():
    server = "m?base_url=http://127.0.0.1:1/v1&retries=0&cache=off"
    result = run("chat", GAME, "--model", server, "-p", "horizon=2")
    assert result.exit_code == 1
    assert "unfinished: infrastructure: 127.0.0.1:1: connection" in result.output


def test_chat_writes_a_transcript_that_plays_again(script, tmp_path):
    path = tmp_path / "game.jsonl"
    result = run("chat", GAME, "--model", script, "-p", "horizon=3", "--seed", 5, "--transcript", path)
    assert f"transcript: {path}" in result.output
    assert read_transcript(path).head["seed"] == 5
    assert run("transcript", "replay", path).output == f"{path}: 3 steps agree\n"


def test_chat_takes_a_model_as_it_is_written_everywhere_else(script):
    result = run("chat", GAME, "--model", f"llm:{script}", "-p", "horizon=1")
    assert result.exit_code == 0, result.output
    assert 'plays {"move": "cooperate"}' in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "scripted:nowhere.txt"), "expected a text file of replies, one a line"),
        (("--model", "smollm2?temperatur=1"), "llm: has no option 'temperatur'; did you mean 'temperature'"),
        (("--model", "smolm2"), "llm:smolm2: did you mean llm:smollm2?"),
        (("--model", "tit_for_tat"), "llm:tit_for_tat: tit_for_tat is a policy of the environment, no language model"),
        (("--model", "m?cache=off", "--seat", 2), "seat=2: expected"),
        (("--model", "m?cache=off", "--transcript", "game.txt"), "expected a name that ends in .jsonl"),
        ((), "Missing option '--model'"),
    ],
)
def test_mistakes_are_explained_in_one_line(arguments, message):
    result = run("chat", GAME, *arguments)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output


# Runs that do not come to their end.


def dying_after(requests):
    """A server that serves so many, and is gone then."""
    left = iter(range(requests))
    return lambda asked: fake.well(asked) if next(left, None) is not None else fake.unavailable(asked)


def evaluated(server, *options):
    """Evaluate against two opponents, four episodes of three rounds each."""
    spec = f"llm:m?base_url={server.base_url}&cache=off&retries=0&concurrency=1"
    shape = ("--opponents", "joss,grudger", "--episodes", 4, "-p", "horizon=3")
    try:
        return run("evaluate", GAME, spec, *shape, *options)
    finally:
        models.run(make_policy(spec, GAME).model.aclose())


def test_a_server_that_dies_fails_the_command_and_the_footer_counts_all_that_was_planned(tmp_path):
    out = tmp_path / "x.jsonl"
    with misbehaving_server(always=dying_after(3 * 2 + 1)) as server:
        result = evaluated(server, "--out", out)
        assert result.exit_code == 1
        assert "2 of 8 planned episodes; 95 % bootstrap intervals" in result.output
        assert "Error: 2 of 8 planned episodes were finished; --resume goes on with it" in result.output
        server.always = fake.well
        resumed = evaluated(server, "--out", out, "--resume")
    assert resumed.exit_code == 0
    assert "8 of 8 planned episodes" in resumed.output


def test_a_model_without_its_kind_is_pointed_to_it():
    result = run("evaluate", GAME, "smollm2")
    assert result.exit_code != 0
    assert "a language model begins with llm:, as in llm:smollm2" in result.output


def test_chat_does_not_write_over_a_transcript(script, tmp_path):
    path = varied_transcript(tmp_path / "t")
    written = path.read_bytes()
    result = run("chat", GAME, "--model", script, "-p", "horizon=3", "--transcript", path)
    assert result.exit_code != 0
    assert "is there already" in result.output
    assert path.read_bytes() == written


# Afterwards.


def test_show_does_not_write_over_the_transcript(tmp_path):
    path = varied_transcript(tmp_path)
    written = path.read_bytes()
    for out in (path, tmp_path / "." / path.name, tmp_path / "page.jsonl"):
        result = run("transcript", "show", path, "--out", out)
        assert result.exit_code != 0
        assert "expected a name that ends in .html" in result.output
    assert path.read_bytes() == written
    page = path.rename(tmp_path / "game.html")
    result = run("transcript", "show", page)
    assert result.exit_code != 0
    assert "would be written over" in result.output
    assert page.read_bytes() == written


def test_show_warns_of_a_transcript_that_was_changed(tmp_path):
    path = varied_transcript(tmp_path)
    assert "warning" not in run("transcript", "show", path).output
    path.write_text(path.read_text().replace('"rewards":[5.0,0.0]', '"rewards":[4.0,0.0]', 1))
    result = run("transcript", "show", path)
    assert result.exit_code == 0
    assert "warning: it does not play again: step 1: rewards are [5.0, 0.0], expected [4.0, 0.0]" in result.output


def test_replay_says_of_a_transcript_that_it_is_unfinished(tmp_path):
    lines = [COOPERATE, ModelError("status", "example.org", "no credit")]
    with pytest.warns(UserWarning, match="unfinished"):
        broken = transcript_of(tmp_path / "a", lines, horizon=5)
    assert run("transcript", "replay", broken).output == f"{broken}: 1 step agrees; unfinished: infrastructure\n"
    lines = varied_transcript(tmp_path / "b").read_text().splitlines(keepends=True)
    going_on = tmp_path / "game.jsonl.partial"
    going_on.write_text("".join(lines[:3]))
    assert run("transcript", "replay", going_on).output == f"{going_on}: 2 steps agree; it breaks off there\n"


def test_show_writes_a_page_beside_the_transcript(tmp_path):
    path = varied_transcript(tmp_path / "transcripts")
    result = run("transcript", "show", path)
    assert result.output == f"open {path.with_suffix('.html')}\n"
    assert path.with_suffix(".html").read_text().startswith("<!doctype html>")
    assert run("transcript", "show", path, "--out", tmp_path / "x.html").output == f"open {tmp_path / 'x.html'}\n"


def test_replay_names_what_differs_and_fails(tmp_path):
    path = varied_transcript(tmp_path)
    path.write_text(path.read_text().replace('"rewards":[5.0,0.0]', '"rewards":[4.0,0.0]', 1))
    result = run("transcript", "replay", path)
    assert result.exit_code == 1
    assert "step 1: rewards are [5.0, 0.0], expected [4.0, 0.0]" in result.output


def test_a_file_that_is_no_transcript_is_explained(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text("{}\n")
    result = run("transcript", "show", path)
    assert result.exit_code != 0
    assert "transcript=None: expected 1" in result.output
    assert not path.with_suffix(".html").exists()
    assert "nowhere.jsonl: no such file" in run("transcript", "replay", "nowhere.jsonl").output


# On a board.


def test_a_language_model_enters_a_board_with_its_valid_replies_and_goes_on_after_a_kill(tmp_path, script):
    board = make_board(tmp_path / "short", env_id=GAME, params={"horizon": 3}, opponents=["joss"], episodes=2)
    arguments = ("leaderboard", "enter", board, f"llm:{script}", "--kind", "llm", "--out", tmp_path / "records.jsonl")
    assert run(*arguments).exit_code == 0
    (entry,) = read_entries(board)
    assert entry.kind == "llm"
    assert 0.5 < entry.metrics["valid_replies"].value < 1
    assert entry.metrics["tokens_per_decision"].value > 100
    assert f"'llm:{script}'" in entry.command  # what a shell would take apart stands in quotes
    (tmp_path / "records.jsonl").rename(tmp_path / "records.jsonl.partial")
    assert run(*arguments, "--resume").exit_code == 0
    assert read_entries(board)[0].records_sha256 == entry.records_sha256
