"""A policy that waits before it decides, for tests of games that go on at their own pace."""

import asyncio

import numpy as np

from dynenvs.core.errors import Interrupted
from dynenvs.policies import Remark


class Patient:
    """Cooperates, after a while that depends on the seed; it says the step it is in, and counts its decisions."""

    seat = "external"

    def __init__(self, name="patient", concurrency=4, fails=lambda seed, step: None, talks=False):
        self.name, self.concurrency, self.fails, self.talks = name, concurrency, fails, talks
        self.log = []  # (game, step), as they were decided
        self.under_way = self.most_under_way = 0

    def digest(self):
        return "0" * 16

    def reset(self, world, games):
        self.world = world
        self.decisions = {}

    def act(self, turn):
        raise AssertionError("nobody waits for it")

    async def aact(self, turn):
        (game,), (agent,) = turn.games.tolist(), turn.agents.tolist()
        step = int(turn.world.buffers.episode_lengths[game])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.001 * (int(turn.seeds[0]) % 3))
        self.under_way -= 1
        if reason := self.fails(int(turn.seeds[0]), step):
            raise stopped(reason)
        self.log.append((game, step))
        self.decisions[game, agent] = self.decisions.get((game, agent), 0) + 1
        return np.zeros((1, 1), np.int64)

    def about(self):
        return {"patience": "endless"}

    def versions(self):
        return {"patience": "1"}

    def remark(self, game, agent):
        step = self.decisions[game, agent] - 1
        return Remark(f"step {step}" if self.talks else "", {"thought": "\ud800 hm"})

    def counts(self, game, agent):
        return {"decisions": float(self.decisions[game, agent])}


def stopped(reason):
    interrupted = Interrupted(f"no {reason} left")
    interrupted.reason = reason
    return interrupted
