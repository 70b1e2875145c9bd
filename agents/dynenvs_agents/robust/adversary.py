"""An adversary trained by reinforcement learning: nature as a second player, who may change the physics in each step.

Agent and nature learn in turns, each from scratch against all that the other side has been so far, drawn anew for each
episode (fictitious play, after Brown 1951; RARL, arXiv 1703.02702, keeps the last one only). Nature here is dynamic: it
is stronger than one model a game, and what is robust against it may be too cautious for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs_agents.rl.training import train

__all__ = ["train_against_nature"]

AGENT, NATURE = 0, 1


def train_against_nature(
    env_id: str,
    out: str | Path,
    *,
    rounds: int = 3,
    agent_steps: int = 200_000,
    nature_steps: int = 100_000,
    seed: int = 0,
    **options: Any,
) -> list[str]:
    """Train an agent and nature in turns by PPO.

    Parameters
    ----------
    env_id : str
        A world of uncertain physics, such as ``dynenvs/RobustCartPole-v0``.
    out : str or Path
        The folder for the runs: ``agent_0``, ``nature_0``, ``agent_1``, ...
    rounds : int
        Agents to train, at least 1. The first one meets a nature that draws at random.
    agent_steps, nature_steps : int
        Steps of each training.
    seed : int
        Of everything.
    **options
        Further ones of `dynenvs_agents.rl.training.train`, parameters of the world among them.

    Returns
    -------
    list of str
        Policies of the agents in the order in which they were trained: strings of `dynenvs.make_policy`. The last one
        is what came of it; to choose another, see `dynenvs.evaluation.robustness.choose_and_score`.

    Raises
    ------
    ParameterError
        If nobody says that nature plays, or a number is out of range.
    """
    check_integer("rounds", rounds, 1)
    if options.get("varies", "adversary") != "adversary":
        raise ParameterError(f"varies={options['varies']!r}: expected 'adversary', for nature is to play")
    folder, agents, natures = Path(out), list[str](), ["random_legal"]
    options = {"quiet": True, **options, "varies": "adversary"}
    for place in range(rounds):
        run = {"seed": seed + place, **options}
        agent = train(
            env_id, "ppo", agent_steps, folder / f"agent_{place}", seat=AGENT, opponents=tuple(natures), **run
        )
        agents.append(f"onnx:{agent / 'policy.onnx'}")
        if place + 1 < rounds:
            nature = train(
                env_id, "ppo", nature_steps, folder / f"nature_{place}", seat=NATURE, opponents=tuple(agents), **run
            )
            natures.append(f"onnx:{nature / 'policy.onnx'}")
    return agents
