"""Reservoir agents in the world of degrees: the courses of many games side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs.registration import make_world
from dynenvs_agents.reservoir.agent import ALPHAS, Baseline, ReservoirAgents, habituate
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.cognition import ForgivingTitForTat, MovingAverage, TitForTat, Tool
from dynenvs_agents.reservoir.sentinel import ForgivingSentinel, Governance, Sentinel, StaticGovernance

__all__ = ["CONDITIONS", "ENV_ID", "PLAYERS", "Course", "Lab", "Player", "play_course"]

FloatArray = NDArray[np.float64]

ENV_ID = "dynenvs/ContinuousGame-v0"
NOISE = 0.1
"""Standard deviation of the partner's hand, in all conditions: the partner of the training has it too."""


CONDITIONS = {
    "cooperates at 0.9": "cooperate",
    "the same, defects for a fifth": "interrupted_cooperator",
    "betrays for good at half time": "betrayer",
    "reciprocates my last action": "reciprocator",
    "reciprocates, slips in 5 %": "slipping_reciprocator",
    "switches, dwelling 50 rounds": "regime_switcher",
    "plays anything": "random",
    "always defects": "always_defect",
}
"""The opponents of the comparison, and what the world calls them."""

DWELL = 50.0
"""Mean dwell time of the regime switcher among them, in rounds."""


@dataclass(frozen=True, kw_only=True)
class Player:
    """A kind of reservoir agent.

    Attributes
    ----------
    name : str
        For tables.
    governance : Governance
        How far its body is trusted. Tit for tat and the moving average are agents whose body is not trusted at all: so
        what they cost the body is measured, too.
    tool : Tool
        What is played as far as it is not.
    """

    name: str
    governance: Governance
    tool: Tool


PLAYERS = (
    Player(name="sentinel", governance=Sentinel(), tool=TitForTat()),
    Player(name="static, 0.95", governance=StaticGovernance(alpha=0.95), tool=TitForTat()),
    Player(name="tit for tat", governance=StaticGovernance(alpha=0.0), tool=TitForTat()),
    Player(name="moving average", governance=StaticGovernance(alpha=0.0), tool=MovingAverage()),
    Player(name="forgiving sentinel", governance=ForgivingSentinel(), tool=ForgivingTitForTat()),
)
"""Who is compared: the source's own and its baselines, then ours."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What happened in many games, shape (rows, rounds) each.

    Attributes
    ----------
    own, other : ndarray of float64
        What both played.
    wish, advice : ndarray of float64
        What the body, and the tool, would have played.
    alpha : ndarray of float64
        Receptivity.
    offers : ndarray of bool
        Whether the agent made an offer of peace instead.
    payoff : ndarray of float64
        The agent's.
    signals : ndarray of float64, shape (rows, rounds, 3)
        D_state, D_output and D_disagree as felt before the round.
    states : ndarray of float64, shape (rows, rounds, d)
        Of the bodies, in which they decide; with 0 rounds where they were not asked for.
    tool_cost : float
        What a round of full use of the tool costs.
    """

    own: FloatArray
    other: FloatArray
    wish: FloatArray
    advice: FloatArray
    alpha: FloatArray
    offers: NDArray[np.bool_]
    payoff: FloatArray
    signals: FloatArray
    states: FloatArray
    tool_cost: float

    @property
    def tool_costs(self) -> FloatArray:
        """What the use of the tool costs a round, by row."""
        return self.tool_cost * (1.0 - self.alpha).mean(axis=1)


