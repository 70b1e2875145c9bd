"""The contract of every world, on the two example worlds: resets, steps, seats, autoreset, messages, snapshots."""

import pickle

import numpy as np
import pytest

from dynenvs.core.errors import IllegalAction, LifecycleError, ParameterError, UnknownPolicy
from examples.worlds.bargain import Bargain, BargainParams
from examples.worlds.fishery import Fishery, FisheryParams

PROPOSER, RESPONDER = 0, 1
REFUSE, ACCEPT = 0, 1


def bargain(games=1, *, seeds=0, **options):
    world = Bargain(BargainParams(), games, **options)
    world.reset(seeds)
    return world


def fishery(games=1, *, seeds=0, **options):
    world = Fishery(FisheryParams(num_fishers=2, horizon=4), games, **options)
    world.reset(seeds)
    return world


def say(world, *pairs):
    """Step with (offer, answer) for every game; only one of the two counts."""
    world.step(np.array(pairs))


class TestReset:
    def test_one_integer_seeds_game_i_with_itself_plus_i(self):
        assert bargain(3, seeds=5).buffers.seeds.tolist() == [5, 6, 7]

    def test_without_a_seed_each_game_goes_on_to_its_next_episode(self):
        world = bargain(2, seeds=[7, 9])
        world.reset()
        world.reset(which=np.array([False, True]))
        assert world.buffers.seeds.tolist() == [7, 9]
        assert world.buffers.episode_index.tolist() == [1, 2]

    def test_an_episode_can_be_asked_for_by_its_index(self):
        world = bargain(2)
        world.reset([3, 4], episodes=[10, 2**40])
        assert world.buffers.episode_index.tolist() == [10, 2**40]

    def test_games_that_are_not_chosen_stay_untouched(self):
        world = bargain(3)
        say(world, (1, 0), (2, 0), (3, 0))
        kept = [world.digest(game) for game in range(3)]
        world.reset(50, which=np.array([False, True, False]))
        assert [world.digest(game) == kept[game] for game in range(3)] == [True, False, True]
        assert world.buffers.seeds.tolist() == [0, 51, 2]

    def test_parameters_can_change_in_some_games_and_stay_until_changed_again(self):
        world = fishery(2)
        world.reset(params={"growth_rate": 1.5}, which=np.array([True, False]))
        world.reset()
        assert world.state.growth_rate.tolist() == [1.5, 0.5]
        assert [params.growth_rate for params in world.game_params] == [1.5, 0.5]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"growth_rate": -1.0}, "growth_rate=-1.0: expected a number in"),
            ({"growht": 1.0}, "growht"),
            ({"num_fishers": 3}, "this changes the layout; make a new world instead"),
        ],
    )
    def test_a_reset_that_is_refused_changes_nothing(self, changes, message):
        world = fishery(2)
        before, params = world.digest(), list(world.game_params)
        with pytest.raises(ParameterError, match=message):
            world.reset(9, params=changes)
        assert (world.digest(), world.game_params) == (before, params)

    def test_an_array_gives_each_chosen_game_its_own_value(self):
        world = fishery(3)
        world.reset(1)
        world.reset(
            params={"growth_rate": np.array([0.7, 0.8, 0.9]), "horizon": 9}, which=np.array([True, False, True])
        )
        assert [params.growth_rate for params in world.game_params] == [0.7, 0.5, 0.9]
        assert world.state.growth_rate.tolist() == [0.7, 0.5, 0.9]
        world.reset(params={"horizon": np.array([3, 4, 5])})
        assert world.state.horizon.tolist() == [3, 4, 5]
        assert world.state.growth_rate.tolist() == [0.7, 0.5, 0.9]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (
                np.array([0.7, 0.8]),
                r"growth_rate=\[0.7, 0.8\]: expected one value, or an array of 3, one a game; got 2",
            ),
            (np.array([0.7, 0.8, 9.0]), r"growth_rate=9.0: expected a number in \(0, 3\)"),
            (np.array([0.7, 0.8, np.nan]), "growth_rate=nan"),
            (np.ones((3, 1)), "growth_rate=array"),
        ],
    )
    def test_an_array_that_does_not_fit_is_refused_and_changes_nothing(self, values, message):
        world = fishery(3)
        world.reset(1)
        before = world.digest()
        with pytest.raises(ParameterError, match=message):
            world.reset(params={"growth_rate": values})
        assert world.digest() == before

    def test_the_first_reset_needs_a_seed(self):
        with pytest.raises(LifecycleError, match="the first reset of a game needs a seed"):
            Bargain(BargainParams()).reset()

    def test_a_choice_of_games_is_a_mask(self):
        world = bargain(2)
        for which in ([0, 1], [True], np.ones(3, bool)):
            with pytest.raises(ParameterError, match=r"expected a mask of bool, shape \(2,\)"):
                world.reset(which=which)
            with pytest.raises(ParameterError, match=r"expected a mask of bool, shape \(2,\)"):
                world.step(world.idle_actions, which=which)


