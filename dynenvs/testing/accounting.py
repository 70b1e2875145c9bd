"""Clauses about what a world shows: masks, rewards, returns, ends and observations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import IllegalAction
from dynenvs.core.layouts import ObservationLayout
from dynenvs.core.world import World
from dynenvs.testing.clauses import clause, require
from dynenvs.testing.play import going_on, lively_world, random_steps

__all__ = [
    "ends_are_told_once_and_with_a_reason",
    "masks_are_exact",
    "observations_stay_within_their_bounds",
    "returns_add_up",
    "rewards_are_their_weighted_terms",
    "someone_can_always_move",
]

STEPS = 250
MOST_OPTIONS = 24
"""Options of one head that are tried, drawn at random, where a head has more."""


@clause()
def someone_can_always_move(env_id: str, **params: Any) -> None:
    """While a game goes on somebody acts, and who acts has a legal option in every head."""
    world = lively_world(env_id, 8, params)
    _check_turns(world)
    for _ in random_steps(world, STEPS):
        _check_turns(world)


@clause()
def masks_are_exact(env_id: str, **params: Any) -> None:
    """Every legal action steps; every other one is refused by game and agent, and moves nothing."""
    world = lively_world(env_id, 3, params, autoreset="disabled")
    rng = np.random.Generator(np.random.Philox(key=3))
    for _ in range(4):
        acting = world.buffers.acting & (world.buffers.seats < 0)
        for game, agent in zip(*np.nonzero(acting), strict=True):
            for action, legal in _candidates(world, int(game), int(agent), rng):
                (_try_legal if legal else _try_illegal)(world, int(game), int(agent), action, rng)
        for _ in random_steps(world, 5, key=int(rng.integers(2**32))):
            pass
        world.reset(which=~going_on(world))


@clause()
def rewards_are_their_weighted_terms(env_id: str, **params: Any) -> None:
    """Rewards are the declared weights times the named terms, exactly; who has left the game earns nothing."""
    world = lively_world(env_id, 8, params)
    weights = list(world.layout.reward_terms.values())
    alive = world.buffers.alive.copy()
    for step, _ in enumerate(random_steps(world, STEPS)):
        b = world.buffers
        expected = np.zeros_like(b.rewards)
        for term, weight in enumerate(weights):
            expected += weight * b.reward_terms[..., term]
        _all_equal(b.rewards, expected, f"rewards of step {step + 1}", "write terms, and let close_step weigh them")
        _all_equal(
            b.reward_terms[~alive], 0.0, f"terms of dead agents in step {step + 1}", "pay only those who are alive"
        )
        alive = b.alive.copy()


@clause()
def returns_add_up(env_id: str, **params: Any) -> None:
    """Returns are sums of rewards, and lengths numbers of steps, while an episode runs and when it has ended."""
    world = lively_world(env_id, 8, params)
    b = world.buffers
    returns, lengths = np.zeros_like(b.rewards), np.zeros_like(b.episode_lengths)
    was_on = going_on(world)
    for _ in random_steps(world, STEPS):
        returns = np.where(was_on[:, None], returns + b.rewards, 0.0)
        lengths = np.where(was_on, lengths + 1, 0)
        cure = "leave episode_returns and episode_lengths to the rules of dynenvs.core.buffers"
        _all_equal(b.episode_returns, returns, "returns", cure)
        _all_equal(b.episode_lengths, lengths, "lengths", cure)
        ended = was_on & ~going_on(world)
        _all_equal(b.final_returns[ended], returns[ended], "final returns", cure)
        _all_equal(b.final_lengths[ended], lengths[ended], "final lengths", cure)
        was_on = going_on(world)


@clause()
def ends_are_told_once_and_with_a_reason(env_id: str, **params: Any) -> None:
    """Who has ended is out of the game, for one listed reason: terminated by the rules, or truncated by us."""
    world = lively_world(env_id, 8, params)
    for _ in random_steps(world, STEPS):
        b = world.buffers
        ended = b.terminations | b.truncations
        cure = "end players with end_game, or set one flag and its reason together"
        require(not (b.terminations & b.truncations).any(), "a player is both terminated and truncated", cure)
        require(((b.end_reason != 0) == ended).all(), "an end without a reason, or a reason without an end", cure)
        most = len(world.layout.end_reasons) - 1
        require(b.end_reason.max() <= most, f"end_reason {b.end_reason.max()}: expected at most {most}", cure)
        require(not (ended & b.alive).any(), "a player whose episode has ended is still alive", cure)
        require(not (b.acting & ~b.alive).any(), "a dead player acts", "let only the living act")
        if world.layout.simultaneous:
            require(
                (b.alive == b.alive[:, :1]).all() and (b.acting == b.alive).all(),
                "a seat waits or leaves early in a world that is called simultaneous",
                "drop simultaneous=True from its layout",
            )


@clause()
def observations_stay_within_their_bounds(env_id: str, **params: Any) -> None:
    """What seats outside the kernel observe, and the global state, is finite and within the layout's bounds."""
    world = lively_world(env_id, 8, params)
    for _ in random_steps(world, STEPS):
        b = world.buffers
        for agent, role in enumerate(world.layout.roles):
            rows = b.seats[:, agent] < 0
            who = f"agent {agent} ({role.name})"
            _check_vector(role.observation, b.vector[rows, agent], who)
            if role.observation.grid is not None:
                top, most = b.grid[rows, agent].max(initial=0), role.observation.grid.num_codes - 1
                require(top <= most, f"{who}: code {top} in the grid", f"use codes up to {most}, or raise num_codes")
        if world.layout.global_state is not None:
            _check_vector(world.layout.global_state, b.global_state, "global state")


