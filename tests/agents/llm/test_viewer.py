"""The page of a transcript, as a file; tests/browser opens it."""

import json
import re

import numpy as np
import pytest

from dynenvs import make_world
from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.transcripts import read_transcript
from dynenvs_agents.llm.transcripts import told_choices
from dynenvs_agents.llm.viewer import transcript_page, write_transcript_page

from .spoken_games import COOPERATE, DEFECT, GAME, transcript_of, varied_transcript

DATA = re.compile(r'<script type="application/json" id="transcript">(.*?)</script>', re.DOTALL)


def document(path):
    """What the page's script reads."""
    return json.loads(DATA.search(transcript_page(read_transcript(path)))[1])


def changed(path, change, line=1):
    """Change one line of a transcript."""
    lines = path.read_text().splitlines()
    said = json.loads(lines[line])
    change(said)
    lines[line] = json.dumps(said)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_choices_are_told_with_their_receivers_and_without_those_that_say_nothing():
    role = make_world("dynenvs/Escalation-v0", messages=True).layout.roles[0]
    action = np.zeros(len(role.actions.heads), np.int64)
    action[3 + 2] = 6
    silent = {"slot_1": "Wait", "slot_2": "Wait", "slot_3": "Wait"}
    assert told_choices(role.actions, action) == silent | {"message_to_pink": "threaten"}


def test_the_page_holds_every_step_and_a_picture_of_each(tmp_path):
    shown = document(varied_transcript(tmp_path))
    assert shown["title"] == "llm:scripted vs tit_for_tat"
    assert [seat["asked"] for seat in shown["seats"]] == [True, False]
    assert [step["turns"][0]["chose"] for step in shown["steps"][:2]] == [[["move", "cooperate"]], [["move", "defect"]]]
    assert len(shown["pictures"]) == len(shown["steps"]) + 1
    first, last = ("\n".join(shown["lines"][k] for k in shown["pictures"][place]) for place in (0, -1))
    assert first.startswith("<svg ")
    assert first.endswith("</svg>")
    assert ">round 0<" in first
    assert ">round 6, over<" in last
    assert ">llm:scripted<" in last
    assert shown["verdict"] == ""


def test_the_same_transcript_gives_the_same_page_whole_or_not_at_all(tmp_path):
    path = varied_transcript(tmp_path / "transcripts")
    for name in ("a.html", "b.html"):
        write_transcript_page(path, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    path.write_text("{")
    with pytest.raises(CorruptFile):
        write_transcript_page(path, tmp_path / "a.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_nothing_that_is_said_can_end_the_data(tmp_path):
    said = "</script><script>alert(1)</script><!-- <script> \u2028 & {{ style }}"
    page = transcript_page(read_transcript(transcript_of(tmp_path, [said, COOPERATE])))
    assert page.count("</script>") == 2
    assert page.count("<script") == 2
    assert said in json.dumps(json.loads(DATA.search(page)[1]), ensure_ascii=False)


def test_a_game_that_does_not_play_again_keeps_its_words_and_loses_its_pictures(tmp_path):
    path = changed(varied_transcript(tmp_path), lambda step: step.update(rewards=[9.0, 9.0]), line=3)
    shown = document(path)
    assert shown["verdict"].startswith("step 2: rewards are")
    assert len(shown["pictures"]) == 3
    assert len(shown["steps"]) == 6


def test_words_that_were_changed_are_told_on_the_page(tmp_path):
    path = changed(varied_transcript(tmp_path), lambda step: step["turns"][0]["notes"]["exchanges"][0].update(usd=1.0))
    assert document(path)["verdict"].startswith("line 2 was changed after it was written")


def test_an_environment_that_is_not_known_here_is_shown_without_names(tmp_path):
    path = changed(varied_transcript(tmp_path), lambda head: head.update(env_id="elsewhere/Game-v0"), line=0)
    shown = document(path)
    assert shown["verdict"].startswith("no environment 'elsewhere/Game-v0'")
    assert shown["pictures"] == []
    assert shown["seats"][0]["player"] == "seat 0"
    assert shown["steps"][1]["turns"][0]["chose"] == [["action", "1"]]


def test_an_action_that_cannot_be_is_shown_as_it_stands(tmp_path):
    path = changed(varied_transcript(tmp_path), lambda step: step["turns"][0].update(action=[7]))
    assert document(path)["steps"][0]["turns"][0]["chose"] == [["action", "7"]]


def test_notes_that_are_no_language_models_are_refused(tmp_path):
    path = varied_transcript(tmp_path)
    changed(path, lambda step: step["turns"][0]["notes"]["exchanges"][0].pop("messages"))
    with pytest.raises(CorruptFile, match="step 0, agent 0: no exchange"):
        transcript_page(read_transcript(path))


def _rename(told, old, new):
    told[new] = told.pop(old)


BROKEN = {
    "no usage": lambda turn: _rename(turn["notes"]["exchanges"][0]["reply"], "usage", "use"),
    "usage in words": lambda turn: turn["notes"]["exchanges"][0]["reply"]["usage"].update(prompt_tokens="many"),
    "a text that is none": lambda turn: turn["notes"]["exchanges"][0]["reply"].update(text=5),
    "no tokens": lambda turn: turn["notes"]["exchanges"][0]["reply"].update(tokens=None),
    "a token without alternatives": lambda turn: turn["notes"]["exchanges"][0]["reply"].update(
        tokens=[{"text": "a", "logprob": -1.0}]
    ),
    "a cost in words": lambda turn: turn["notes"]["exchanges"][0].update(usd="much"),
    "a message without a speaker": lambda turn: turn["notes"]["exchanges"][0].update(messages=[{"content": "x"}]),
    "no list": lambda turn: turn["notes"].update(exchanges=5),
    "nobody's": lambda turn: turn.update(agent=9),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_notes_that_the_page_could_not_show_are_refused(tmp_path, change):
    path = changed(varied_transcript(tmp_path), lambda step: change(step["turns"][0]))
    with pytest.raises(CorruptFile, match=r"step 0, agent [09]: no exchange: "):
        transcript_page(read_transcript(path))


def test_a_game_that_is_still_going_on_is_shown_so_far(tmp_path):
    path = varied_transcript(tmp_path)
    partial = path.with_name(path.name + ".partial")
    partial.write_text("\n".join(path.read_text().splitlines()[:4]) + '\n{"step": 3, "tur')
    shown = document(partial)
    assert len(shown["steps"]) == 3
    assert shown["end"] == {}


def test_a_game_without_language_models_is_shown_too(tmp_path):
    evaluate(GAME, ["random_legal"], opponents=["grudger"], episodes=1, transcripts=tmp_path, horizon=4)
    (path,) = tmp_path.iterdir()
    shown = document(path)
    assert shown["title"] == "random_legal vs grudger"
    assert len(shown["pictures"]) == 5


def test_pictures_cost_little_more_than_what_changes(tmp_path):
    path = transcript_of(tmp_path, [COOPERATE, DEFECT], horizon=100)
    shown = document(path)
    assert sum(map(len, shown["lines"])) < 0.2 * sum(len(shown["lines"][k]) for one in shown["pictures"] for k in one)