class TestStep:
    def test_a_turn_passes_and_an_agreement_ends_the_game(self):
        world = bargain()
        b = world.buffers
        assert b.acting.tolist() == [[True, False]]
        say(world, (2, 0))
        assert b.acting.tolist() == [[False, True]]
        assert b.vector[0].tolist() == [[5, 0], [5, 2]]
        say(world, (0, ACCEPT))
        assert b.rewards.tolist() == [[3, 2]]
        assert b.terminations.all()
        assert not b.truncations.any()
        assert [world.layout.end_reasons[code] for code in b.end_reason[0]] == ["agreed", "agreed"]
        assert b.episode_lengths.tolist() == [2]
        assert b.final_returns.tolist() == [[3, 2]]

    def test_what_waiting_seats_play_is_ignored(self):
        world = bargain()
        say(world, (2, 99))
        assert world.state.offer.tolist() == [2]

    def test_only_the_chosen_games_move(self):
        world = bargain(3)
        kept = world.digest(1)
        world.step(np.array([[1, 0], [2, 0], [3, 0]]), which=np.array([True, False, True]))
        assert world.state.offer.tolist() == [1, -1, 3]
        assert world.digest(1) == kept

    def test_actions_of_games_that_do_not_move_need_not_be_legal(self):
        world = bargain(2)
        world.step(np.array([[1, 0], [77, 0]]), which=np.array([True, False]))
        assert world.state.offer.tolist() == [1, -1]

    def test_a_step_before_the_first_reset_names_the_game(self):
        world = Bargain(BargainParams(), 3)
        world.reset(0, which=np.array([True, False, True]))
        with pytest.raises(LifecycleError, match="game 1 was never reset"):
            world.step(world.idle_actions)

    def test_games_that_were_reset_can_be_stepped_before_the_others_are(self):
        world = Bargain(BargainParams(), 2)
        first = np.array([True, False])
        world.reset(0, which=first)
        world.step(np.array([[1, 0], [0, 0]]), which=first)
        assert world.buffers.episode_lengths.tolist() == [1, 0]
        with pytest.raises(LifecycleError, match="game 1 was never reset"):
            world.step(world.idle_actions, which=~first)

    @pytest.mark.parametrize(
        ("actions", "message"),
        [
            (np.zeros((2, 2), np.float64), "actions of type float64: expected integers"),
            (np.zeros((2, 2), bool), "actions of type bool: expected integers"),
            (np.zeros((2, 3), np.int64), r"actions of shape \(2, 3\): expected \(2, 2, 1\) \(games, agents, heads\)"),
            (np.zeros(2, np.int64), r"actions of shape \(2,\): expected \(2, 2, 1\)"),
            (None, r"actions=None: expected integers of shape \(2, 2, 1\) \(games, agents, heads\)"),
            ([["a", 0], [0, 0]], r"actions=\[\['a', '0'\], \['0', '0'\]\]: expected integers of shape \(2, 2, 1\)"),
            ([[0, 0], [0]], r"actions=\[\[0, 0\], \[0\]\]: expected an array, as many numbers in every row"),
            (np.array([[0, 0], [6, 0]]), r"game 1, agent 0: offer 6 is outside 0\.\.5; legal here: 0, 1, 2, 3, 4, 5"),
            (np.array([[0, 0], [-1, 0]]), r"game 1, agent 0: offer -1 is outside 0\.\.5"),
        ],
    )
    def test_actions_that_do_not_fit_are_refused_and_move_nothing(self, actions, message):
        world = bargain(2)
        before = world.digest()
        with pytest.raises(IllegalAction, match=message):
            world.step(actions)
        assert world.digest() == before

    def test_a_masked_action_names_game_and_agent(self):
        world = bargain(3)
        say(world, (1, 0), (1, 0), (1, 0))
        say(world, (0, REFUSE), (0, REFUSE), (0, REFUSE))
        with pytest.raises(IllegalAction, match="game 2, agent 0: offer 5 is masked; legal here: 0, 1, 2, 3, 4"):
            say(world, (0, 0), (0, 0), (5, 0))

    def test_continuous_actions_stay_within_their_bounds(self):
        world = fishery(2)
        for effort in (-0.1, 1.1, np.nan):
            with pytest.raises(
                IllegalAction, match=r"game 1, agent 0: action \[.*\] is out of bounds; expected effort"
            ):
                world.step(np.array([[0.0, 0.0], [effort, 0.0]]))

    def test_every_integer_and_number_type_is_taken(self):
        for dtype in (np.int8, np.uint16, np.int32):
            world = bargain()
            world.step(np.array([[2, 0]], dtype))
            assert world.state.offer.tolist() == [2]
        world = fishery()
        world.step(np.array([[1, 0]], np.float32))
        assert world.buffers.rewards.tolist() == [[0.5, 0.0]]

    def test_actions_may_be_checked_before_anything_moves(self):
        world = bargain()
        before = world.digest()
        world.check_actions([[5, 0]], np.array([True, True]))
        world.check_actions([[6, 0]], np.array([False, True]))
        with pytest.raises(IllegalAction, match="offer 6"):
            world.check_actions([[6, 0]], np.array([True, False]))
        assert world.digest() == before


