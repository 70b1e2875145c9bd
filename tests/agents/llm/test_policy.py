"""Language models at play: what they are told, how their replies become actions, and what is counted."""

import copy
import json

import gymnasium
import numpy as np
import pytest

import dynenvs
from dynenvs import registration
from dynenvs.adapters.language import GOAL, text_game
from dynenvs.core.errors import Interrupted, ParameterError
from dynenvs.evaluation.episodes import Matchup, evaluate, play_matchups, replay
from dynenvs.policies import PatientPolicy, Policy, RandomPolicy, ReportingPolicy, make_policy, turn_of
from dynenvs.registration import EnvSpec
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.models import ModelError, Usage
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.prices import Price
from dynenvs_agents.llm.scripted import CallableModel, ScriptedModel

from ...core.bad_replies import bad_replies
from .saying import COOPERATE, DEFECT, always, legal, model_of, said

GAME, POT = "dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"
BARGAIN, FISHERY = "examples/Bargain-v0", "examples/Fishery-v0"


@pytest.fixture(autouse=True)
def examples(monkeypatch):
    """The two example worlds, which have no words of their own."""
    for env_id, world in ((BARGAIN, "bargain:Bargain"), (FISHERY, "fishery:Fishery")):
        place = f"examples.worlds.{world}"
        spec = EnvSpec(id=env_id, world=place, params=f"{place}Params", about="An example.", paper="none")
        monkeypatch.setitem(registration._SPECS, env_id, spec)


def playing(policy, opponent="tit_for_tat", seeds=(1,), env_id=GAME, **options):
    """Let a policy play against another, and return the records."""
    other = make_policy(opponent, env_id) if isinstance(opponent, str) else opponent
    options = {"horizon": 4, **options}
    return play_matchups(env_id, [Matchup((policy, other), "other", (0,))], list(seeds), **options)


def prompts(model):
    """Everything a model was sent, one text a request."""
    return ["\n".join(f"{message.role}: {message.content}" for message in request.messages) for request in model.asked]


# Playing.


def test_it_is_a_policy_that_waits_and_reports():
    policy = LanguagePolicy(always(COOPERATE), GAME)
    assert isinstance(policy, Policy)
    assert isinstance(policy, PatientPolicy)
    assert isinstance(policy, ReportingPolicy)


def test_replies_become_moves():
    model = ScriptedModel([COOPERATE, DEFECT, DEFECT, COOPERATE])
    (record,) = playing(LanguagePolicy(model, GAME), "always_cooperate")
    assert record.returns == (3.0 + 5.0 + 5.0 + 3.0, 3.0 + 0.0 + 0.0 + 3.0)
    assert record.policies == ("llm:scripted", "always_cooperate")


def test_a_game_has_a_conversation():
    model = always(COOPERATE)
    playing(LanguagePolicy(model, GAME), "always_defect", horizon=3)
    roles = [[message.role for message in request.messages] for request in model.asked]
    assert roles == [
        ["system", "user"],
        ["system", "user", "assistant", "user"],
        ["system", *["user", "assistant"] * 2, "user"],
    ]
    third = model.asked[2].messages
    game = text_game(GAME, seats=["external", "always_defect"], horizon=3)
    game.reset(1)
    assert third[0].content.startswith(f"{game.rules(0)}\n\n{GOAL}\n\n")
    assert third[1].content == f"{game.situation(0)}\n\n{game.request(0)}"
    assert third[2].content == COOPERATE
    game.submit(0, COOPERATE)
    assert third[3].content == f"{game.situation(0)}\n\n{game.request(0)}"


def test_the_schema_of_the_world_is_sent_along():
    model = always('{"contribution": 3}')
    matchup = Matchup((LanguagePolicy(model, POT), *[make_policy("free_rider", POT)] * 3), "", (0,))
    play_matchups(POT, [matchup], [1], horizon=1, endowment=3)
    assert model.asked[0].schema["properties"]["contribution"]["enum"] == [0, 1, 2, 3]


