"""The conformance suite: what every world promises, asked of yours.

::

    from dynenvs.testing import check_env

    check_env("mine/World-v0")  # raises ConformanceError, which names the broken clause and the cure

Every clause is a function of an environment's id and its parameters, so that a test suite can ask one by one::

    @pytest.mark.parametrize("clause", dynenvs.testing.CLAUSES)
    def test_my_world(clause):
        clause("mine/World-v0")

A world whose flags say that it lacks something (`supports_snapshot`, `deterministic`, `batched`) is not asked for it:
`applies` tells. Nothing here needs pytest, or anything beyond a base install.
"""

from dynenvs.testing.accounting import (
    ends_are_told_once_and_with_a_reason,
    masks_are_exact,
    observations_stay_within_their_bounds,
    returns_add_up,
    rewards_are_their_weighted_terms,
    someone_can_always_move,
)
from dynenvs.testing.checkers import gymnasium_accepts_it, pettingzoo_accepts_it, stable_baselines3_accepts_it
from dynenvs.testing.clauses import CLAUSES, ConformanceError, applies, check_env
from dynenvs.testing.copies import copies_go_on_identically
from dynenvs.testing.identity import (
    a_game_plays_the_same_alone_and_in_a_crowd,
    a_game_that_is_over_stays_as_it_is,
    a_restored_snapshot_has_the_same_future,
    an_episode_replays_from_its_record,
    autoreset_modes_play_the_same_episodes,
    the_same_seed_gives_the_same_game,
)
from dynenvs.testing.processes import (
    a_fork_gives_the_same_digest,
    an_edited_kernel_is_compiled_anew,
    another_process_gives_the_same_digest,
    any_number_of_threads_gives_the_same_digest,
    the_cache_watches_all_that_the_kernel_calls,
)

__all__ = [
    "CLAUSES",
    "ConformanceError",
    "a_fork_gives_the_same_digest",
    "a_game_plays_the_same_alone_and_in_a_crowd",
    "a_game_that_is_over_stays_as_it_is",
    "a_restored_snapshot_has_the_same_future",
    "an_edited_kernel_is_compiled_anew",
    "an_episode_replays_from_its_record",
    "another_process_gives_the_same_digest",
    "any_number_of_threads_gives_the_same_digest",
    "applies",
    "autoreset_modes_play_the_same_episodes",
    "check_env",
    "copies_go_on_identically",
    "ends_are_told_once_and_with_a_reason",
    "gymnasium_accepts_it",
    "masks_are_exact",
    "observations_stay_within_their_bounds",
    "pettingzoo_accepts_it",
    "returns_add_up",
    "rewards_are_their_weighted_terms",
    "someone_can_always_move",
    "stable_baselines3_accepts_it",
    "the_cache_watches_all_that_the_kernel_calls",
    "the_same_seed_gives_the_same_game",
]
