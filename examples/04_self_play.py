"""Do two learners find the even odds of rock, paper, scissors? With PettingZoo. Run: python examples/04_self_play.py

Regret matching (Hart and Mas-Colell 2000): play each action in proportion to how much more it would have earned.
"""

import numpy as np

import dynenvs

ROUNDS = 4000
env = dynenvs.parallel_env("dynenvs/RepeatedGame-v0", game="rock_paper_scissors", horizon=ROUNDS)
payoffs = dynenvs.make_params("dynenvs/RepeatedGame-v0", game="rock_paper_scissors").matrices()[0]  # [own, other's]

rng = np.random.default_rng(1)
names = env.possible_agents
regrets = {names[0]: np.array([5.0, 0.0, 0.0]), names[1]: np.zeros(3)}  # the first begins with a love of rocks
mean_odds = {name: np.zeros(3) for name in names}

env.reset(seed=1)
while env.agents:
    odds = {}
    for name in names:
        wanted = np.maximum(regrets[name], 0.0)
        odds[name] = wanted / wanted.sum() if wanted.any() else np.full(3, 1 / 3)
        mean_odds[name] += odds[name] / ROUNDS
    moves = {name: rng.choice(3, p=odds[name]) for name in names}
    _, rewards, _, _, _ = env.step(moves)
    for name, other in zip(names, reversed(names), strict=True):
        regrets[name] += payoffs[:, moves[other]] - rewards[name]

for name in names:
    rock, paper, scissors = mean_odds[name]
    print(f"{name}: rock {rock:.2f}, paper {paper:.2f}, scissors {scissors:.2f} over {ROUNDS} rounds")
