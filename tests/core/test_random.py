"""The counter-based streams: published answers, exact uniformity, and nothing but seed, episode and count."""

import numpy as np
import pytest

from dynenvs.core.buffers import Setup, allocate_buffers
from dynenvs.core.jit import kernel
from dynenvs.core.layouts import ActionLayout, DiscreteHead, ObservationLayout, Role, WorldLayout
from dynenvs.core.random import draw_below, draw_block, draw_uniform, philox

ONES = 0xFFFFFFFF
COIN = Role(
    name="player",
    observation=ObservationLayout(),
    actions=ActionLayout(heads=(DiscreteHead(name="side", options=("heads", "tails")),)),
)


@kernel
def encrypt(words, out):
    out[0], out[1], out[2], out[3] = philox(words[0], words[1], words[2], words[3], words[4], words[5])


@kernel
def fill_below(b, n, out):
    for k in range(out.shape[0]):
        out[k] = draw_below(b, 0, n)


@kernel
def fill_uniform(b, i, out):
    for k in range(out.shape[0]):
        out[k] = draw_uniform(b, i)


@kernel
def fill_blocks(b, i, out):
    for k in range(out.shape[0]):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = draw_block(b, i)


def buffers(seeds=(0,), episodes=(0,)):
    layout = WorldLayout(roles=(COIN,), reward_terms={"coin": 1.0}, end_reasons=("running",), player_names=("a",))
    one = np.zeros((1, 1), np.int32)
    setup = Setup(np.ones(1), one, np.ones(1, np.int32), np.empty((0, 1), np.int32), np.zeros(1, np.int8))
    b = allocate_buffers(layout, len(seeds), setup)
    b.seeds[:], b.episode_index[:] = seeds, episodes
    return b


def uniforms(seed, episode, count=1000):
    out = np.empty(count)
    fill_uniform(buffers([seed], [episode]), 0, out)
    return out


# From the known answers that come with Random123, the reference implementation of Salmon et al. (2011).
@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, answer):
    out = np.empty(4, np.uint64)
    encrypt(np.array([*counter, *key], np.uint64), out)
    assert tuple(out.tolist()) == answer


def test_a_block_encrypts_count_and_episode_under_the_seed():
    seed, episode, drawn = 0x299F31D0_A4093822, 5, 2**32 + 7
    b = buffers([seed], [episode])
    b.draws[0] = drawn
    out, expected = np.empty((1, 4), np.uint64), np.empty(4, np.uint64)
    fill_blocks(b, 0, out)
    encrypt(np.array([7, 1, episode, 0, 0xA4093822, 0x299F31D0], np.uint64), expected)
    assert out[0].tolist() == expected.tolist()
    assert b.draws[0] == drawn + 1


def test_draws_do_not_depend_on_the_other_games():
    crowd = buffers(range(100, 200), [3] * 100)
    out = np.empty(1000)
    fill_uniform(crowd, 42, out)
    np.testing.assert_array_equal(out, uniforms(142, 3))
    assert crowd.draws.sum() == crowd.draws[42] == 1000


def test_seeds_and_episodes_have_streams_of_their_own():
    streams = [uniforms(seed, episode) for seed in (0, 1, 2**64 - 1) for episode in (0, 1, 2**40)]
    assert len({stream.tobytes() for stream in streams}) == 9
    correlations = np.corrcoef(streams)
    assert np.abs(correlations - np.eye(9)).max() < 0.15


def test_uniform_draws_fill_the_unit_interval():
    out = uniforms(1, 0, 100_000)
    assert 0 <= out.min() < 1e-4
    assert 1 - 1e-4 < out.max() < 1
    counts, _ = np.histogram(out, bins=50, range=(0, 1))
    assert chi_square(counts) < 90  # 49 degrees of freedom: passed by chance in 999 of 1000 runs
    assert len(np.unique(out)) == len(out)  # 53 bits: a repetition would be a miracle


@pytest.mark.parametrize("n", [2, 3, 6, 201])
def test_draws_below_a_bound_are_uniform(n):
    out = np.empty(2000 * n, np.int64)
    fill_below(buffers([1]), n, out)
    counts = np.bincount(out, minlength=n)
    assert len(counts) == n
    assert chi_square(counts) < n - 1 + 4 * np.sqrt(2 * n)


def test_words_that_would_bias_a_draw_are_drawn_again():
    """Of 2^32 words a quarter is too many for n = 3 * 2^30: keeping them would make a third of the numbers likelier."""
    b, out = buffers([1]), np.empty(40_000, np.int64)
    fill_below(b, 3 * 2**30, out)
    assert b.draws[0] / len(out) == pytest.approx(4 / 3, rel=0.02)
    thirds = np.bincount(out // 2**30, minlength=3)
    assert chi_square(thirds) < 14
    assert chi_square(np.bincount(out % 3, minlength=3)) < 14


def chi_square(counts):
    expected = counts.sum() / len(counts)
    return ((counts - expected) ** 2 / expected).sum()
