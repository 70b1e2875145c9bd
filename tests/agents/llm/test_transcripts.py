"""Transcripts of language models: all that was asked and answered, and games that play again without the model."""

import json

import pytest

from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs.policies import make_policy
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.models import Token, run
from dynenvs_agents.llm.openai_compat import OpenAICompatModel
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.prices import Price
from dynenvs_agents.llm.transcripts import exchanges

from .misbehaving_server import misbehaving_server
from .saying import COOPERATE, DEFECT, always, model_of, said

GAME = "dynenvs/RepeatedGame-v0"


def transcripts(tmp_path, *policies, seeds=(1,), **params):
    play_matchups(GAME, [Matchup(policies, "", (0,))], list(seeds), transcripts=tmp_path, **{"horizon": 5, **params})
    return sorted(tmp_path.iterdir())


def restless():
    """A model that uses every kind of request and every rung, and talks."""

    def reply(request):
        last = request.messages[-1].content
        if request.schema is None:
            return "Hm \ud800."
        if "could not be used" in last:
            return '```json\n{"action": {"move": "defect"}, "message": "oh"}\n```'
        turn = request.messages[-3].content  # before the thoughts and the call for a decision
        if "Round 2" in turn:
            return said(None, finish_reason="length", reasoning="So")
        return "nope" if "Round 3" in turn else '{"action": {"move": "cooperate"}, "message": "hello"}'

    changed = Interventions(messages=True, reflection=True, reminder_every=2, temperature=0.5)
    model = model_of(reply)
    return LanguagePolicy(model, GAME, interventions=changed, memory="window:2"), model


@pytest.mark.parametrize("params", [{}, {"execution_noise": 0.2, "continuation": 0.9}])
def test_games_of_models_play_again_without_them(tmp_path, params):
    paths = transcripts(tmp_path, restless()[0], restless()[0], seeds=range(4), **params)
    assert len(paths) == 4
    for path in paths:
        verdict = replay_transcript(path)
        assert verdict.agrees, verdict
        assert verdict.steps > 0


def test_a_transcript_names_the_host_and_no_cost_where_no_price_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-canary-7f3a91b2")
    with misbehaving_server() as server:
        model = OpenAICompatModel("m", server.base_url, api_key_env="MY_KEY")
        (path,) = transcripts(tmp_path, LanguagePolicy(model, GAME), make_policy("joss", GAME))
        run(model.aclose())
    written = read_transcript(path)
    assert written.head["about"][0]["host"] == f"127.0.0.1:{server.server_port}"
    assert {exchange.note["usd"] for exchange in exchanges(written)} == {None}
    assert "sk-canary" not in path.read_text()


def test_a_price_that_is_known_stands_in_the_transcript(tmp_path):
    policy = LanguagePolicy(always(COOPERATE), GAME, price=Price(input=1e6, output=0))
    (path,) = transcripts(tmp_path, policy, make_policy("joss", GAME))
    assert {exchange.note["usd"] for exchange in exchanges(read_transcript(path))} == {11.0}


def test_everything_asked_and_answered_can_be_read_again(tmp_path):
    (first, asked_first), (second, asked_second) = restless(), restless()
    (path,) = transcripts(tmp_path, first, second)
    told = list(exchanges(read_transcript(path)))
    for agent, model in ((0, asked_first), (1, asked_second)):
        mine = [exchange for exchange in told if exchange.agent == agent]
        assert [json.dumps(exchange.messages) for exchange in mine] == [
            json.dumps(request.to_dict()["messages"]) for request in model.asked
        ]
        assert [exchange.schema for exchange in mine] == [request.schema for request in model.asked]
        assert [exchange.note["seed"] for exchange in mine] == [request.seed for request in model.asked]
        assert {exchange.note["temperature"] for exchange in mine} == {0.5}
        assert [exchange.step for exchange in mine] == sorted(exchange.step for exchange in mine)
    rungs = {exchange.note["rung"] for exchange in told}
    assert rungs == {None, "json", "fenced", "none", "lost_to_thinking"}
    assert {exchange.note["purpose"] for exchange in told} == {"reflection", "decision", "repair"}
    bad = [exchange.note["bad_reply"]["kind"] for exchange in told if exchange.note["bad_reply"]]
    assert set(bad) == {"not_json", "empty"}


def test_a_request_is_written_once(tmp_path):
    (path,) = transcripts(
        tmp_path, LanguagePolicy(always(COOPERATE), GAME), LanguagePolicy(always(DEFECT), GAME), horizon=50
    )
    text = path.read_text()
    assert text.count("You play the same game again and again") == 2
    assert text.count("additionalProperties") == 2
    assert len(text) < 300_000


def test_the_head_says_what_was_asked_and_how(tmp_path):
    policy = restless()[0]
    (path,) = transcripts(tmp_path, policy, LanguagePolicy(always(DEFECT), GAME))
    about = read_transcript(path).head["about"]
    assert about[0]["prompts"] == policy.manner.prompts.sha256
    assert about[0]["interventions"]["reflection"] is True
    assert about[0]["memory"] == {"kind": "window", "turns": 2}
    assert about[1]["model"] == "fake"
    assert read_transcript(path).head["policy_digests"][0] == policy.digest()


def test_tokens_with_their_log_probabilities_are_kept(tmp_path):
    tokens = (
        Token(text="{", logprob=-0.1, id=7, top=(("{", -0.1), ("no", float("-inf")))),
        Token(text="x", logprob=-1.0),
    )
    policy = LanguagePolicy(model_of(lambda request: said(COOPERATE, tokens=tokens)), GAME, logprobs=2)
    (path,) = transcripts(tmp_path, policy, LanguagePolicy(always(DEFECT), GAME), horizon=1)
    first = next(exchanges(read_transcript(path)))
    assert first.note["logprobs"] == 2
    assert first.note["reply"]["tokens"] == [
        {"text": "{", "logprob": -0.1, "id": 7, "top": [["{", -0.1]]},
        {"text": "x", "logprob": -1.0, "id": None, "top": []},
    ]


def test_what_is_no_exchange_is_named(tmp_path):
    (path,) = transcripts(tmp_path, LanguagePolicy(always(COOPERATE), GAME), LanguagePolicy(always(DEFECT), GAME))
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace('"carried"', '"caried"')
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(CorruptFile, match=r"step 1, agent 0: no exchange: KeyError\('carried'\)"):
        list(exchanges(read_transcript(path)))
