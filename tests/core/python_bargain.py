"""The twin of ``examples/worlds/bargain.py`` whose inside is Python."""

import numpy as np

from dynenvs.core.python_world import PythonWorld
from examples.worlds.bargain import PROPOSER, RESPONDER, Bargain, BargainState


class PythonBargain(PythonWorld):
    """Its rules, line by line, written into the same buffers."""

    supports_snapshot = True
    describe = Bargain.describe
    make_state = Bargain.make_state
    write_params = Bargain.write_params
    state: BargainState

    def reset_game(self, game, rng):
        self.state.pie[game], self.state.offer[game] = self.state.full[game], -1
        self._give_turn(game, PROPOSER)
        self._observe(game)

    def step_game(self, game, actions):
        state, terms = self.state, self.buffers.reward_terms
        if self.buffers.acting[game, PROPOSER]:
            state.offer[game] = actions[PROPOSER, 0]
            self._give_turn(game, RESPONDER)
        elif actions[RESPONDER, 0] == 1:
            terms[game, PROPOSER, 0] = state.pie[game] - state.offer[game]
            terms[game, RESPONDER, 0] = state.offer[game]
            self.end_game(game, "agreed")
        else:
            state.pie[game] -= 1
            state.offer[game] = -1
            self._give_turn(game, PROPOSER)
            if state.pie[game] == 0:
                self.end_game(game, "wasted")
        self._observe(game)

    def _give_turn(self, game, agent):
        self.buffers.acting[game] = np.arange(2) == agent
        offers = self.state.full[game] + 1
        self.buffers.action_masks[game, PROPOSER, :offers] = np.arange(offers) <= self.state.pie[game]

    def _observe(self, game):
        self.buffers.vector[game, :, 0] = self.state.pie[game]
        self.buffers.vector[game, RESPONDER, 1] = self.state.offer[game]
