"""Who still balances the pole when it is twenty times as heavy? Run: python examples/10_robust.py"""

import numpy as np

from dynenvs.evaluation.robustness import measure_robustness
from dynenvs.evaluation.statistics import bootstrap
from dynenvs_agents.robust.baselines import train_linear

ENV, SEEDS = "dynenvs/RobustCartPole-v0", range(6)
METHODS = {
    "nominal": "in the textbook's cart and pole",
    "randomised": "in carts and poles drawn at random",
    "scenarios": "in a growing set of the worst ones",
}

print("Worst case of five weights over 216 carts and poles, steps of 500; mean of 6 trainings (95 %)")
for method, where in METHODS.items():
    worst, steps = [], 0
    for seed in SEEDS:
        trained = train_linear(ENV, method, seed=seed)  # the cross-entropy method, thousands of games at once
        found = measure_robustness(ENV, trained.policy, grid=6, episodes=5, seed=1000)  # starts it has never seen
        worst.append(found.worst.value)
        steps += trained.steps
    score = bootstrap(np.array(worst))
    print(f"{where:36} {score.value:5.0f} ({score.low:.0f} to {score.high:.0f}); {steps / 6e6:.1f} million steps each")
print(f"See where it falls: dynenvs robustness {ENV} {trained.policy.spec} --out maps")
