"""Transcripts are read strictly and play again without those who decided."""

import json
import re

import pytest

from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.episodes import Matchup, evaluate, play_matchups
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs.policies import RandomPolicy, make_policy

from .patient import Patient

GAME = "dynenvs/RepeatedGame-v0"
POT = "dynenvs/PublicGoods-v0"
NOISY = {"execution_noise": 0.2, "continuation": 0.9}


def written(tmp_path, policy=None, opponent="joss", seeds=(11,), **params):
    policy = policy or Patient(talks=True)
    other = opponent if not isinstance(opponent, str) else make_policy(opponent, GAME)
    matchup = Matchup((policy, other), "x", (0,))
    params = params or NOISY
    records = play_matchups(GAME, [matchup], list(seeds), transcripts=tmp_path, notice=lambda text: None, **params)
    return records, sorted(tmp_path.iterdir(), key=lambda path: path.name)


def change(path, line, **fields):
    lines = path.read_text().splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **fields})
    path.write_text("".join(text + "\n" for text in lines))
    return path


@pytest.mark.parametrize("opponent", ["joss", RandomPolicy(), Patient("other", talks=True)])
def test_any_game_plays_again_from_its_transcript(tmp_path, opponent):
    records, paths = written(tmp_path, opponent=opponent, seeds=range(5))
    assert len(paths) == 5
    for record, path in zip(records, paths, strict=True):
        verdict = replay_transcript(path)
        assert verdict.agrees, verdict
        assert verdict.steps == record.length
        transcript = read_transcript(path)
        assert transcript.finished
        assert transcript.end["returns"] == list(record.returns)
        assert transcript.head["seed"] == record.seed
        assert transcript.head["about"][0] == {"patience": "endless"}


def test_policies_inside_the_kernel_and_those_that_draw_have_transcripts_too(tmp_path):
    evaluate(POT, ["random_legal"], opponents=["conditional_cooperator"], episodes=2, transcripts=tmp_path)
    evaluate(GAME, ["random"], opponents=["joss"], episodes=2, transcripts=tmp_path, **NOISY)
    verdicts = [replay_transcript(path) for path in tmp_path.iterdir()]
    assert [verdict.agrees for verdict in verdicts] == [True] * 4
    assert all(verdict.steps for verdict in verdicts)


def test_a_step_says_who_did_what_and_what_came_of_it(tmp_path):
    _, (path,) = written(tmp_path, opponent="always_defect", horizon=2)
    first, second = read_transcript(path).steps
    (turn,) = first["turns"]
    assert (turn["agent"], turn["action"], turn["message"]) == (0, [0], "step 0")
    assert turn["notes"] == {"thought": "\ud800 hm"}
    assert first["rewards"] == [0.0, 5.0]
    assert (first["step"], second["step"]) == (0, 1)
    assert first["digest"] != second["digest"]


@pytest.mark.parametrize(
    ("line", "fields", "differs"),
    [
        (0, {"seed": 12}, "the first state differs"),
        (0, {"params": {}}, "the first state differs"),
        (0, {"params": {"game": "no_such"}}, "ParameterError"),
        (0, {"env_id": "dynenvs/Nothing-v0"}, "UnknownEnvironment"),
        (2, {"rewards": [9.0, 9.0]}, "step 1: rewards are"),
        (2, {"digest": "0" * 64}, "step 1: the state differs"),
        (2, {"turns": [{"agent": 0, "action": [7], "message": "", "notes": {}}]}, "IllegalAction"),
        (2, {"turns": [{"agent": 5, "action": [0], "message": "", "notes": {}}]}, "step 1: there is no seat 5"),
        (2, {"turns": [{"agent": 0, "action": [], "message": "", "notes": {}}]}, "step 1: there is no seat 0 with"),
        (2, {"turns": [{"agent": 0, "action": [0], "message": "lies", "notes": {}}]}, "step 1: the state differs"),
        (-1, {"returns": [0.0, 0.0]}, "the end differs"),
    ],
)
def test_what_was_changed_does_not_play_again(tmp_path, line, fields, differs):
    _, (path,) = written(tmp_path, horizon=4)
    assert replay_transcript(path).agrees
    verdict = replay_transcript(change(path, line, **fields))
    assert not verdict.agrees
    assert differs in verdict.detail


