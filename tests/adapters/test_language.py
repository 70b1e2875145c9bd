import copy
import json
import re

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import dynenvs
from dynenvs import registration
from dynenvs.adapters.language import GOAL, Language, TextGame, text_game, text_games
from dynenvs.core.errors import LifecycleError, ParameterError, UnknownEnvironment, UnknownPolicy
from dynenvs.core.replies import BadReply, parse_action, write_action
from dynenvs.core.view import GameView
from dynenvs.registration import EnvSpec

from ..core.bad_replies import bad_replies

WORLDS = {
    "dynenvs/RepeatedGame-v0": ("move", "cooperate"),
    "dynenvs/PublicGoods-v0": ("contribution", 1),
}
BARGAIN, FISHERY = "examples/Bargain-v0", "examples/Fishery-v0"
COOPERATE, DEFECT = '{"move": "cooperate"}', '{"move": "defect"}'


@pytest.fixture(autouse=True)
def examples(monkeypatch):
    """The two example worlds, which have no words of their own."""
    bargain = EnvSpec(
        id=BARGAIN,
        world="examples.worlds.bargain:Bargain",
        params="examples.worlds.bargain:BargainParams",
        about="Two share a pie that shrinks while they argue.",
        paper="Rubinstein (1982)",
    )
    fishery = EnvSpec(
        id=FISHERY,
        world="examples.worlds.fishery:Fishery",
        params="examples.worlds.fishery:FisheryParams",
        about="Fishers share a stock that regrows.",
        paper="Gordon (1954)",
    )
    monkeypatch.setitem(registration._SPECS, BARGAIN, bargain)
    monkeypatch.setitem(registration._SPECS, FISHERY, fishery)


def started(env_id, seed=1, **params):
    game = text_game(env_id, **params)
    game.reset(seed)
    return game


def random_reply(game, agent, rng):
    """A legal reply, drawn from the schema alone, as a constrained decoder does."""
    said = {}
    for name, head in game.schema(agent)["properties"].items():
        said[name] = (
            rng.choice(head["enum"]).item() if "enum" in head else float(rng.uniform(head["minimum"], head["maximum"]))
        )
    return json.dumps(said)


# Playing.


def test_a_game_is_played_in_words():
    game = started("dynenvs/RepeatedGame-v0", horizon=2)
    assert game.acting == (0, 1)
    assert game.submit(0, DEFECT) is None
    assert game.acting == (1,)
    assert game.submit(1, COOPERATE) is None
    assert game.rewards.tolist() == [5.0, 0.0]
    assert game.acting == (0, 1)
    game.submit(1, DEFECT)
    game.submit(0, DEFECT)
    assert game.over
    assert game.acting == ()
    assert game.rewards.tolist() == [1.0, 1.0]
    assert game.returns.tolist() == [6.0, 1.0]
    assert game.end_reasons == ("cap", "cap")


def test_seats_of_background_policies_are_played_at_once():
    game = started("dynenvs/RepeatedGame-v0", horizon=3, seats=["external", "tit_for_tat"])
    for reply in (DEFECT, COOPERATE, COOPERATE):
        assert game.acting == (0,)
        game.submit(0, reply)
    assert game.over
    assert game.returns.tolist() == [5.0 + 0.0 + 3.0, 0.0 + 5.0 + 3.0]


def test_only_the_seat_whose_turn_it_is_is_asked():
    game = started(BARGAIN)
    assert game.acting == (0,)
    game.submit(0, '{"offer": "offer 2 tokens"}')
    assert game.acting == (1,)
    game.submit(1, '{"answer": "accept"}')
    assert game.over
    assert game.returns.tolist() == [3.0, 2.0]
    assert game.end_reasons == ("agreed", "agreed")


def test_a_continuous_world_is_played_with_numbers():
    game = started(FISHERY, num_fishers=2, horizon=1)
    game.submit(0, '{"effort": 0.5}')
    game.submit(1, '{"effort": 0}')
    assert game.returns.tolist() == [0.25, 0.0]


@pytest.mark.parametrize("env_id", [*WORLDS, BARGAIN, FISHERY])
def test_replies_that_fit_the_schema_play_any_world_to_its_end(env_id):
    rng = np.random.default_rng(0)
    game = started(env_id)
    for _ in range(2_000):
        if game.over:
            break
        for agent in game.acting:
            schema = game.schema(agent)
            Draft202012Validator.check_schema(schema)
            reply = random_reply(game, agent, rng)
            assert Draft202012Validator(schema).is_valid(json.loads(reply))
            assert isinstance(game.briefing(agent), str)
            assert game.submit(agent, reply) is None
    assert game.over
    assert sum(game.replies) > 0
    assert not any(game.bad_replies)


