"""How much does a minute's PPO learn against four classics? With SB3. Run: python examples/05_train.py

`dynenvs train` does the same with checkpoints, scalars and a policy file that is safe to give away.
"""

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy

import dynenvs

torch.set_num_threads(1)  # small networks: a second thread costs more than it brings
GAME = {"opponents": ["always_cooperate", "tit_for_tat", "grudger", "bully"], "execution_noise": 0.02}

env = dynenvs.sb3_vec_env("dynenvs/RepeatedGame-v0", num_games=256, seed=1, **GAME)
model = PPO("MlpPolicy", env, n_steps=128, batch_size=4096, learning_rate=1e-3, gamma=0.98, ent_coef=0.01, seed=1)
fresh = dynenvs.sb3_vec_env("dynenvs/RepeatedGame-v0", num_games=256, seed=1_000_000, **GAME)

for steps in (0, 131_072, 131_072):
    if steps:
        model.learn(steps, reset_num_timesteps=False)
    mean, spread = evaluate_policy(model, fresh, n_eval_episodes=256, deterministic=False)
    print(f"after {model.num_timesteps:7,d} steps: {mean / 100:.2f} a round (spread over episodes {spread / 100:.2f})")