def play_course(
    agents: ReservoirAgents,
    opponents: Sequence[str],
    seeds: Sequence[int],
    rounds: int,
    *,
    regime_length: FloatArray | None = None,
    noise: float = NOISE,
    keep_states: bool = False,
) -> Course:
    """Play one game a row.

    Parameters
    ----------
    agents : ReservoirAgents
        Fresh ones.
    opponents : sequence of str
        Background player of the world in each row.
    seeds : sequence of int
        Of the games: where they are equal, so is what an opponent does that does not react.
    rounds : int
        How many.
    regime_length : ndarray of float64, shape (rows,), optional
        Mean dwell time of a regime_switcher, tau_env.
    noise : float
        Standard deviation of the opponents' hands.
    keep_states : bool
        Whether the states of the bodies are kept.

    Returns
    -------
    Course
        Of all rows.
    """
    G = len(agents.body)
    world = make_world(ENV_ID, G, horizon=rounds, execution_noise=(0.0, noise))
    world.assign_seats([("external", opponent) for opponent in opponents])
    world.reset(np.array(seeds, np.uint64), params=None if regime_length is None else {"regime_length": regime_length})
    every, actions = np.arange(G), world.idle_actions.copy()
    own, other, wish, advice, alpha, payoff = (np.empty((G, rounds)) for _ in range(6))
    offers, signals = np.empty((G, rounds), np.bool_), np.empty((G, rounds, 3))
    states = np.empty((G, rounds if keep_states else 0, agents.x.shape[1]))
    for t in range(rounds):
        mood = agents.mood
        wish[:, t], advice[:, t], alpha[:, t], offers[:, t] = (
            agents.wish,
            agents.advice(every),
            mood.alpha,
            mood.offering,
        )
        signals[:, t] = np.stack([mood.state_signal, mood.output_signal, mood.disagreement_signal], axis=1)
        if keep_states:
            states[:, t] = agents.x
        actions[:, 0, 0] = agents.act(every)
        world.step(actions)
        own[:, t], other[:, t] = world.state.degrees[:, 0], world.state.degrees[:, 1]
        payoff[:, t] = world.buffers.rewards[:, 0]
        agents.observe(every, own[:, t].copy(), other[:, t].copy())
    return Course(
        own=own,
        other=other,
        wish=wish,
        advice=advice,
        alpha=alpha,
        offers=offers,
        payoff=payoff,
        signals=signals,
        states=states,
        tool_cost=agents.tool.cost,
    )


class Lab:
    """Bodies of one kind, several seeds of it, and what they are used to.

    Parameters
    ----------
    params : BodyParams
        The kind.
    seeds : int
        How many bodies, of seeds 0, 1 and so on.
    """

    def __init__(self, params: BodyParams, seeds: int) -> None:
        self.params, self.seeds = params, seeds
        self.bodies = grow_bodies(params, range(seeds))
        self._baselines: dict[tuple[str, tuple[float, ...]], Baseline] = {}

    def baseline(self, tool: Tool, alphas: tuple[float, ...] = ALPHAS) -> Baseline:
        """Return what the bodies are used to when this tool is at hand."""
        key = (tool.name, alphas)
        if key not in self._baselines:
            self._baselines[key] = habituate(self.bodies, tool, alphas=alphas)
        return self._baselines[key]

    def play(
        self,
        player: Player,
        opponents: Sequence[str],
        rounds: int,
        *,
        dwell: Sequence[float] = (),
        alphas: tuple[float, ...] = ALPHAS,
        keep_states: bool = False,
    ) -> Course:
        """Let every body play every opponent, with the same luck whoever the player is.

        Parameters
        ----------
        player : Player
            How the bodies are governed.
        opponents : sequence of str
            Names of the world.
        rounds : int
            Of each game.
        dwell : sequence of float, optional
            Mean dwell time of a regime switcher, one an opponent.
        alphas : tuple of float
            Receptivities at which the bodies got used to a partner.
        keep_states : bool
            As in `play_course`.

        Returns
        -------
        Course
            Rows by opponent, then by body.
        """
        agents = ReservoirAgents(
            self.bodies,
            self.baseline(player.tool, alphas),
            player.governance,
            player.tool,
            np.tile(np.arange(self.seeds), len(opponents)),
        )
        return play_course(
            agents,
            [opponent for opponent in opponents for _ in range(self.seeds)],
            [*range(self.seeds)] * len(opponents),
            rounds,
            regime_length=np.repeat(dwell or [DWELL] * len(opponents), self.seeds),
            keep_states=keep_states,
        )