@pytest.mark.parametrize("env_id", [GAME, POT, BARGAIN, FISHERY])
def test_any_world_is_played_in_all_seats(env_id, tmp_path):
    num_agents = dynenvs.make_world(env_id).num_agents
    policies = tuple(LanguagePolicy(model_of(legal), env_id) for _ in range(num_agents))
    params = {} if env_id == BARGAIN else {"horizon": 5}
    records = play_matchups(env_id, [Matchup(policies, "", (0,))], [1, 2, 3], transcripts=tmp_path, **params)
    assert len(records) == 3
    for record in records:
        assert sum(record.counts["decisions"]) >= record.length
        assert sum(record.counts["bad_replies"]) == 0
        again = [LanguagePolicy(model_of(legal), env_id) for _ in range(num_agents)]
        assert replay(record, again)


def test_one_policy_may_hold_several_seats_of_many_games():
    def reply(request):
        rounds = sum(message.role == "assistant" for message in request.messages)
        return json.dumps({"contribution": rounds})

    world = dynenvs.make_world(POT, 64, horizon=5, endowment=5)
    policy = LanguagePolicy(model_of(reply), POT)
    world.reset(range(64))
    policy.reset(world, np.arange(64))
    for step in range(5):
        moves = policy.act(turn_of(world, world.buffers.acting))
        assert moves.shape == (256, 1)
        assert (moves == step).all()
        world.step(moves.reshape(64, 4, 1))
    assert not world.buffers.alive.any()


def test_a_copied_policy_goes_on_by_itself(tmp_path):
    world = dynenvs.make_world(GAME, horizon=5)
    policy = LanguagePolicy(rounds_model(), GAME, cache=ReplyCache(tmp_path / "c.sqlite"))
    world.reset(1)
    policy.reset(world, np.array([0]))
    turn = turn_of(world, world.buffers.acting)
    assert policy.act(turn).tolist() == [[0], [0]]
    other = copy.deepcopy(policy)
    assert policy.act(turn).tolist() == [[1], [1]]
    assert other.act(turn).tolist() == [[1], [1]]
    assert policy.counts(0, 0)["decisions"] == other.counts(0, 0)["decisions"] == 2.0


