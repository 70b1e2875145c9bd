"""Does it pay to forgive when hands slip? One seat of one game, with Gymnasium. Run: python examples/01_one_seat.py"""

import gymnasium
import numpy as np

import dynenvs  # noqa: F401 (registers the ids)

COOPERATE, DEFECT = 0, 1
OTHER_DEFECTED = 3  # the newest joint move comes first, one-hot: own C, own D, the other's C, the other's D

env = gymnasium.make("dynenvs/RepeatedGame-v0", background="tit_for_tat", execution_noise=0.05)


def mean_payoff(forgiveness: float, seed: int) -> float:
    """Answer defection with defection, but forgive it now and then; return the mean payoff of a round."""
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    over = False
    while not over:
        retaliates = observation[OTHER_DEFECTED] and rng.random() >= forgiveness
        observation, _, terminated, truncated, info = env.step(DEFECT if retaliates else COOPERATE)
        over = terminated or truncated
    return info["return"] / info["length"]


for forgiveness in (0.0, 0.1, 0.3, 0.6, 1.0):
    payoffs = [mean_payoff(forgiveness, seed) for seed in range(40)]
    print(f"forgives {forgiveness:4.0%} of the defections: {np.mean(payoffs):.2f} a round")
