"""Narrators: words about a day, beside the numbers."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.adapters.language import NARRATOR, Language
from dynenvs.adapters.narrators import make_narrator
from dynenvs.cli import main
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.core.snapshots import named_arrays
from dynenvs.core.view import GameView
from dynenvs.envs.escalation.narrator import WORD_LIMIT
from dynenvs.evaluation.episodes import Matchup, evaluate, play_matchups, replay
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs.policies import make_policy
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.scripted import CallableModel, ScriptedModel
from dynenvs_agents.llm.viewer import transcript_page

ENV_ID = "dynenvs/Escalation-v0"
SMALL = {"nations": ["Blue", "Red", "Pink"], "days": 3}


def arrays(world):
    return {name: array.copy() for name, array in named_arrays(world.state, world.buffers)}


def played(narrator, **params):
    game = dynenvs.text_game(ENV_ID, seats=["external", "hawk", "dove"], narrator=narrator, **SMALL, **params)
    game.reset(1)
    while not game.over:
        game.submit(0, '{"reasoning": "", "actions": []}')
    return game


def test_a_narrator_touches_no_number():
    with_words, without = played("template"), played("none")
    assert without.messages == ()
    assert len(with_words.messages) == 3
    assert all(said.sender == NARRATOR and said.receivers == () for said in with_words.messages)
    theirs = arrays(without.world)
    assert all(np.array_equal(array, theirs[name]) for name, array in arrays(with_words.world).items())


def test_players_read_it_the_next_morning():
    told = played("template").situation(0)
    assert 'step 2, narrator: "Day 1. Red: Execute full on invasion towards Pink.' in told


@pytest.mark.parametrize("params", [{}, {"slots": 32}, {"variant": "balanced"}], ids=str)
def test_a_telling_is_short_and_tells_only_what_is_public(params):
    world = dynenvs.make_world(ENV_ID, seats=["random"] * 8, **params)
    world.reset(3)
    words = Language(ENV_ID)
    for day in range(1, 8):
        world.step(world.idle_actions)
        told = words.narrate(GameView(world, 0))
        assert told.startswith(f"Day {day}. ")
        assert len(told.split()) <= WORD_LIMIT
        assert "Share intelligence" not in told
        assert "cybersecurity attack" not in told


def test_a_day_without_deeds_is_told_too_and_none_before_the_first():
    world = dynenvs.make_world(ENV_ID, seats=["wait"] * 8)
    world.reset(1)
    words = Language(ENV_ID)
    assert words.narrate(GameView(world, 0)) == ""
    world.step(world.idle_actions)
    assert words.narrate(GameView(world, 0)) == "Day 1. No public action was seen. Nothing changed."


def test_slot_by_slot_a_telling_comes_when_the_day_is_resolved():
    game = played("template", slot_by_slot=True)
    assert [said.step for said in game.messages] == [3, 6, 9]


def test_runs_with_a_narrator_play_again():
    records = evaluate(ENV_ID, ["hawk"], opponents=["dove"], episodes=2, narrator="template", **SMALL)
    plain = evaluate(ENV_ID, ["hawk"], opponents=["dove"], episodes=2, **SMALL)
    assert [record.returns for record in records] == [record.returns for record in plain]
    assert records[0].versions["narrator"] == "template"
    assert "narrator" not in plain[0].versions
    assert records[0].state_digest != plain[0].state_digest  # words are part of what is remembered
    assert all(replay(record) for record in [*records, *plain])


def test_an_earlier_run_with_another_narrator_is_not_gone_on_with(tmp_path):
    out = tmp_path / "runs.jsonl"
    evaluate(ENV_ID, ["hawk"], opponents=["dove"], episodes=1, narrator="template", out=out, **SMALL)
    with pytest.raises(ParameterError, match="narrator='template': expected None"):
        evaluate(ENV_ID, ["hawk"], opponents=["dove"], episodes=2, out=out, resume=True, **SMALL)


def test_a_language_model_tells_what_is_public_and_its_words_play_again(tmp_path, monkeypatch):
    asked = []

    def tell(request):
        asked.append(request.messages[-1].content)
        return f"It was a hard day, number {len(asked)}. " + "People fled. " * (200 if len(asked) == 2 else 1)

    teller = LanguagePolicy(CallableModel(tell, name="teller"), ENV_ID).narrator()
    player = LanguagePolicy(ScriptedModel(['{"reasoning": "", "actions": []}'], repeat=True), ENV_ID)
    matchup = Matchup((player, make_policy("hawk", ENV_ID), make_policy("dove", ENV_ID)), "", (0,))
    monkeypatch.setattr("dynenvs.evaluation.episodes.make_narrator", lambda name, env_id: teller)
    (record,) = play_matchups(ENV_ID, [matchup], [1], transcripts=tmp_path, narrator="llm:teller", **SMALL)
    (path,) = tmp_path.iterdir()
    told = [step["narrator"] for step in read_transcript(path).steps]
    assert told[0] == ["It was a hard day, number 1. People fled."]
    assert len(told[1][0].split()) == WORD_LIMIT
    assert told[1][0].endswith("...")
    assert "The facts of the last step: Day 1. Red: Execute full on invasion towards Pink." in asked[0]
    assert "You told before: It was a hard day, number 1." in asked[1]
    assert "It was a hard day" in player.remark(0, 0).notes["exchanges"][-1]["messages"][-1]["content"]
    assert replay_transcript(path).agrees
    assert record.versions["narrator"] == "llm:teller"
    assert "It was a hard day, number 3." in transcript_page(read_transcript(path))


def test_a_transcript_whose_telling_was_changed_does_not_agree(tmp_path):
    player = LanguagePolicy(ScriptedModel(['{"reasoning": "", "actions": []}'], repeat=True), ENV_ID)
    matchup = Matchup((player, make_policy("hawk", ENV_ID), make_policy("dove", ENV_ID)), "", (0,))
    play_matchups(ENV_ID, [matchup], [1], transcripts=tmp_path, narrator="template", **SMALL)
    (path,) = tmp_path.iterdir()
    assert replay_transcript(path).agrees
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["narrator"] = ["Nothing happened."]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert replay_transcript(path).detail == "step 0: the state differs"


@pytest.mark.parametrize(
    ("name", "env_id", "error", "reason"),
    [
        ("templat", ENV_ID, UnknownPolicy, "templat"),
        ("hawk", ENV_ID, ParameterError, "narrator='hawk': expected 'none', 'template', or a policy that tells"),
        ("template", "dynenvs/RepeatedGame-v0", ParameterError, "has no narrator"),
        (None, ENV_ID, ParameterError, "narrator=None"),
    ],
)
def test_a_narrator_that_cannot_be_is_refused(name, env_id, error, reason):
    with pytest.raises(error, match=reason):
        make_narrator(name, env_id)


def test_whoever_watches_a_game_reads_the_narrator(tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text('{"reasoning": "", "actions": []}\n')
    command = ["chat", ENV_ID, "--model", f"scripted:{lines}?cache=off", "--opponent", "hawk", "--narrator", "template"]
    command += ["-p", 'nations=["Blue","Red","Pink"]', "-p", "days=1"]
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, command)
    assert result.exit_code == 0, result.output
    assert "narrator: Day 1. Red: Execute full on invasion towards Pink." in result.output
