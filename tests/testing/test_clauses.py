"""The conformance suite catches what it says it does: for every clause there is a world that breaks it."""

import re
import subprocess
import sys

import pytest

from dynenvs import registration, testing
from dynenvs.registration import EnvSpec
from dynenvs.testing import CLAUSES, ConformanceError, applies, check_env

from . import broken_worlds as worlds
from . import kernels_in_hiding
from .broken_worlds import broken_worlds, env_id  # noqa: F401

FAULTS = [
    ("masks_are_exact", worlds.RefusesTheLegal, "a legal action is refused: game ., agent 1: no c today"),
    ("masks_are_exact", worlds.TakesTheMasked, r"game ., agent .: \[.*\] is not legal, and steps"),
    (
        "rewards_are_their_weighted_terms",
        worlds.AddsToRewards,
        "rewards of step 1: .* instead of .*; cure: write",
    ),
    ("rewards_are_their_weighted_terms", worlds.PaysTheDead, "terms of dead agents in step 5: 1.0 instead of 0.0"),
    ("returns_add_up", worlds.ForgetsReturns, "returns: .* instead of .*; cure: leave episode_returns"),
    ("ends_are_told_once_and_with_a_reason", worlds.EndsWithoutReason, "an end without a reason"),
    ("ends_are_told_once_and_with_a_reason", worlds.CallsItselfSimultaneous, "a seat waits or leaves early"),
    ("someone_can_always_move", worlds.GivesNobodyTheTurn, r"nobody acts in game \[0\]; cure: give someone the turn"),
    ("someone_can_always_move", worlds.MasksEverything, r"agent 1 acts without a legal option in head 'move'"),
    (
        "observations_stay_within_their_bounds",
        worlds.SeesTooFar,
        r"\(player\): mood is \[1.5\], outside \[0, 1\]",
    ),
    ("copies_go_on_identically", worlds.KeepsAnotherClock, "a deep copy of the world differs from the original"),
    ("the_same_seed_gives_the_same_game", worlds.DrawsFromOutside, "two worlds differ after step 1"),
    (
        "a_game_plays_the_same_alone_and_in_a_crowd",
        worlds.LooksAtItsNeighbours,
        "game 21 of 64 differs .*reward_terms is",
    ),
    ("autoreset_modes_play_the_same_episodes", worlds.KnowsItsMode, "differs between 'disabled' and 'same_step'"),
    ("an_episode_replays_from_its_record", worlds.RemembersTheLastEpisode, r"differs from its record at step \[0\]"),
    ("a_restored_snapshot_has_the_same_future", worlds.KeepsAnotherClock, "it has another future from step"),
    ("a_game_that_is_over_stays_as_it_is", worlds.LivesOn, "state.mood changes after the end of the game"),
    ("any_number_of_threads_gives_the_same_digest", worlds.CountsThreads, "2 threads give another digest than one"),
    ("another_process_gives_the_same_digest", worlds.KnowsItsProcess, "another process gives another digest"),
    ("a_fork_gives_the_same_digest", worlds.KnowsItsProcess, "a forked process gives another digest"),
    ("gymnasium_accepts_it", worlds.SeesTooFar, "obs"),
    ("pettingzoo_accepts_it", worlds.SeesTooFar, "Out of bounds observation"),
    ("stable_baselines3_accepts_it", worlds.SeesTooFar, "observation|bound"),
]


@pytest.mark.parametrize(("clause", "world", "message"), FAULTS, ids=lambda one: getattr(one, "__name__", None))
def test_a_fault_is_told_with_its_clause_and_a_cure(clause, world, message):
    with pytest.raises(ConformanceError, match=message) as caught:
        getattr(testing, clause)(env_id(world))
    title = f"{env_id(world)}: {clause.replace('_', ' ')}: "
    assert re.fullmatch(rf"{re.escape(title)}.+; cure: .+", str(caught.value), re.DOTALL)


def test_a_world_without_fault_keeps_every_clause():
    kept = check_env(env_id(worlds.Sound))
    assert kept == [clause.__name__ for clause in CLAUSES]


def test_check_env_stops_at_the_first_broken_clause():
    with pytest.raises(ConformanceError, match="returns add up"):
        check_env(env_id(worlds.ForgetsReturns))


def test_a_world_is_asked_for_exactly_what_its_flags_promise():
    kept = check_env(env_id(worlds.Frail))
    assert kept == [clause.__name__ for clause in CLAUSES if applies(clause, env_id(worlds.Frail))]
    assert {"masks_are_exact", "returns_add_up", "stable_baselines3_accepts_it"} <= set(kept)
    left_out = {clause.__name__ for clause in CLAUSES} - set(kept)
    assert {
        "the_same_seed_gives_the_same_game",
        "a_game_plays_the_same_alone_and_in_a_crowd",
        "a_restored_snapshot_has_the_same_future",
        "copies_go_on_identically",
    } <= left_out


@pytest.fixture
def hiding(monkeypatch):
    """Make the worlds whose kernels hide something known, and give the id of one."""

    def known(name):
        place = kernels_in_hiding.__name__
        spec = EnvSpec(
            id=f"broken/{name}-v0",
            world=f"{place}:{name}",
            params="examples.worlds.bargain:BargainParams",
            about="For tests.",
            paper="-",
        )
        monkeypatch.setitem(registration._SPECS, spec.id, spec)
        return spec.id

    return known


def test_a_rule_that_the_cache_cannot_see_is_told(hiding):
    with pytest.raises(ConformanceError, match=r"double of .*hidden_rules\.py can be edited unseen; cure: import it"):
        testing.the_cache_watches_all_that_the_kernel_calls(hiding("HidesARule"))


@pytest.mark.slow
def test_a_kernel_with_a_cache_of_its_own_is_told(hiding):
    with pytest.raises(ConformanceError, match="a kernel was served from the cache although"):
        testing.an_edited_kernel_is_compiled_anew(hiding("KeepsItsOwnCache"))


def test_the_suite_is_whole_without_pytest_and_sb3():
    code = """
import importlib.util, sys
extras = ("pytest", "stable_baselines3", "torch", "pygame", "scipy", "polars")
sys.modules |= dict.fromkeys(extras)  # None: an import of it fails
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in extras else find_spec(name, package)
from dynenvs import testing
for clause in testing.CLAUSES:
    if "process" not in clause.__name__ and "edited" not in clause.__name__:
        clause("dynenvs/RepeatedGame-v0", horizon=5)
print(len(testing.CLAUSES))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == str(len(CLAUSES)), run.stderr