class TestAutoreset:
    """Two seasons, then the next episode: what is seen at which step, in each mode."""

    def timeline(self, mode, steps=5):
        world = Fishery(FisheryParams(num_fishers=2, horizon=2), autoreset=mode)
        world.reset(0)
        b = world.buffers
        rows = []
        for _ in range(steps):
            world.step(np.full((1, 2), 0.1))
            season = round(float(b.vector[0, 0, 1]) * 2)
            rows.append((int(b.episode_index[0]), season, bool(b.terminations.all()), bool(b.rewards.any())))
        return rows

    def test_disabled_stays_where_it_ended(self):
        over = (0, 2, True, False)
        assert self.timeline("disabled") == [(0, 1, False, True), (0, 2, True, True), over, over, over]

    def test_next_step_begins_anew_in_a_step_that_plays_nothing(self):
        assert self.timeline("next_step") == [
            (0, 1, False, True),
            (0, 2, True, True),
            (1, 0, False, False),
            (1, 1, False, True),
            (1, 2, True, True),
        ]

    def test_same_step_begins_anew_in_the_step_that_ended(self):
        assert self.timeline("same_step") == [
            (0, 1, False, True),
            (1, 0, True, True),
            (1, 1, False, True),
            (2, 0, True, True),
            (2, 1, False, True),
        ]

    @pytest.mark.parametrize("mode", ["disabled", "next_step", "same_step"])
    def test_how_an_episode_ended_is_kept_in_every_mode(self, mode):
        world = Fishery(FisheryParams(num_fishers=2, horizon=2), autoreset=mode)
        world.reset(0)
        world.step([[0.1, 0.2]])
        first = world.buffers.rewards.copy()
        world.step([[0.1, 0.2]])
        np.testing.assert_array_equal(world.buffers.final_returns, first + world.buffers.rewards)
        assert world.buffers.final_lengths.tolist() == [2]
        assert world.buffers.final_vector[0, :, 1].tolist() == [1, 1]

    def test_an_abandoned_game_is_over(self):
        world = bargain(2)
        say(world, (1, 0), (1, 0))
        world.abandon(np.array([False, True]))
        assert world.buffers.alive.tolist() == [[True, True], [False, False]]
        kept = world.digest(1)
        world.step(np.array([[0, ACCEPT], [0, 0]]))
        assert world.digest(1) == kept
        assert world.buffers.rewards.tolist() == [[4, 1], [0, 0]]

    def test_an_abandoned_game_begins_anew_as_autoreset_says(self):
        world = bargain(1, autoreset="next_step")
        say(world, (1, 0))
        world.abandon(np.array([True]))
        say(world, (0, 0))
        assert (world.buffers.episode_index[0], world.buffers.episode_lengths[0]) == (1, 0)

        world = bargain(1, autoreset="same_step")
        say(world, (1, 0))
        world.abandon(np.array([True]))
        assert world.buffers.episode_index[0] == 1
        assert world.buffers.final_lengths[0] == 1

    def test_an_unknown_mode_lists_the_known_ones(self):
        with pytest.raises(ParameterError, match="autoreset='sometimes': expected one of 'disabled', 'next_step'"):
            Bargain(BargainParams(), autoreset="sometimes")


