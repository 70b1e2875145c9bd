"""Mixed tables: language models, scripted nations and any other policy side by side, written down and played again."""

import json

import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs.core.errors import CorruptFile, ParameterError, UnknownPolicy
from dynenvs.evaluation.episodes import Matchup, play_matchups, play_tables, replay
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs.policies import make_policy
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.scripted import ScriptedModel
from dynenvs_agents.llm.transcripts import exchanges
from dynenvs_agents.llm.viewer import transcript_page

ENV_ID = "dynenvs/Escalation-v0"
TRADE = '{"action_name": "Negotiate trade agreement with other nation", "target_nation": "Red"}'
LETTER = '{"action_name": "Message", "target_nation": "Red", "intent": "warn", "content": "not one step \\ud800"}'
CALL = '{"action_name": "Message", "target_nation": "World", "intent": "inform", "content": "we trade"}'
GOOD = f'{{"reasoning": "trade is peace", "actions": [{TRADE}, {LETTER}, {CALL}]}}'
BAD = '{"reasoning": "hm", "actions": [{"action_name": "Dance", "target_nation": "Red"}]}'
NATIONS = {"nations": ["Blue", "Red", "Pink", "Green"]}


def table(lines, **manner):
    """A scripted model as Blue, Red the same, a doctrine, and a policy outside the kernel."""
    models = [LanguagePolicy(ScriptedModel(lines, repeat=True), ENV_ID, **manner) for _ in range(2)]
    others = [make_policy("hawk", ENV_ID), make_policy("random_legal", ENV_ID)]
    return Matchup((*models, *others), "", (0, 1, 2, 3))


def test_letters_arrive_stand_in_transcripts_and_play_again(tmp_path):
    matchup = table([GOOD])
    (record,) = play_matchups(ENV_ID, [matchup], [1], transcripts=tmp_path, days=3, messages=True, **NATIONS)
    (path,) = tmp_path.iterdir()
    transcript = read_transcript(path)
    assert replay_transcript(path).agrees
    assert replay_transcript(path).steps == 3
    turns = {turn["agent"]: turn for turn in transcript.steps[0]["turns"]}
    assert turns[0]["letters"] == [["not one step ?", [1]], ["we trade", []]]
    assert turns[0]["message"] == ""
    assert "letters" not in turns[3]
    last = {asked.agent: "".join(message["content"] for message in asked.messages) for asked in exchanges(transcript)}
    assert 'step 1, Blue to you: "not one step ?"' in last[1]
    assert 'step 1, Blue: "we trade"' in last[1]
    assert "step 1, you to Red" in last[0]
    assert record.counts["bad_replies"] == (0.0, 6.0, 0.0, 0.0)  # Red wrote to itself, which is no message
    assert record.counts["fallbacks"] == (0.0, 3.0, 0.0, 0.0)
    assert "not one step" in transcript_page(transcript)


def test_bad_replies_are_counted_told_and_skip_the_day(tmp_path):
    matchup = table([BAD], repairs=1)
    (record,) = play_matchups(ENV_ID, [matchup], [1], transcripts=tmp_path, days=2, **NATIONS)
    assert record.counts["bad_replies"][0] == 4.0
    assert record.counts["repairs"][0] == record.counts["fallbacks"][0] == 2.0
    (path,) = tmp_path.iterdir()
    turn = read_transcript(path).steps[1]["turns"][0]
    assert turn["action"] == [0, 0, 0]
    asked = matchup.policies[0].remark(0, 0).notes["exchanges"]
    assert '"Dance" is no action' in asked[1]["messages"][-1]["content"]
    assert 'this was played for you: {"reasoning": "", "actions": []}' in asked[0]["messages"][-1]["content"]
    assert replay_transcript(path).agrees


def test_words_of_the_policy_and_letters_of_the_world_go_together(tmp_path):
    said = json.dumps({"action": json.loads(GOOD), "message": "hear me"})
    matchup = table([said], interventions=Interventions(messages=True))
    play_matchups(ENV_ID, [matchup], [1], transcripts=tmp_path, days=1, messages=True, **NATIONS)
    (path,) = tmp_path.iterdir()
    turn = read_transcript(path).steps[0]["turns"][0]
    assert (turn["message"], len(turn["letters"])) == ("hear me", 2)
    assert replay_transcript(path).agrees


@pytest.mark.parametrize("letters", [3, ["hello"], [["hello"]], [[1, [1]]], [["hello", 1]], [["hello", ["1"]]]])
def test_letters_that_are_none_are_refused(tmp_path, letters):
    play_matchups(ENV_ID, [table([GOOD])], [1], transcripts=tmp_path, days=1, messages=True, **NATIONS)
    (path,) = tmp_path.iterdir()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["turns"][0]["letters"] = letters
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(CorruptFile, match="letters="):
        read_transcript(path)


def test_one_command_plays_any_seat_with_any_policy(tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text(GOOD.replace(f", {LETTER}, {CALL}", "") + "\n")
    command = [
        "evaluate",
        ENV_ID,
        "--table",
        f"llm:scripted:{lines}?cache=off,hawk,random_legal,dove",
        "--episodes",
        "2",
    ]
    command += ["--transcripts", tmp_path / "games", "--out", tmp_path / "records.jsonl", "--narrator", "template"]
    command += ["-p", 'nations=["Blue","Red","Pink","Green"]', "-p", "days=3"]
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, list(map(str, command)))
    assert result.exit_code == 0, result.output
    assert "2 of 2 planned episodes" in result.output
    for name in ("scripted", "hawk", "random_legal", "dove"):
        assert name in result.output
    paths = list((tmp_path / "games").iterdir())
    assert len(paths) == 2
    assert all(replay_transcript(path).agrees for path in paths)
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "expected policies that are measured, or tables"),
        (["hawk", "--table", "hawk"], "expected policies that are measured, or tables"),
        (["--table", "hawk", "--opponents", "dove"], "neither --opponents nor --seat"),
        (["--table", "hawk,dove"], "expected 8 policies, one a seat, or one for all"),
    ],
)
def test_a_command_that_does_not_fit_is_explained(arguments, reason):
    result = CliRunner(env={"COLUMNS": "200"}).invoke(main, ["evaluate", ENV_ID, "--episodes", "1", *arguments])
    assert result.exit_code != 0
    assert reason in result.output
    assert "Traceback" not in result.output


def test_tables_are_recorded_seat_by_seat_and_play_again():
    tables = [["hawk"], ["dove", "hawk", "wait", "wait"]]
    alike, mixed = play_tables(ENV_ID, tables, episodes=1, **NATIONS)
    assert alike.policies == ("hawk",) * 4
    assert mixed.policies == ("dove", "hawk", "wait", "wait")
    assert mixed.focal == (0, 1, 2, 3)
    assert replay(mixed)


@pytest.mark.parametrize("tables", [[], "hawk", [[]], [[3]], ["hawk"], [["hawk"] * 5]])
def test_tables_that_do_not_fit_are_refused(tables):
    with pytest.raises(ParameterError, match="table"):
        play_tables(ENV_ID, tables, episodes=1, **NATIONS)


def test_a_policy_that_does_not_exist_is_refused():
    with pytest.raises(UnknownPolicy, match="hawk"):
        play_tables(ENV_ID, [["hwk"]], episodes=1, **NATIONS)
