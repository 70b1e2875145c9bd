"""Records made up for the tests: a policy earns its skill, the luck of the seed and noise of its own."""

from __future__ import annotations

import numpy as np

from dynenvs.evaluation.records import EpisodeRecord

SKILLS = {"tit_for_tat": 2.2, "always_defect": 2.0, "ppo": 2.7}
OPPONENTS = ("grudger", "random")


def example_record(**changes) -> EpisodeRecord:
    fields = {
        "env_id": "dynenvs/RepeatedGame-v0",
        "params": '{"noise":0.02}',
        "rules_digest": "5d2c",
        "seed": 2**64 - 1,
        "episode_index": 3,
        "trial": 0,
        "planned": 4,
        "matchup": "random",
        "policies": ("tit_for_tat", "random"),
        "policy_digests": ("a1", "b2"),
        "focal": (0,),
        "returns": (0.1 + 0.2, -1e-300),
        "length": 100,
        "reward_terms": {"payoff": (224.0, 219.0)},
        "metrics": {"cooperation": (0.5, 1 / 3), "a.b": (0.0, 1.0)},
        "end_reasons": ("rules", "rules"),
        "state_digest": "77fe",
        "wall_time": 0.25,
        "versions": {"dynenvs": "0.1.0", "numpy": "2.4.6"},
        "counts": {},
    }
    return EpisodeRecord(**{**fields, **changes})


def example_records(skills=SKILLS, opponents=OPPONENTS, episodes=40, luck=0.5, noise=0.1, seed=0):
    """Records of every policy against every opponent; what a seed brings is the same for all."""
    rng = np.random.default_rng(seed)
    records = []
    for trial in range(episodes):
        fortune = rng.normal(0, luck)
        for opponent in opponents:
            for policy, skill in skills.items():
                payoff = skill + fortune + rng.normal(0, noise)
                records.append(
                    example_record(
                        seed=trial,
                        trial=trial,
                        planned=episodes,
                        matchup=opponent,
                        policies=(policy, opponent + "_seat"),
                        policy_digests=(f"digest of {policy}", f"digest of {opponent}"),
                        returns=(100 * payoff, 0.0),
                        metrics={"cooperation": (float(rng.random()), 0.5)},
                    )
                )
    return records