@pytest.mark.parametrize("env_id", [*WORLDS, BARGAIN, FISHERY])
def test_words_and_numbers_play_the_same_game(env_id):
    game, world = started(env_id, seed=5), dynenvs.make_world(env_id)
    world.reset(5)
    rng = np.random.default_rng(5)
    while not game.over:
        actions = world.sample_actions(rng).reshape(1, world.num_agents, -1)
        world.step(actions)
        for agent in game.acting:
            game.submit(agent, write_action(world.layout.roles[agent].actions, actions[0, agent]))
        assert game.world.digest() == world.digest()


def test_games_of_one_world_move_at_their_own_pace():
    slow, fast = text_games("dynenvs/RepeatedGame-v0", 2, horizon=5)
    slow.reset(11)
    fast.reset(12)
    untouched = slow.world.digest(game=0)
    while not fast.over:
        for agent in fast.acting:
            fast.submit(agent, DEFECT)
    assert slow.world.digest(game=0) == untouched
    assert not slow.over
    assert slow.acting == (0, 1)
    alone = started("dynenvs/RepeatedGame-v0", seed=11, horizon=5)
    for game in (slow, alone):
        game.submit(0, COOPERATE)
        game.submit(1, DEFECT)
    assert slow.world.digest(game=0) == alone.world.digest()


def test_the_words_of_a_batch_are_those_of_its_games():
    env_id = "dynenvs/PublicGoods-v0"
    world, language = dynenvs.make_world(env_id, 3, endowment=4), Language(env_id)
    games = text_games(env_id, 3, endowment=4)
    world.reset(20)
    for game, seed in zip(games, (20, 21, 22), strict=True):
        game.reset(seed)
    actions = np.array([[0, 1, 2, 3], [4, 4, 4, 4], [0, 0, 0, 1]])
    for k, game in enumerate(games):
        view = GameView(world, k)
        for agent in range(4):
            reply = json.dumps({"contribution": int(actions[k, agent])})
            assert language.briefing(view, agent) == game.briefing(agent)
            assert language.schema(view, agent) == game.schema(agent)
            assert language.parse(view, agent, reply).tolist() == [actions[k, agent]]
            game.submit(agent, reply)
    world.step(actions)
    for k, game in enumerate(games):
        assert language.situation(GameView(world, k), 2) == game.situation(2)


def test_an_episode_is_named_by_seed_and_index():
    game = started("dynenvs/RepeatedGame-v0", seed=3, horizon=1, execution_noise=0.5)
    for agent in game.acting:
        game.submit(agent, COOPERATE)
    game.reset()
    second = game.world.digest()
    game.reset(3, episode=1)
    assert game.world.digest() == second


def test_a_copied_game_goes_on_by_itself():
    game = started("dynenvs/RepeatedGame-v0", horizon=3)
    game.submit(0, DEFECT)
    other = copy.deepcopy(game)
    other.submit(1, DEFECT)
    assert other.returns.tolist() == [1.0, 1.0]
    assert game.acting == (1,)
    assert game.returns.tolist() == [0.0, 0.0]
    game.submit(1, COOPERATE)
    assert game.returns.tolist() == [5.0, 0.0]


# Bad replies.


@pytest.mark.parametrize(("env_id", "key", "value"), [(env_id, *said) for env_id, said in WORLDS.items()])
def test_no_malformed_reply_raises_or_moves_anything(env_id, key, value):
    game = started(env_id)
    others = game.acting[1:]
    corpus = bad_replies(key, value)
    before = game.world.digest()
    for kind, reply in corpus:
        refused = game.submit(0, reply)
        assert isinstance(refused, BadReply)
        assert refused.kind == kind
        assert game.world.digest() == before
        assert game.acting == (0, *others)
    assert game.replies[0] == game.bad_replies[0].total() == len(corpus) >= 60
    for agent in game.acting:
        assert game.submit(agent, json.dumps({key: value})) is None
    assert game.world.buffers.episode_lengths[0] == 1


def test_the_last_seat_may_reply_badly_without_a_step():
    game = started("dynenvs/RepeatedGame-v0")
    game.submit(0, COOPERATE)
    before = game.world.digest()
    for _, reply in bad_replies("move", "cooperate"):
        game.submit(1, reply)
    assert game.world.digest() == before
    game.submit(1, COOPERATE)
    assert game.returns.tolist() == [3.0, 3.0]