def _check_turns(world: World) -> None:
    b = world.buffers
    stuck = np.flatnonzero(going_on(world) & ~b.acting.any(axis=1))
    require(not len(stuck), f"nobody acts in game {stuck[:1]}", "give someone the turn, or end the game")
    for agent, role in enumerate(world.layout.roles):
        for head, columns in role.actions.mask_slices.items():
            none = np.flatnonzero(b.acting[:, agent] & ~b.action_masks[:, agent, columns].any(axis=1))
            require(
                not len(none),
                f"game {none[:1]}, agent {agent} acts without a legal option in head {head!r}",
                "mask an option only if another one is left",
            )


def _candidates(world: World, game: int, agent: int, rng: np.random.Generator) -> Iterator[tuple[NDArray[Any], bool]]:
    """Yield actions of one seat that differ from a legal one in one head, and whether they are legal."""
    legal = _legal(world, rng)[game, agent]
    role = world.layout.roles[agent].actions
    for head, columns in enumerate(role.mask_slices.values()):
        mask = world.buffers.action_masks[game, agent, columns]
        tried = rng.permutation(len(mask))[:MOST_OPTIONS]
        for option in (*tried, -1, len(mask)):
            action = legal.copy()
            action[head] = option
            yield action, bool(0 <= option < len(mask) and mask[option])
    for head, bounds in enumerate(role.continuous_heads):
        beyond = (bounds.low - 1e-3 * (1 + abs(bounds.low)), bounds.high + 1e-3 * (1 + abs(bounds.high)), np.nan)
        for value in (bounds.low, bounds.high, *beyond):
            action = legal.copy()
            action[head] = value
            yield action, bool(bounds.low <= value <= bounds.high)


def _legal(world: World, rng: np.random.Generator) -> NDArray[Any]:
    """Draw a legal batch, shape (games, agents, heads)."""
    return world.sample_actions(rng).reshape(world.idle_actions.shape)


def _try_legal(world: World, game: int, agent: int, action: NDArray[Any], rng: np.random.Generator) -> None:
    if not world.supports_snapshot:
        return  # the world could not go back
    actions = _legal(world, rng)
    actions[game, agent] = action
    before, length = world.snapshot(), int(world.buffers.episode_lengths[game])
    try:
        world.step(actions)
    except IllegalAction as error:
        require(False, f"a legal action is refused: {error}", "let masks and rules agree")
    require(
        world.buffers.episode_lengths[game] == length + 1,
        f"game {game} does not step when agent {agent} plays the legal {action.tolist()}",
        "play a game whenever open_step says PLAY",
    )
    world.restore(before)


def _try_illegal(world: World, game: int, agent: int, action: NDArray[Any], rng: np.random.Generator) -> None:
    actions = _legal(world, rng)
    actions[game, agent] = action
    before = world.digest()
    try:
        world.step(actions)
    except IllegalAction as error:
        place = f"game {game}, agent {agent}"
        require(place in str(error), f"{error!s} does not name {place}", "leave the check of actions to World.step")
        require(world.digest() == before, f"a refused action moved something: {error}", "check before anything moves")
        return
    require(False, f"game {game}, agent {agent}: {action.tolist()} is not legal, and steps", "leave checks to World")


def _check_vector(layout: ObservationLayout, vectors: NDArray[np.float32], who: str) -> None:
    """Check rows of vectors against the bounds of every field; columns beyond the fields are padding."""
    for name, columns in layout.slices.items():
        seen, field = vectors[:, columns], next(field for field in layout.fields if field.name == name)
        bad = seen[~((seen >= np.float32(field.low)) & (seen <= np.float32(field.high)))]
        require(
            not len(bad),
            f"{who}: {name} is {bad[:1]}, outside [{field.low:g}, {field.high:g}]",
            "clip it, or state the bounds that it has",
        )
    padding = vectors[:, layout.size :]
    require(not padding.any(), f"{who}: something is written beyond its fields", "write as many columns as declared")


def _all_equal(seen: NDArray[Any], expected: NDArray[Any] | float, what: str, cure: str) -> None:
    different = np.flatnonzero(np.ravel(seen != expected))
    if len(different):
        other = np.broadcast_to(expected, np.shape(seen)).ravel()[different[0]]
        require(False, f"{what}: {np.ravel(seen)[different[0]]} instead of {other}", cure)