def rounds_model():
    """Cooperates in even rounds, and defects in odd ones."""
    return model_of(lambda request: [COOPERATE, DEFECT][(len(request.messages) // 2 - 1) % 2])


def test_games_end_as_they_do_alone():
    def reply(request):
        return [COOPERATE, DEFECT][hash(request.messages[-1].content) % 2]

    together = playing(LanguagePolicy(model_of(reply), GAME), "joss", range(12), execution_noise=0.1, horizon=6)
    alone = [
        record
        for seed in range(12)
        for record in playing(LanguagePolicy(model_of(reply), GAME), "joss", [seed], execution_noise=0.1, horizon=6)
    ]
    assert [record.state_digest for record in together] == [record.state_digest for record in alone]


def test_it_plays_behind_the_gymnasium_adapter_too():
    env = gymnasium.make(GAME, horizon=3, background=f"python:{__name__}:defector")
    env.reset(seed=1)
    assert [env.step(0)[1] for _ in range(3)] == [0.0, 0.0, 0.0]
    env.reset(seed=2)
    assert env.step(1)[1] == 1.0
    env.close()


def defector(env_id):
    return LanguagePolicy(always(DEFECT), env_id)


# Bad replies.


def corpus_model(key, value):
    """Answers each request with the next case of the corpus."""
    corpus = [reply for _, reply in bad_replies(key, value)]
    left = iter(corpus)
    return model_of(lambda request: next(left)), len(corpus)


@pytest.mark.parametrize(("env_id", "key", "value"), [(GAME, "move", "cooperate"), (POT, "contribution", 1)])
def test_no_malformed_reply_raises_or_moves_anything_but_by_a_legal_action(env_id, key, value):
    model, size = corpus_model(key, value)
    assert size >= 60
    world, twin = dynenvs.make_world(env_id), dynenvs.make_world(env_id)
    policy = LanguagePolicy(model, env_id, repairs=0)
    world.reset(1)
    twin.reset(1)
    policy.reset(world, np.array([0]))
    one_seat = np.zeros_like(world.buffers.acting)
    one_seat[0, 0] = True
    for _ in range(size):
        before = world.digest()
        (move,) = policy.act(turn_of(world, one_seat))
        assert world.digest() == before
        world.check_actions(np.full_like(world.idle_actions, move), one_seat[0])
        if world.buffers.episode_lengths[0] < 20:
            actions = np.zeros_like(world.idle_actions)
            actions[0, 0] = move
            world.step(actions)
            twin.step(actions)
            assert world.digest() == twin.digest()
    counts = policy.counts(0, 0)
    assert counts["replies"] == counts["decisions"] == size
    assert (
        counts["fallbacks"] == counts["bad_replies"] == size - counts["recovered"] - 1
    )  # one is whole, after thinking


def test_a_bad_reply_is_answered_with_what_was_wrong():
    model = model_of(lambda request: DEFECT if "could not be used" in request.messages[-1].content else "I defect!")
    (record,) = playing(LanguagePolicy(model, GAME), horizon=1)
    assert [message.role for message in model.asked[1].messages] == ["system", "user", "assistant", "user"]
    bad, repair = model.asked[1].messages[2:]
    assert bad.content == "I defect!"
    assert 'character 1 is wrong, near "I defect!"' in repair.content
    assert repair.content.endswith('{"move": "cooperate" or "defect"}')
    assert record.returns == (5.0, 0.0)
    assert {name: record.counts[name][0] for name in ("replies", "bad_replies", "repairs", "fallbacks")} == {
        "replies": 2.0,
        "bad_replies": 1.0,
        "repairs": 1.0,
        "fallbacks": 0.0,
    }


def test_repairs_are_not_remembered():
    model = model_of(lambda request: DEFECT if "could not be used" in request.messages[-1].content else "no")
    playing(LanguagePolicy(model, GAME), horizon=3)
    assert [message.content for message in model.asked[4].messages if message.role == "assistant"] == [DEFECT, DEFECT]


def test_after_the_last_repair_the_rule_of_the_world_decides(tmp_path):
    policy = LanguagePolicy(always("no"), GAME, repairs=2)
    (record,) = playing(policy, "always_defect", horizon=20)
    (random,) = playing(RandomPolicy(), "always_defect", horizon=20)
    assert record.returns == random.returns  # uniform among what is legal, from the game's own stream
    assert 0 < record.metrics["cooperation"][0] < 1
    assert record.counts["fallbacks"] == record.counts["decisions"] == (20.0, 0.0)
    assert record.counts["repairs"] == (40.0, 0.0)


def test_a_family_may_have_a_rule_of_its_own(monkeypatch):
    room = registration.room(GAME, "language")
    monkeypatch.setattr(room, "fallback", lambda view, seat: np.array([1]), raising=False)
    (record,) = playing(LanguagePolicy(always("no"), GAME), "always_cooperate")
    assert record.returns == (20.0, 0.0)


def test_the_model_is_told_what_was_played_for_it():
    model = model_of(lambda request: "no")
    playing(LanguagePolicy(model, GAME, repairs=0), horizon=2)
    second = model.asked[1].messages
    assert second[2].content in (COOPERATE, DEFECT)
    assert second[3].content.startswith(
        f"None of your last answers could be used, so this was played for you: {second[2].content}"
    )


def test_masked_options_are_refused():
    model = ScriptedModel(
        ['{"offer": "offer 5 tokens"}', '{"offer": "offer 0 tokens"}', '{"offer": "offer 5 tokens"}'], repeat=True
    )
    proposer = LanguagePolicy(model, BARGAIN)
    responder = LanguagePolicy(always('{"answer": "refuse"}'), BARGAIN)
    (record,) = play_matchups(BARGAIN, [Matchup((proposer, responder), "", (0,))], [1])
    assert record.counts["bad_replies"][0] > 0
    assert "is not possible now" in prompts_of(model)


def prompts_of(model):
    return "\n".join(message.content for request in model.requests for message in request.messages)


def test_an_answer_lost_to_thinking_is_counted_and_told():
    lost = said(None, finish_reason="length", reasoning="Let me see.")
    model = model_of(lambda request: COOPERATE if "used up all tokens" in request.messages[-1].content else lost)
    (record,) = playing(LanguagePolicy(model, GAME), horizon=3)
    assert record.counts["lost_to_thinking"] == (3.0, 0.0)
    assert record.counts["fallbacks"] == (0.0, 0.0)
    assert model.asked[1].messages[-2].content == "(no answer)"


def test_halves_of_characters_do_no_harm(tmp_path):
    model = model_of(lambda request: "\ud800\x00 no")
    (record,) = playing(LanguagePolicy(model, GAME), transcripts=tmp_path)
    assert record.length == 4
    json.dumps([request.to_dict() for request in model.asked], ensure_ascii=False).encode()


# Memory.


def test_a_window_forgets():
    model = always(COOPERATE)
    playing(LanguagePolicy(model, GAME, memory="window:2"), horizon=6)
    assert [len(request.messages) for request in model.asked] == [2, 4, 6, 6, 6, 6]
    assert "Round 4" in model.asked[-1].messages[1].content


def test_a_memory_of_notes_is_written_by_the_model():
    model = model_of(lambda request: COOPERATE if request.schema else "<think>x</think>It plays as I did.")
    (record,) = playing(LanguagePolicy(model, GAME, memory="summary"), horizon=12)
    summary, after, last = model.asked[10:]
    assert len(summary.messages) == 22
    assert summary.messages[-1].content.startswith("Write down for yourself")
    assert summary.schema is None
    assert after.messages[0].content.endswith("Your notes on the turns before:\n\nIt plays as I did.")
    assert [len(after.messages), len(last.messages)] == [2, 4]
    assert record.counts["calls"] == (13.0, 0.0)
    assert record.counts["replies"] == (12.0, 0.0)


def test_nothing_is_carried_from_one_episode_to_the_next():
    model = always(COOPERATE)
    policy = LanguagePolicy(model, GAME)
    for _ in range(2):
        playing(policy, horizon=2)
    assert [len(request.messages) for request in model.asked] == [2, 4, 2, 4]
    assert policy.counts(0, 0)["decisions"] == 2.0


# Interventions.


def intervened(horizon=3, opponent="tit_for_tat", env_id=GAME, **changes):
    model = model_of(lambda request: COOPERATE if request.schema else "It may defect.")
    (record,) = playing(LanguagePolicy(model, GAME, interventions=Interventions(**changes)), opponent, horizon=horizon)
    return model, record


def test_the_temperature_is_sent():
    assert {request.temperature for request in intervened(temperature=0.7)[0].asked} == {0.7}
    assert {request.temperature for request in intervened(temperature=None)[0].asked} == {None}


def test_thoughts_come_before_the_decision_and_are_not_kept():
    model, record = intervened(reflection=True, horizon=2)
    first, second, third, fourth = model.asked
    assert first.schema is None
    assert "Do not give your decision yet" in first.messages[-1].content
    assert second.messages[-2].content == "It may defect."
    assert second.messages[-1].content.startswith("Now decide. Reply with one JSON object")
    assert second.schema is not None
    assert "It may defect." not in prompts(model)[2]
    assert len(third.messages) == 4
    assert len(fourth.messages) == 6
    assert record.counts["calls"] == (4.0, 0.0)
    assert record.counts["replies"] == (2.0, 0.0)


def test_a_persona_is_told_first():
    model, _ = intervened(persona="You are a banker.")
    assert model.asked[0].messages[0].content.startswith("You are a banker.\n\nYou play the same game")


def test_the_goal_can_be_another_or_none():
    assert GOAL in prompts(intervened()[0])[0]
    without = prompts(intervened(goal="")[0])[0]
    assert GOAL not in without
    assert "Payoffs of a round" in without
    assert "Be kind." in prompts(intervened(goal="Be kind.")[0])[0]


def test_without_history_no_turn_is_remembered():
    model, _ = intervened(history=False, horizon=4)
    assert [len(request.messages) for request in model.asked] == [2] * 4


def test_reminders_come_every_m_turns():
    model, _ = intervened(reminder_every=2, horizon=6)
    reminded = [request.messages[-1].content.startswith("Remember what this is about.") for request in model.asked]
    assert reminded == [False, False, True, False, True, False]
    assert GOAL in model.asked[2].messages[-1].content


def talker(name, messages=True):
    def reply(request):
        rounds = sum(message.role == "assistant" for message in request.messages)
        return json.dumps({"action": {"move": "cooperate"}, "message": f"{name} says {rounds}"})

    model = model_of(reply)
    return LanguagePolicy(model, GAME, interventions=Interventions(messages=messages)), model


def test_messages_reach_the_other_before_its_next_decision():
    (one, heard_by_one), (two, heard_by_two) = talker("Ann"), talker("Bob")
    (record,) = playing(one, two, horizon=3)
    assert 'step 1, column: "Bob says 0"' in heard_by_one.asked[1].messages[-1].content
    assert "Bob says 0" not in prompts(heard_by_one)[0]
    assert 'step 2, row: "Ann says 1"' in heard_by_two.asked[2].messages[-1].content
    assert 'you: "Bob says 1"' in heard_by_two.asked[2].messages[-1].content
    assert "Ann says 1" not in prompts(heard_by_two)[1]
    assert record.counts["bad_replies"] == (0.0, 0.0)


def test_messages_may_be_off_for_one_and_on_for_the_other():
    (one, _), listener = talker("Ann"), always(DEFECT)
    playing(one, LanguagePolicy(listener, GAME), horizon=3)
    assert "Ann says 1" in prompts(listener)[2]
    assert "message" not in listener.asked[0].schema["properties"]


def test_a_reply_without_its_message_is_bad_where_messages_are_on():
    policy = LanguagePolicy(always(COOPERATE), GAME, interventions=Interventions(messages=True))
    (record,) = playing(policy, horizon=2)
    assert record.counts["fallbacks"] == (2.0, 0.0)


# Privacy.


def test_thinking_stays_with_its_seat(tmp_path):
    secret = "SECRET-THOUGHT"

    def think(request):
        if request.schema is None:
            return f"{secret} of reflection"
        answer = json.dumps({"action": {"move": "defect"}, "message": "hello"})
        return said(f"<think>{secret} in tags</think>{answer}", reasoning=f"{secret} of the server")

    changed = Interventions(messages=True, reflection=True)
    thinker = LanguagePolicy(model_of(think), GAME, interventions=changed)
    listener = model_of(lambda request: COOPERATE)
    world_texts = []

    class Watching(LanguagePolicy):
        def remark(self, game, agent):
            world_texts.extend(message.text for message in self._world.messages(game))
            return super().remark(game, agent)

        def reset(self, world, games):
            self._world = world
            super().reset(world, games)

    playing(thinker, Watching(listener, GAME), horizon=4, transcripts=tmp_path)
    assert len(listener.asked) == 4
    assert "hello" in prompts(listener)[-1]
    assert all(secret not in prompt for prompt in prompts(listener))
    assert set(world_texts) == {"hello"}
    (path,) = tmp_path.iterdir()
    assert path.read_text().count(secret) > 0  # the researcher sees it


def test_two_seats_of_one_policy_have_nothing_in_common():
    def reply(request):
        return json.dumps({"contribution": len(request.messages[0].content) % 2})

    model = model_of(reply)
    world = dynenvs.make_world(POT, 2, horizon=3)
    policy = LanguagePolicy(model, POT)
    world.reset([1, 2])
    policy.reset(world, np.arange(2))
    for _ in range(3):
        world.step(policy.act(turn_of(world, world.buffers.acting)).reshape(2, 4, 1))
    systems = [request.messages[0].content for request in model.asked]
    assert len(set(systems)) == 4
    for request in model.asked[8:]:
        earlier = [other.messages for other in model.asked[:8] if other.messages[0] == request.messages[0]]
        assert request.messages[:2] in earlier


# Identity, cost, failures.


def test_the_digest_says_how_a_model_is_asked(tmp_path):
    (tmp_path / "repair.md").write_text("No.")
    variants = [
        LanguagePolicy(always(DEFECT), GAME),
        LanguagePolicy(always(DEFECT, name="other"), GAME),
        LanguagePolicy(always(DEFECT), GAME, memory="window:3"),
        LanguagePolicy(always(DEFECT), GAME, repairs=2),
        LanguagePolicy(always(DEFECT), GAME, max_tokens=99),
        LanguagePolicy(always(DEFECT), GAME, trial=3),
        LanguagePolicy(always(DEFECT), GAME, prompts=tmp_path),
        LanguagePolicy(always(DEFECT), GAME, interventions=Interventions(temperature=1.0)),
    ]
    assert len({policy.digest() for policy in variants}) == len(variants)
    same = LanguagePolicy(always(DEFECT), GAME, budget=Budget(max_calls=9), concurrency=2)
    assert same.digest() == variants[0].digest()
    assert len(same.digest()) == 16


def test_records_carry_the_hash_of_the_prompts():
    policy = LanguagePolicy(always(COOPERATE), GAME)
    (record,) = playing(policy, horizon=1)
    assert record.versions["agent_0.prompts"] == policy.manner.prompts.sha256
    assert record.versions["agent_0.model"] == "fake"


def test_every_call_has_a_seed_of_its_own_and_trials_differ():
    def seeds(trial):
        model = model_of(lambda request: "no")
        playing(LanguagePolicy(model, GAME, trial=trial), seeds=range(3), horizon=3)
        return [request.seed for request in model.asked]

    first = seeds(0)
    assert len(set(first)) == len(first) == 3 * 3 * 2
    assert sorted(seeds(0)) == sorted(first)
    assert not set(seeds(1)) & set(first)
    assert all(0 <= seed < 2**31 for seed in first)


def test_replies_against_one_opponent_say_nothing_of_those_against_another(tmp_path):
    cache, model = ReplyCache(tmp_path / "c.sqlite"), always(COOPERATE)
    policy = LanguagePolicy(model, GAME, cache=cache)
    for opponent in ("tit_for_tat", "grudger", RandomPolicy("one"), RandomPolicy("other")):
        playing(policy, opponent, horizon=1)
    assert len({request.seed for request in model.asked}) == len(model.asked) == 4  # the first move, with equal words
    assert len({request.messages for request in model.asked}) == 1
    playing(policy, "grudger", horizon=1)
    assert len(model.asked) == 4  # the same occasion


class Own:
    """A model as a user writes it."""

    name = "own"

    def __init__(self, acomplete):
        self.acomplete = acomplete

    def digest(self):
        return "0" * 16


async def answering_a_text(request):
    return DEFECT


def answering_at_once(request):
    return said(DEFECT)


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (
            CallableModel(lambda request: None, name="mine"),
            "function of model 'mine' returned None: expected a text, or",
        ),
        (
            CallableModel(lambda request: {"move": "defect"}, name="mine"),
            "'mine' returned .*: expected a text, or a Reply",
        ),
        (Own(answering_at_once), "model 'own': acomplete returned Reply.*: expected async def"),
        (Own(answering_a_text), "model 'own': acomplete returned .*: expected a Reply"),
    ],
)
def test_a_model_that_answers_with_something_else_is_named(model, complaint):
    with pytest.raises(ParameterError, match=complaint):
        playing(LanguagePolicy(model, GAME))


def test_what_is_no_model_is_refused_at_once():
    with pytest.raises(ParameterError, match=r"model=.*: expected a ChatModel; CallableModel makes one of a function"):
        LanguagePolicy(lambda request: DEFECT, GAME)


def test_language_policies_are_evaluated_as_they_are_given():
    policy = LanguagePolicy(always(COOPERATE), GAME)
    records = evaluate(GAME, [policy, "always_defect"], opponents=["tit_for_tat"], episodes=1, horizon=3)
    assert [record.policies[0] for record in records] == ["llm:fake", "always_defect"]


def test_episodes_that_all_come_out_the_same_are_told():
    told = []
    policy = LanguagePolicy(always(COOPERATE), GAME)
    playing(policy, seeds=range(5), notice=told.append)
    assert told == [
        "llm:fake against other: all 5 episodes came out the same: where neither game nor model has chance in it, one "
        "says as much"
    ]
    playing(policy, seeds=range(5), notice=told.append, execution_noise=0.3, horizon=20)
    assert len(told) == 1


def test_tokens_and_cost_are_counted():
    guessed = Usage(prompt_tokens=100, completion_tokens=10, estimated=True)
    model = model_of(lambda request: said(COOPERATE, usage=guessed))
    (record,) = playing(LanguagePolicy(model, GAME, price=Price(input=1.0, output=10.0)), horizon=5)
    assert record.counts["prompt_tokens"] == (500.0, 0.0)
    assert record.counts["completion_tokens"] == (50.0, 0.0)
    assert record.counts["estimated_replies"] == (5.0, 0.0)
    assert record.counts["cost_usd"] == (pytest.approx(5 * (100 + 100) / 1e6), 0.0)
    assert "cost_usd" not in playing(LanguagePolicy(model, GAME), horizon=1)[0].counts


def test_a_second_run_asks_nothing(tmp_path):
    cache = ReplyCache(tmp_path / "c.sqlite")
    model = always(DEFECT)
    first = playing(LanguagePolicy(model, GAME, cache=cache), seeds=range(3))
    asked = len(model.asked)
    again = playing(LanguagePolicy(model, GAME, cache=ReplyCache(cache.path)), seeds=range(3))
    assert len(model.asked) == asked == 12
    assert [record.counts for record in again] == [record.counts for record in first]
    playing(LanguagePolicy(model, GAME, cache=cache, trial=1), seeds=range(3))
    assert len(model.asked) == 2 * asked


def test_a_spent_budget_leaves_finished_episodes(tmp_path):
    told = []
    budget = Budget(max_calls=10)
    policy = LanguagePolicy(always(DEFECT), GAME, budget=budget, concurrency=1, cache=ReplyCache(tmp_path / "c.sqlite"))
    records = playing(policy, seeds=range(6), notice=told.append, out=tmp_path / "x.jsonl", transcripts=tmp_path / "t")
    assert [record.trial for record in records] == [0, 1]
    assert told == ["llm:fake against other: 4 of 6 episodes unfinished: budget: the budget of 10 calls is spent"]
    assert budget.calls == 10
    rich = LanguagePolicy(always(DEFECT), GAME, cache=ReplyCache(tmp_path / "c.sqlite"))
    resumed = playing(rich, seeds=range(6), out=tmp_path / "x.jsonl", resume=True, notice=told.append)
    assert len(resumed) == 6
    assert len(rich.model.asked) == 6 * 4 - 10


def test_a_model_that_fails_leaves_its_episode_unfinished():
    def reply(request):
        if "Round 3" in request.messages[-1].content and request.seed % 2:
            raise ModelError("timeout", "127.0.0.1:8000", "no answer in 60 s")
        return COOPERATE

    told = []
    records = playing(LanguagePolicy(model_of(reply), GAME), seeds=range(12), notice=told.append)
    assert 0 < len(records) < 12
    assert told[0].endswith("episodes unfinished: infrastructure: 127.0.0.1:8000: timeout: no answer in 60 s")


def test_asked_directly_a_failure_is_an_error():
    world = dynenvs.make_world(GAME)
    policy = LanguagePolicy(ScriptedModel([ModelError("status", "host", "no", status=401)]), GAME)
    world.reset(1)
    policy.reset(world, np.array([0]))
    with pytest.raises(Interrupted, match="host: status 401: no"):
        policy.act(turn_of(world, world.buffers.acting))


@pytest.mark.parametrize(
    "wrong",
    [{"memory": "all"}, {"repairs": -1}, {"max_tokens": 0}, {"trial": -1}, {"concurrency": 0}, {"logprobs": 99}],
)
def test_values_out_of_range_are_named(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        LanguagePolicy(always(""), GAME, **wrong)


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"temperature": float("nan")}, {"reminder_every": -1}])
def test_interventions_out_of_range_are_named(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        Interventions(**wrong)
