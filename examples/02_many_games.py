"""Whom does it pay to defect on? A thousand games at once, two ways. Run: python examples/02_many_games.py"""

import gymnasium
import numpy as np

import dynenvs

ENV = "dynenvs/RepeatedGame-v0"
CLASSICS = ["always_cooperate", "tit_for_tat", "grudger", "win_stay_lose_shift", "bully"]
DEFECT = 1

# As a Gymnasium VectorEnv: one batch, no processes. Who sits opposite is drawn from the classics in every episode.
envs = gymnasium.make_vec(ENV, num_envs=1000, background=CLASSICS, execution_noise=0.02)
envs.reset(seed=1)
over = np.zeros(1000, bool)
while not over.any():
    _, _, terminations, truncations, infos = envs.step(np.full(1000, DEFECT))
    over = terminations | truncations
lengths = infos["final_info"]["length"]
print(f"against all of them: {np.mean(infos['final_info']['return'] / lengths):.2f} a round")

# The batch itself: arrays with an axis of games and one of agents, written in place.
world = dynenvs.make_world(ENV, num_games=1000, seats=["external", CLASSICS], execution_noise=0.02)
world.reset(seeds=1)  # game i has the seed 1 + i, as above: these are the very same games
b = world.buffers
while b.alive.any():
    world.step(np.full((1000, 2), DEFECT))  # what stands there for the other seat is ignored
payoffs = b.episode_returns[:, 0] / b.episode_lengths
for code, name in enumerate(world.background):
    met = b.seats[:, 1] == code
    print(f"against {name:20s} {payoffs[met].mean():.2f} a round in {met.sum()} games")
