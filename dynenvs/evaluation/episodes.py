"""Play policies and write down what happened: episodes become records.

Every matchup is played as one batch, and trial t has the same seed in all of them (common random numbers), so that
differences between policies are not differences of luck. Any record can be played again by itself: `replay`.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.players import Players
from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import EXTERNAL
from dynenvs.core.world import World
from dynenvs.evaluation.records import EpisodeRecord, canonical_json
from dynenvs.policies import Policy, make_policy

__all__ = ["Matchup", "evaluate", "evaluation_seeds", "play", "play_matchup", "replay", "round_robin"]

_SEED_STREAM = 0x6576616C  # "eval": training seeds count up from what the user gives, these are far away


@dataclass(frozen=True)
class Matchup:
    """Who sits where, and who of them is measured.

    Attributes
    ----------
    policies : tuple of Policy
        One a seat.
    label : str
        Name of the opponents' side.
    focal : tuple of int
        Seats that are measured.
    """

    policies: tuple[Policy, ...]
    label: str
    focal: tuple[int, ...]


class Outcome(NamedTuple):
    """What is gathered while games are played to their end.

    Attributes
    ----------
    terms : ndarray of float64, shape (num_games, num_agents, terms)
        Sums of the reward terms.
    digests : list of str
        Digest of each game as its last step left it.
    """

    terms: NDArray[np.float64]
    digests: list[str]


def evaluation_seeds(seed: int, count: int) -> list[int]:
    """Derive the seeds of `count` trials from one, far from those of training.

    Raises
    ------
    ParameterError
        If `seed` is no integer in [0, 2^64), or `count` is below 1.
    """
    check_integer("seed", seed, 0, 2**64 - 1)
    check_integer("episodes", count, 1)
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, _SEED_STREAM], np.uint64)))
    return [int(drawn) for drawn in rng.integers(2**63, size=count)]


def evaluate(
    env_id: str,
    policies: Sequence[str],
    *,
    opponents: Sequence[str] | None = None,
    episodes: int = 1000,
    seed: int = 0,
    seat: int = 0,
    progress: Callable[[str], None] = lambda label: None,
    **params: Any,
) -> list[EpisodeRecord]:
    """Play fresh episodes of every policy against every opponent.

    Parameters
    ----------
    env_id : str
        A registered id.
    policies : sequence of str
        Strings of `dynenvs.make_policy`: those that are measured.
    opponents : sequence of str, optional
        Who plays all other seats, one after another; by default what the environment's record says. Ignored where
        there are no other seats.
    episodes : int
        Trials of each policy against each opponent.
    seed : int
        Gives the seeds of all trials.
    seat : int
        The seat that is measured.
    progress : callable, optional
        Told the label of each matchup before it is played.
    **params
        As in `dynenvs.make_params`.

    Returns
    -------
    list of EpisodeRecord
        One an episode.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        If a name does not exist, or a value is out of range.
    """
    num_agents = _num_agents(env_id, params)
    check_integer("seat", seat, 0, num_agents - 1)
    seeds = evaluation_seeds(seed, episodes)
    matchups = [
        _matchup(make_policy(name, env_id), opponent, seat, num_agents, env_id)
        for name in policies
        for opponent in _opponents(env_id, opponents, num_agents)
    ]
    records: list[EpisodeRecord] = []
    for matchup in matchups:
        progress(" against ".join(filter(None, (matchup.policies[seat].name, matchup.label))))
        records += play_matchup(env_id, matchup, seeds, **params)
    return records


def round_robin(
    env_id: str,
    policies: Sequence[str],
    *,
    repetitions: int = 5,
    seed: int = 0,
    progress: Callable[[str], None] = lambda label: None,
    **params: Any,
) -> list[EpisodeRecord]:
    """Let every policy meet every other, from both seats, and itself: a tournament of a two-player environment.

    Parameters
    ----------
    env_id : str
        A registered id of two players.
    policies : sequence of str
        Strings of `dynenvs.make_policy`.
    repetitions : int
        Episodes of each ordered pair.
    seed, progress, **params
        As in `evaluate`.

    Returns
    -------
    list of EpisodeRecord
        Both seats are focal.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        As `evaluate`; also if the environment has another number of players.
    """
    if _num_agents(env_id, params) != 2:
        raise ParameterError(f"{env_id} has {_num_agents(env_id, params)} players: expected two in a round robin")
    seeds = evaluation_seeds(seed, repetitions)
    records: list[EpisodeRecord] = []
    for first in policies:
        progress(first)
        for second in policies:
            pair = make_policy(first, env_id), make_policy(second, env_id)
            records += play_matchup(env_id, Matchup(pair, "", (0, 1)), seeds, **params)
    return records


def play_matchup(env_id: str, matchup: Matchup, seeds: Sequence[int], **params: Any) -> list[EpisodeRecord]:
    """Play one episode a seed, all in one batch, and record them."""
    started = time.perf_counter()
    world, players = seat_policies(env_id, matchup.policies, len(seeds), **params)
    world.reset(seeds)
    outcome = play(world, players)
    metrics_room = registration.room(env_id, "metrics")
    metrics = metrics_room.metrics(world, np.arange(world.num_games)) if metrics_room else {}
    b, layout = world.buffers, world.layout
    shared: dict[str, Any] = {
        "env_id": env_id,
        "params": canonical_json(_json_params(params)),
        "rules_digest": registration.rules_digest(env_id, **params),
        "planned": len(seeds),
        "matchup": matchup.label,
        "policies": tuple(policy.name for policy in matchup.policies),
        "policy_digests": tuple(policy.digest() for policy in matchup.policies),
        "focal": matchup.focal,
        "versions": _versions(),
        "wall_time": (time.perf_counter() - started) / len(seeds),
    }
    return [
        EpisodeRecord(
            **shared,
            seed=seed,
            episode_index=int(b.episode_index[game]),
            trial=game,
            returns=tuple(b.episode_returns[game]),
            length=int(b.episode_lengths[game]),
            reward_terms={name: tuple(outcome.terms[game, :, k]) for k, name in enumerate(layout.reward_terms)},
            metrics={name: tuple(values[game]) for name, values in metrics.items()},
            end_reasons=tuple(layout.end_reasons[code] for code in b.end_reason[game]),
            state_digest=outcome.digests[game],
        )
        for game, seed in enumerate(seeds)
    ]


def seat_policies(env_id: str, policies: Sequence[Policy], num_games: int, **params: Any) -> tuple[World, Players]:
    """Make a world with these policies on its seats.

    Returns
    -------
    world : World
        To be reset.
    players : Players
        Those of them that have to be asked.
    """
    asked = {EXTERNAL - 1 - agent: policy for agent, policy in enumerate(policies) if policy.seat == "external"}
    seats = [
        EXTERNAL - 1 - agent if policy.seat == "external" else policy.seat for agent, policy in enumerate(policies)
    ]
    world = registration.make_world(env_id, num_games, seats=seats, **params)
    return world, Players(world, asked)


def play(world: World, players: Players) -> Outcome:
    """Play the games of a world that has been reset to their end.

    Parameters
    ----------
    world : World
        With ``autoreset="disabled"``.
    players : Players
        Whoever is to be asked, as `seat_policies` gives them.

    Returns
    -------
    Outcome
        What the world does not keep.
    """
    b = world.buffers
    outcome = Outcome(np.zeros_like(b.reward_terms), [""] * world.num_games)
    actions = np.zeros_like(world.idle_actions)
    under_way = b.alive.any(axis=1)
    while under_way.any():
        players.ask(b.acting, actions)
        world.step(actions)
        outcome.terms[...] += b.reward_terms
        still = b.alive.any(axis=1)
        for game in np.flatnonzero(under_way & ~still):
            outcome.digests[game] = world.digest(int(game))
        under_way = still
    return outcome


def replay(record: EpisodeRecord, policies: Sequence[Policy] | None = None) -> bool:
    """Play the episode of a record again, alone, and say whether it ends in the very same state.

    Parameters
    ----------
    record : EpisodeRecord
        What to play.
    policies : sequence of Policy, optional
        One a seat; by default made from the names in the record.

    Returns
    -------
    bool
        Whether digests agree.
    """
    if policies is None:
        policies = [make_policy(name, record.env_id) for name in record.policies]
    world, players = seat_policies(record.env_id, policies, 1, **json.loads(record.params))
    world.reset([record.seed], episodes=[record.episode_index])
    return play(world, players).digests == [record.state_digest]


def _matchup(policy: Policy, opponent: str, seat: int, num_agents: int, env_id: str) -> Matchup:
    seats = [policy if agent == seat else make_policy(opponent, env_id) for agent in range(num_agents)]
    return Matchup(tuple(seats), opponent, (seat,))


def _opponents(env_id: str, opponents: Sequence[str] | None, num_agents: int) -> list[str]:
    if num_agents == 1:
        return [""]
    chosen = registration.spec(env_id).background if opponents is None else opponents
    listed = [chosen] if isinstance(chosen, str) else list(chosen)  # type: ignore[arg-type]
    if not listed or not all(isinstance(name, str) for name in listed):
        raise ParameterError(f"opponents={opponents!r}: expected names of policies")
    return [str(name) for name in listed]


def _num_agents(env_id: str, params: dict[str, Any]) -> int:
    world_type = registration.world_type(env_id)
    return world_type.describe(registration.make_params(env_id, **params)).num_agents


def _json_params(params: dict[str, Any]) -> dict[str, Any]:
    """Bring parameters into JSON's types: tuples and arrays become lists."""
    parsed: dict[str, Any] = json.loads(json.dumps(params, default=lambda value: np.asarray(value).tolist()))
    return parsed


def _versions() -> dict[str, str]:
    packages = {name: metadata.version(name) for name in ("dynenvs", "numpy", "numba")}
    return {**packages, "python": platform.python_version(), "machine": platform.machine()}
