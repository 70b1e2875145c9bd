"""What does a world of one's own get for free? Every adapter, and a proof. Run: python examples/03_your_own_world.py"""

import gymnasium
import numpy as np
import pettingzoo

import dynenvs
from dynenvs.testing import CLAUSES, an_edited_kernel_is_compiled_anew

# examples/worlds/ holds the two worlds, whole. Here they get their ids; a package of your own does the same.
for name, about in (("Fishery", "Fishers share a stock that regrows."), ("Bargain", "Two share a shrinking pie.")):
    place = f"examples.worlds.{name.lower()}"
    dynenvs.register(
        dynenvs.EnvSpec(
            id=f"examples/{name}-v0",
            world=f"{place}:{name}",
            params=f"{place}:{name}Params",
            about=about,
            paper="see the module",
            background="random_legal",
        )
    )

env = gymnasium.make("examples/Fishery-v0", num_fishers=2)
env.reset(seed=1)
_, reward, *_ = env.step(np.array([0.2], np.float32))
print(f"Gymnasium: with an effort of 0.2 fisher 0 catches {reward:.3f} of the sea")

envs = gymnasium.make_vec("examples/Fishery-v0", num_envs=256)
envs.reset(seed=1)
_, rewards, *_ = envs.step(np.full((256, 1), 0.2, np.float32))
print(f"Gymnasium, 256 games: {rewards.mean():.3f} on average, for the others fish at random")

table = pettingzoo.make("aec", "examples/Bargain-v0", pie=5)
table.reset(seed=1)
table.step(2)  # the proposer offers two tokens
table.step(1)  # the responder accepts
print(f"PettingZoo, agent by agent: {table.rewards}")

game = dynenvs.text_game("examples/Bargain-v0")
game.reset(seed=1)
print(f"in words: {game.request(0)}")
game.submit(0, '{"offer": "offer 2 tokens"}')
print(f"and then: {game.request(1)}")

# Every clause of the contract but the one that takes half a minute; `dynenvs.testing.check_env` asks for all.
clauses = [clause for clause in CLAUSES if clause is not an_edited_kernel_is_compiled_anew]
for env_id in ("examples/Fishery-v0", "examples/Bargain-v0"):
    for clause in clauses:
        clause(env_id)
    print(f"{env_id} keeps {len(clauses)} clauses of the contract")
