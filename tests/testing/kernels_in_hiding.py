"""Kernels whose sources, or whose cache, escape the eyes of `dynenvs.core.jit`."""

import importlib

import numba

from dynenvs.core.buffers import PLAY, RESTART, close_step, open_step, start_episode
from dynenvs.core.jit import kernel
from examples.worlds.bargain import Bargain, observe_one, reset_one, step_one

double = importlib.import_module(f"{__package__}.hidden_rules").double


@kernel
def doubled_span(state, tables, b, actions, lo, hi):
    for i in range(lo, hi):
        b.rewards[i, 0] = double(b.rewards[i, 0])


@numba.njit(cache=True, error_model="numpy")
def stale_span(state, tables, b, actions, lo, hi):
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, b, i)
            observe_one(state, b, i)


class HidesARule(Bargain):
    step_span = staticmethod(doubled_span)


class KeepsItsOwnCache(Bargain):
    step_span = staticmethod(stale_span)