class TestSeats:
    def test_seats_are_external_by_default(self):
        world = bargain(2)
        assert world.buffers.seats.tolist() == [[-1, -1], [-1, -1]]
        assert world.seat_name(-1) == "external"

    def test_seats_are_drawn_for_every_episode_by_its_seed(self):
        table = ["external", [-2, -3, -4]]
        world = bargain(600, seats=table)
        drawn = world.buffers.seats[:, RESPONDER].copy()
        assert np.bincount(-drawn)[2:].tolist() == pytest.approx([200, 200, 200], abs=45)
        world.reset()
        assert (world.buffers.seats[:, RESPONDER] != drawn).mean() == pytest.approx(2 / 3, abs=0.1)
        alone = bargain(1, seeds=[599], seats=table)
        assert alone.buffers.seats[0, RESPONDER] == drawn[599]

    def test_seats_can_be_assigned_game_by_game_from_the_next_episode_on(self):
        world = bargain(2)
        world.assign_seats([["external", -2], [-3, "external"]])
        assert world.buffers.seats.tolist() == [[-1, -1], [-1, -1]]
        world.reset()
        assert world.buffers.seats.tolist() == [[-1, -2], [-3, -1]]

    def test_an_unknown_background_policy_is_refused(self):
        with pytest.raises(UnknownPolicy, match="no background policy 'nobody'"):
            Bargain(BargainParams(), seats=["external", "nobody"])

    def test_a_table_that_is_refused_leaves_the_old_one(self):
        world = bargain(1, seats=["external", -2])
        with pytest.raises(ParameterError):
            world.set_seats(["external"])
        world.reset()
        assert world.seats == ("external", -2)
        assert world.buffers.seats.tolist() == [[-1, -2]]


class TestMessages:
    def test_messages_belong_to_the_running_episode(self):
        world = bargain(2)
        world.say(0, PROPOSER, "take it")
        say(world, (1, 0), (1, 0))
        world.say(0, RESPONDER, "never", receivers=[PROPOSER])
        said = world.messages(0)
        assert [(one.episode, one.step, one.sender, one.receivers, one.text) for one in said] == [
            (0, 0, PROPOSER, (), "take it"),
            (0, 1, RESPONDER, (PROPOSER,), "never"),
        ]
        assert world.messages(1) == ()

    @pytest.mark.parametrize("seeds", [None, 7])
    def test_a_reset_ends_them(self, seeds):
        world = bargain()
        world.say(0, PROPOSER, "take it")
        world.reset(seeds)
        assert world.messages(0) == ()

    def test_words_are_in_the_digest_and_change_no_number(self):
        quiet, talking = bargain(), bargain()
        talking.say(0, PROPOSER, "take it")
        assert quiet.digest() != talking.digest()
        say(quiet, (2, 0))
        say(talking, (2, 0))
        np.testing.assert_array_equal(quiet.buffers.vector, talking.buffers.vector)