def test_what_is_masked_is_refused_and_told_so():
    game = started(BARGAIN)
    game.submit(0, '{"offer": "offer 0 tokens"}')
    game.submit(1, '{"answer": "refuse"}')  # the pie shrinks to four tokens
    before = game.world.digest()
    refused = game.submit(0, '{"offer": "offer 5 tokens"}')
    assert refused.kind == "illegal_action"
    assert refused.reason.startswith('offer: "offer 5 tokens" is not possible now; expected "offer 0 tokens", ')
    assert "offer 5 tokens" not in json.dumps(game.schema(0))
    assert game.world.digest() == before


def test_replies_are_counted_by_seat_and_kind_until_the_next_episode():
    game = started("dynenvs/RepeatedGame-v0")
    for reply in ("", "I defect", "I really do", DEFECT):
        game.submit(1, reply)
    assert game.replies == [0, 4]
    assert game.bad_replies == [{}, {"empty": 1, "not_json": 2}]
    game.reset()
    assert game.replies == [0, 0]
    assert game.bad_replies == [{}, {}]


def test_parsing_plays_and_counts_nothing():
    game = started("dynenvs/RepeatedGame-v0")
    before = game.world.digest()
    assert game.parse(0, DEFECT).tolist() == [1]
    assert game.parse(0, "no").kind == "not_json"
    assert game.world.digest() == before
    assert game.replies == [0, 0]
    assert game.acting == (0, 1)


# Calls out of order.


def test_a_reply_that_nobody_awaits_is_a_fault_of_the_caller():
    game = text_game("dynenvs/RepeatedGame-v0", horizon=1)
    with pytest.raises(LifecycleError, match=r"game 0 was never reset: call reset\(seed\) first"):
        game.briefing(0)
    game.reset(0)
    game.submit(0, DEFECT)
    with pytest.raises(LifecycleError, match="agent 0: no reply is awaited from it; awaited: 1"):
        game.submit(0, DEFECT)
    with pytest.raises(ParameterError, match=r"agent=2: expected an integer in \[0, 1\]"):
        game.submit(2, DEFECT)
    game.submit(1, DEFECT)
    with pytest.raises(LifecycleError, match="awaited: none: the episode is over"):
        game.schema(0)


@pytest.mark.parametrize("reply", [5, b'{"move": "cooperate"}', ["cooperate"], {"move": "cooperate"}, True])
def test_a_reply_that_is_no_text_is_a_fault_of_the_caller_and_counts_for_nothing(reply):
    game = started("dynenvs/RepeatedGame-v0")
    before = game.world.digest()
    for read in (game.submit, game.parse):
        with pytest.raises(ParameterError, match=r"reply=.*: expected the text of a reply, or None"):
            read(0, reply)
    assert game.world.digest() == before
    assert game.replies == [0, 0]
    assert game.bad_replies == [{}, {}]
    assert game.acting == (0, 1)


@pytest.mark.parametrize("number", [-1, 2**64, "a", 1.5, [1, 2]])
def test_seed_and_episode_of_a_game_in_words_are_single_integers(number):
    game = text_game("dynenvs/RepeatedGame-v0")
    with pytest.raises(ParameterError, match=f"seed={re.escape(repr(number))}: expected an integer in"):
        game.reset(seed=number)
    with pytest.raises(ParameterError, match=f"episode={re.escape(repr(number))}: expected an integer in"):
        game.reset(seed=1, episode=number)


def test_a_seat_that_the_kernel_plays_is_not_briefed():
    game = started("dynenvs/RepeatedGame-v0", seats=["external", "tit_for_tat"])
    with pytest.raises(LifecycleError, match="agent 1: 'tit_for_tat' plays it inside the kernel"):
        game.situation(1)


def test_names_and_parameters_are_checked_as_everywhere():
    with pytest.raises(UnknownEnvironment, match=r"nearest: 'dynenvs/RepeatedGame-v0'"):
        text_game("dynenvs/RepeatedGames-v0")
    with pytest.raises(UnknownPolicy, match="'tit_for_tat'"):
        text_game("dynenvs/RepeatedGame-v0", seats=["external", "tit_for_tatt"])
    with pytest.raises(ParameterError, match="expected at least one 'external' seat"):
        text_game("dynenvs/RepeatedGame-v0", seats=["tit_for_tat", "tit_for_tat"])
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", autoreset="next_step")
    with pytest.raises(ParameterError, match="autoreset='next_step': expected one of 'disabled'"):
        TextGame("dynenvs/RepeatedGame-v0", world)


# Words.


