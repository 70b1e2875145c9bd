"""Would a player who tests the other first win a tournament? Run: python examples/06_your_own_policy.py"""

import numpy as np
from rich.console import Console

from dynenvs.evaluation.episodes import round_robin
from dynenvs.evaluation.rankings import rank_by_payoff, ranking_table

COOPERATE, DEFECT = 0, 1
OTHER_DEFECTED = 3  # column of the observation: the newest joint move comes first, one-hot


class Tester:
    """Defect once, then see: exploit those who let it pass, play tit for tat with the others."""

    name = "tester"
    seat = "external"  # asked in every step, and not played inside the kernel

    def __init__(self, env_id):
        self.passed = None

    def digest(self):
        """Say which version of the policy a record is of."""
        return "tester-1"

    def reset(self, world, games):
        """Forget these games."""
        if self.passed is None:
            self.passed = np.ones((world.num_games, world.num_agents), bool)
        self.passed[games] = True

    def act(self, turn):
        """Decide for all games at once: one row a seat that this policy plays and that acts now."""
        rows, step = (turn.games, turn.agents), turn.world.buffers.episode_lengths[turn.games]
        hit_back = turn.observations[:, OTHER_DEFECTED] == 1
        self.passed[rows] &= ~hit_back
        exploit = self.passed[rows] & (step >= 3)
        return np.where((step == 0) | hit_back | exploit, DEFECT, COOPERATE)


CLASSICS = ["always_cooperate", "always_defect", "tit_for_tat", "tit_for_two_tats", "grudger", "gradual"]
mine = f"python:{__name__}:Tester"  # the string that names it anywhere, here a class of this script
records = round_robin("dynenvs/RepeatedGame-v0", [mine, *CLASSICS], repetitions=5, seed=1, execution_noise=0.01)
Console(width=100).print(ranking_table(rank_by_payoff(records), title="Everyone meets everyone"))