class TestSnapshots:
    def test_restoring_brings_back_every_byte_and_word(self):
        world = bargain(2)
        world.say(1, PROPOSER, "take it")
        snapshot, digest = world.snapshot(), world.digest()
        say(world, (2, 0), (3, 0))
        world.say(1, RESPONDER, "well")
        world.restore(snapshot)
        assert world.digest() == digest
        assert [one.text for one in world.messages(1)] == ["take it"]

    def test_a_snapshot_brings_its_seats_and_parameters_along(self):
        world = fishery(1, seats=["external", [-2, -3]])
        world.reset(params={"growth_rate": 1.0})
        snapshot = world.snapshot()
        other = fishery(1, seeds=99)
        other.restore(snapshot)
        for one in (world, other):
            one.reset()
        assert other.digest() == world.digest()
        assert other.game_params == world.game_params

    def test_a_snapshot_of_another_world_is_refused_and_changes_nothing(self):
        world = bargain(2)
        before = world.digest()
        for other in (bargain(3), fishery(2)):
            with pytest.raises(ParameterError, match="this snapshot is of another world"):
                world.restore(other.snapshot())
        assert world.digest() == before

    @pytest.mark.parametrize("wrong", [None, 5, "snapshot", {}])
    def test_what_is_no_snapshot_is_refused_and_changes_nothing(self, wrong):
        world = bargain(2)
        before = world.digest()
        with pytest.raises(ParameterError, match=f"snapshot={wrong!r}: expected what `snapshot` of such a world gives"):
            world.restore(wrong)
        assert world.digest() == before

    @pytest.mark.parametrize("game", [99, 2, -1, 1.0, True, "0"])
    def test_the_digest_of_a_game_that_is_not_there_is_refused(self, game):
        with pytest.raises(ParameterError, match=rf"game={game!r}: expected an integer in \[0, 1\]"):
            bargain(2).digest(game)

    def test_a_snapshot_from_before_the_first_reset_still_asks_for_it(self):
        fresh = Bargain(BargainParams()).snapshot()
        world = bargain()
        say(world, (1, 0))
        world.restore(fresh)
        with pytest.raises(LifecycleError, match="game 0 was never reset"):
            say(world, (1, 0))

    def test_a_pickled_world_is_the_same_world(self):
        world = fishery(2, autoreset="same_step", threads=2, seats=["external", [-2, -3]])
        again = pickle.loads(pickle.dumps(world))
        for one in (world, again):
            for _ in range(9):
                one.step(np.full((2, 2), 0.2))
        assert again.digest() == world.digest()
        assert (again.autoreset, again.threads, again.seats) == (world.autoreset, world.threads, world.seats)

    def test_the_digest_of_a_game_is_that_of_the_world_that_plays_it_alone(self):
        crowd, alone = bargain(5), bargain(seeds=3)
        assert crowd.digest(3) == alone.digest(0) == alone.digest()
        assert crowd.digest(2) != crowd.digest(3)


def test_sampled_actions_are_legal_and_reach_every_option():
    world = bargain(400)
    rng = np.random.Generator(np.random.Philox(1))
    actions = world.sample_actions(rng)
    assert np.bincount(actions[:, PROPOSER]).tolist() == pytest.approx([67] * 6, abs=35)
    world.step(actions)
    world.step(np.stack([actions[:, 0], np.full(400, REFUSE)], axis=1))
    assert world.sample_actions(rng)[:, PROPOSER].max() == 4


def test_sampled_numbers_fill_their_bounds():
    world = fishery(500)
    efforts = world.sample_actions(np.random.Generator(np.random.Philox(1)))
    assert efforts.dtype == np.float64
    assert 0 <= efforts.min() < 0.02
    assert 0.98 < efforts.max() <= 1


@pytest.mark.parametrize("num_games", [2**24 + 1, 2**40, 2**62, 10**30])
def test_more_games_than_any_memory_holds_are_refused(num_games):
    with pytest.raises(ParameterError, match=rf"num_games={num_games}: expected an integer in \[1, 16777216\]"):
        Bargain(BargainParams(), num_games)


def test_more_games_than_this_memory_holds_are_told_as_such(monkeypatch):
    def full(self, num_games):
        raise MemoryError

    monkeypatch.setattr(Bargain, "make_state", full)
    with pytest.raises(ParameterError, match="num_games=7: expected fewer, the memory is too small for them"):
        Bargain(BargainParams(), 7)


@pytest.mark.parametrize("number", [0, -1, 1.5, True])
def test_games_and_threads_are_counted_in_whole_numbers(number):
    with pytest.raises(ParameterError, match="num_games="):
        Bargain(BargainParams(), number)
    with pytest.raises(ParameterError, match="threads="):
        Bargain(BargainParams(), threads=number)