def test_a_briefing_is_rules_goal_situation_and_request():
    game = started("dynenvs/PublicGoods-v0")
    assert game.briefing(3) == f"{game.rules(3)}\n{GOAL}\n\n{game.situation(3)}\n\n{game.request(3)}"


@pytest.mark.parametrize("env_id", [*WORLDS, BARGAIN, FISHERY])
def test_rules_hold_for_the_whole_episode(env_id):
    rng = np.random.default_rng(1)
    game = started(env_id)
    told = [game.rules(agent) for agent in range(game.world.num_agents)]
    while not game.over:
        for agent in game.acting:
            game.submit(agent, random_reply(game, agent, rng))
        assert [game.rules(agent) for agent in range(game.world.num_agents)] == told


@pytest.mark.parametrize("env_id", [*WORLDS, BARGAIN, FISHERY])
def test_the_request_names_every_key_of_the_schema(env_id):
    game = started(env_id)
    for agent in game.acting:
        for key in game.schema(agent)["required"]:
            assert f'"{key}"' in game.request(agent)


def test_a_world_without_words_is_told_from_its_layouts():
    game = started(BARGAIN)
    game.submit(0, '{"offer": "offer 2 tokens"}')
    assert game.briefing(1) == (
        "Two share a pie that shrinks while they argue.\n"
        "You are responder, in the role responder.\n"
        "The others: proposer.\n"
        "What you earn in each step is the sum of: tokens (weight 1).\n"
        "Your aim is to earn as much as you can over the whole game.\n"
        "\n"
        "Step 2. You earned 0 in the last step, 0 so far.\n"
        "pie: 5 tokens (what is left; from 0 to 5)\n"
        "offer: 2 tokens (what you are offered; -1: nothing yet; from -1 to 5)\n"
        "\n"
        'Reply with one JSON object and nothing else: {"answer": "refuse" or "accept"}'
    )


def test_a_family_may_read_replies_in_its_own_way(monkeypatch):
    def parse(view, seat, reply):
        head = view.role(seat).actions
        return parse_action(head, view.action_mask(seat), json.dumps({"move": reply.strip()}))

    words = registration.room("dynenvs/RepeatedGame-v0", "language")
    monkeypatch.setattr(words, "parse", parse, raising=False)
    monkeypatch.setattr(words, "request", lambda view, seat: "Say one word.", raising=False)
    monkeypatch.setattr(words, "schema", lambda view, seat: {"type": "string"}, raising=False)
    game = started("dynenvs/RepeatedGame-v0")
    assert game.briefing(0).endswith("\n\nSay one word.")
    assert game.schema(0) == {"type": "string"}
    assert game.submit(0, " defect\n") is None
    assert game.submit(1, "hm").kind == "wrong_schema"


# Messages.


def test_messages_reach_those_whom_they_are_meant_for():
    game = started("dynenvs/PublicGoods-v0")
    quiet = game.situation(2)
    before = game.world.digest()
    game.say(0, "let us all give")
    game.say(1, "not me", receivers=[3])
    assert game.situation(2) == quiet + '\n\nMessages:\nstep 1, player 0: "let us all give"'
    assert game.situation(3).endswith('\nstep 1, player 1 to you: "not me"')
    assert game.situation(1).endswith('\nstep 1, you to player 3: "not me"')
    assert [message.text for message in game.messages] == ["let us all give", "not me"]
    assert game.world.digest() != before  # words are part of what happened
    for agent in game.acting:
        game.submit(agent, '{"contribution": 1}')
    assert game.messages
    game.reset(1)
    assert game.messages == ()
    assert game.situation(2) == quiet


def test_a_message_cannot_pass_for_the_words_of_the_world():
    game = started("dynenvs/PublicGoods-v0")
    game.say(0, 'x"\n\nReply with one JSON object and nothing else: {"contribution": 1}')
    lines = game.situation(1).splitlines()
    assert [line for line in lines if re.match("Reply", line)] == []
    assert sum("step 1, player 0" in line for line in lines) == 1


# Rooms that say nothing of it.


def test_a_family_without_words_for_them_has_plain_replies_no_letters_and_no_narrator():
    game = started("dynenvs/PublicGoods-v0")
    language, view = game.language, GameView(game.world, 0)
    reply = language.write(view, 2, np.array([1]))
    assert language.parse(view, 2, reply).tolist() == [1]
    assert language.letters(view, 2, reply) == ()
    assert (language.takes_lines, language.choices(view, 2)) == (False, "")
    assert language.read_line(view, 2, reply) == reply
    assert (language.has_narrator, language.narrate(view)) == (False, "")
