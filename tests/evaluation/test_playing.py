"""Games in step, and games at their own pace."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynenvs.core.errors import IllegalAction
from dynenvs.evaluation.episodes import Matchup, play_matchups, replay
from dynenvs.evaluation.playing import play, seat_policies
from dynenvs.policies import BackgroundPolicy, RandomPolicy, make_policy

from .patient import Patient

GAME = "dynenvs/RepeatedGame-v0"
POT = "dynenvs/PublicGoods-v0"
SEEDS = list(range(100, 112))


def against(policy, opponent="tit_for_tat"):
    return Matchup((policy, make_policy(opponent, GAME)), opponent, (0,))


def play_against(policy, seeds=SEEDS, opponent="tit_for_tat", **options):
    options = {"horizon": 5, "notice": lambda text: None, **options}
    return play_matchups(GAME, [against(policy, opponent)], seeds, **options)


def test_a_policy_that_waits_plays_as_one_that_does_not():
    patient = play_against(Patient("always_cooperate"), execution_noise=0.2, continuation=0.9, opponent="joss")
    prompt = play_against(BackgroundPolicy("always_cooperate"), execution_noise=0.2, continuation=0.9, opponent="joss")
    assert [record.returns for record in patient] == [record.returns for record in prompt]
    assert [record.length for record in patient] == [record.length for record in prompt]
    assert len({record.length for record in patient}) > 1
    assert all(replay(record, [Patient(), make_policy("joss", GAME)]) for record in patient)


def test_no_more_games_are_under_way_than_the_policy_can_decide_for():
    policy = Patient(concurrency=4)
    play_against(policy)
    assert policy.most_under_way == 4
    begun = [game for game, step in policy.log if step == 0]
    ended = [game for game, step in policy.log if step == 4]
    assert policy.log.index((ended[0], 4)) < policy.log.index((begun[-1], 0))


def test_a_policy_that_does_not_wait_may_sit_beside_one_that_does():
    pair = Matchup((Patient(), RandomPolicy()), "random_legal", (0,))
    (mixed,) = play_matchups(GAME, [pair], [7], horizon=20)
    alone = play_against(BackgroundPolicy("always_cooperate"), [7], "random_legal", horizon=20)
    assert [mixed.returns] == [record.returns for record in alone]


@pytest.mark.parametrize("reason", ["budget", "infrastructure"])
def test_an_episode_that_cannot_go_on_is_named_and_not_recorded(reason):
    told = []
    policy = Patient(fails=lambda seed, step: reason if seed == 103 and step == 2 else None)
    records = play_against(policy, notice=told.append)
    assert [record.trial for record in records] == [trial for trial, seed in enumerate(SEEDS) if seed != 103]
    assert {record.planned for record in records} == {len(SEEDS)}
    assert told == [f"patient against tit_for_tat: 1 of 12 episodes unfinished: {reason}: no {reason} left"]


def test_the_default_notice_is_a_warning():
    policy = Patient(fails=lambda seed, step: "budget")
    with pytest.warns(UserWarning, match="1 of 1 episodes unfinished: budget"):
        assert play_matchups(GAME, [against(policy)], [1], horizon=5) == []


def test_when_nothing_answers_any_more_no_further_games_are_begun():
    policy = Patient(concurrency=1, fails=lambda seed, step: "infrastructure" if seed >= 3 else None)
    told = []
    records = play_against(policy, range(100), notice=told.append)
    assert [record.seed for record in records] == [0, 1, 2]
    assert len(policy.log) == 3 * 5
    assert told == [
        "patient against tit_for_tat: 97 of 100 episodes unfinished: infrastructure: no infrastructure left"
    ]


def test_single_failures_stop_nothing():
    policy = Patient(concurrency=1, fails=lambda seed, step: "infrastructure" if seed % 2 else None)
    assert len(play_against(policy, range(40))) == 20


def test_a_fault_of_a_policy_is_not_hidden():
    class Broken(Patient):
        async def aact(self, turn):
            return await super().aact(turn) + 9

    with pytest.raises(IllegalAction, match="move 9 is outside"):
        play_against(Broken())


def test_words_arrive_when_all_have_decided():
    readers = []

    class Reader(Patient):
        async def aact(self, turn):
            readers.append([message.text for message in turn.world.messages(int(turn.games[0]))])
            return await super().aact(turn)

    pair = Matchup((Reader("a", talks=True), Reader("b", talks=True)), "", (0, 1))
    (record,) = play_matchups(GAME, [pair], [5], horizon=3)
    heard = [[], [], ["step 0"] * 2, ["step 0"] * 2, ["step 0", "step 0", "step 1", "step 1"]]
    assert readers[:5] == heard
    assert readers[5] == readers[4]
    assert replay(record, [Patient("a", talks=True), Patient("b", talks=True)])
    assert not replay(record, [Patient("a", talks=True), Patient("b")])


def test_words_of_all_seats_stand_in_the_order_of_the_seats():
    world, players = seat_policies(POT, [Patient(str(agent), talks=True) for agent in range(4)], 3, horizon=2)
    world.reset([0, 1, 2])
    play(world, players)
    for game in range(3):
        assert [message.sender for message in world.messages(game)] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_what_policies_count_and_use_stands_in_the_record():
    (record,) = play_against(Patient(), [1])
    assert record.counts["decisions"] == (5.0, 0.0)
    assert record.versions["agent_0.patience"] == "1"


def test_a_notebook_can_play_too():
    async def cell():
        return play_against(Patient(), [1, 2])

    with ThreadPoolExecutor(1) as notebook:  # a thread of its own: other tests leave a loop running in ours
        assert len(notebook.submit(lambda: asyncio.run(cell())).result()) == 2