def test_words_that_were_changed_are_noticed_though_the_game_plays_again(tmp_path):
    _, (path,) = written(tmp_path, horizon=4)
    lines = path.read_text().splitlines(keepends=True)
    assert '"notes":{' in lines[2]
    lines[2] = lines[2].replace('"notes":{', '"notes":{"plan":"all along",', 1)
    path.write_text("".join(lines))
    verdict = replay_transcript(path)
    assert (verdict.agrees, verdict.steps) == (False, 4)
    assert verdict.detail == "line 3 was changed after it was written, or one before it was removed"


def test_a_transcript_from_before_there_were_hashes_is_read(tmp_path):
    _, (path,) = written(tmp_path, horizon=4)
    hashed = read_transcript(path)
    path.write_text(re.sub(r',"link":"[0-9a-f]{16}"', "", path.read_text()))
    assert '"link"' not in path.read_text()
    assert read_transcript(path) == hashed
    assert replay_transcript(path).agrees


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is empty"),
        ("{}\n", "line 1: transcript=None: expected 1"),
        ('{"transcript":2}\n', "line 1: transcript=2: expected 1"),
        ('{"transcript":1}\n', "line 1: env_id=None: expected str"),
        ("not json\n", "line 1: column 1"),
        ("[]\n", "line 1: expected an object"),
        ('{"transcript":1}', "line 1: the last line is torn"),
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path, text, complaint):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(CorruptFile, match=complaint):
        read_transcript(path)


@pytest.mark.parametrize(
    ("line", "fields", "complaint"),
    [
        (1, {"step": 3}, "line 2: step=3: expected 0"),
        (1, {"turns": 3}, "line 2: turns=3: expected list"),
        (1, {"turns": [3]}, "line 2: turns: expected objects"),
        (1, {"turns": [{}]}, "line 2: agent=None: expected int"),
        (-1, {"returns": None}, "last line: returns=None: expected list"),
        (-1, {"length": True}, "last line: length=True: expected int"),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path, line, fields, complaint):
    _, (path,) = written(tmp_path, horizon=3)
    with pytest.raises(CorruptFile, match=complaint):
        read_transcript(change(path, line, **fields))


def test_a_transcript_that_breaks_off_is_refused_unless_it_is_still_being_written(tmp_path):
    _, (path,) = written(tmp_path, horizon=3)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole[:-1].rfind(b"\n") + 1])
    with pytest.raises(CorruptFile, match="it breaks off after 3 steps"):
        read_transcript(path)
    partial = tmp_path / "y.jsonl.partial"
    partial.write_bytes(whole[: whole.rfind(b'"returns"')])
    transcript = read_transcript(partial)
    assert len(transcript.steps) == 3
    assert not transcript.finished
    assert replay_transcript(partial).agrees


def test_an_episode_that_could_not_go_on_says_so(tmp_path):
    policy = Patient(fails=lambda seed, step: "budget" if step == 2 else None)
    _, (path,) = written(tmp_path, policy, horizon=5)
    transcript = read_transcript(path)
    assert transcript.end == {"unfinished": "budget", "detail": "no budget left"}
    assert len(transcript.steps) == 2
    assert not transcript.finished
    assert replay_transcript(path).agrees


def test_files_are_named_after_who_played(tmp_path):
    policy = Patient("llm:some/model?persona=a b")
    _, paths = written(tmp_path, policy, seeds=range(2), horizon=2)
    names = [path.name for path in paths]
    assert names[0].startswith("llm_some_model_persona=a_b-vs-joss-0000-")
    assert names[1].startswith("llm_some_model_persona=a_b-vs-joss-0001-")
