"""The body: an echo state network whose readout has learned to cooperate."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.reservoir.body import BodyParams, cooperative_partner, grow_bodies, ridge_readout

PLAIN = {"oja_rate": 0.0}  # as in the prototype whose numbers are compared


def partners(params, count, rounds=1000):
    return np.stack([cooperative_partner(params, np.random.default_rng([7, k]), rounds) for k in range(count)])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"d": 0}, r"d=0: expected an integer in \[1, 2000\]"),
        ({"d": 2.5}, r"d=2\.5: expected an integer"),
        ({"spectral_radius": 1.0}, r"spectral_radius=1\.0: expected a number in \[0, 1\): .* forget .*echo states"),
        ({"spectral_radius": -0.1}, r"spectral_radius=-0\.1: expected a number in \[0, 1\)"),
        ({"leak": 0.0}, r"leak=0\.0: expected a number in \(0, 1\]"),
        ({"leak": 1.5}, r"leak=1\.5"),
        ({"ridge": 0.0}, r"ridge=0\.0: expected a number in \(0, inf\)"),
        ({"oja_rate": 1.0}, r"oja_rate=1\.0: expected a number in \[0, 0\.1\]"),
        ({"target": 1.1}, r"target=1\.1"),
        ({"moves": 2}, "moves=2: expected one of True, False"),
        ({"input_scaling": float("nan")}, "input_scaling=nan"),
    ],
)
def test_a_body_that_cannot_work_is_refused_with_value_and_reason(given, told):
    with pytest.raises(ParameterError, match=told):
        BodyParams(**given)


def test_a_round_is_the_equation_of_the_echo_state_network():
    bodies = grow_bodies(BodyParams(d=7, leak=0.6), [3, 4])
    x = np.random.default_rng(1).uniform(-1, 1, (5, 7))
    body, own, other = np.array([0, 1, 1, 0, 1]), np.linspace(0, 1, 5), np.linspace(1, 0.2, 5)
    expected = x.copy()
    for n, k in enumerate(body):
        drive = bodies.recurrent[k].T @ x[n] + bodies.inputs[k].T @ [own[n], other[n]] + bodies.bias[k]
        expected[n] = 0.4 * x[n] + 0.6 * np.tanh(drive)
    bodies.advance(x, body, own, other)
    np.testing.assert_allclose(x, expected, rtol=1e-12)
    played = np.clip(np.einsum("nd,nd->n", x, bodies.readout[body]), 0, 1)
    np.testing.assert_allclose(bodies.read(x, body), played, rtol=1e-12)


def test_w_has_the_radius_that_was_asked_for():
    bodies = grow_bodies(BodyParams(d=20, spectral_radius=0.7), [0, 1])
    radii = [np.abs(np.linalg.eigvals(W)).max() for W in bodies.recurrent]
    assert radii == pytest.approx([0.7, 0.7], abs=1e-7)


def test_a_body_depends_on_its_own_seed_alone():
    params = BodyParams(d=12)
    alone, crowd = grow_bodies(params, [5]), grow_bodies(params, [4, 5, 6])
    for name in ("recurrent", "inputs", "bias", "readout", "rest"):
        assert np.array_equal(getattr(alone, name)[0], getattr(crowd, name)[1]), name
    assert not np.array_equal(crowd.readout[0], crowd.readout[1])


def test_a_body_forgets_where_it_began():
    bodies = grow_bodies(BodyParams(**PLAIN), [0])
    other = partners(bodies.params, 1, 400)
    own = np.full_like(other, 0.9)
    high, low = (bodies.listen(own, other, np.full((1, 30), start))[0, -1] for start in (1.0, -1.0))
    assert np.abs(high - low).max() < 1e-9


def test_oja_turns_input_weights_towards_what_is_usually_felt():
    params = BodyParams(d=30)
    fresh, used = grow_bodies(BodyParams(d=30, **PLAIN), [0]), grow_bodies(params, [0])
    assert np.array_equal(fresh.recurrent, used.recurrent)
    align = [np.abs(b.inputs[0].sum(axis=0)) / np.linalg.norm(b.inputs[0], axis=0) / np.sqrt(2) for b in (fresh, used)]
    assert align[1].mean() > 0.97 > 0.8 > align[0].mean()
    assert np.linalg.norm(used.inputs[0], axis=0).max() < 1.6  # bounded, as plain Hebbian weights are not


@pytest.mark.parametrize(("d", "low", "high"), [(10, 15, 164), (30, 112, 1151), (100, 858, 3437)])
def test_the_variance_ratio_lies_in_the_band_of_the_prototype(d, low, high):
    bodies = grow_bodies(BodyParams(d=d, **PLAIN), range(20))
    other = partners(bodies.params, 20)
    actions, _ = bodies.play(other)
    ratio = other[:, 100:].var(axis=1) / actions[:, 100:].var(axis=1)
    assert low < np.median(ratio) < high
    assert actions[:, 100:].mean() == pytest.approx(0.9, abs=0.02)


def test_a_body_may_grow_up_among_whole_moves():
    params = BodyParams(moves=True)
    drawn = cooperative_partner(params, np.random.default_rng(0), 2000)
    assert set(drawn) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.9, abs=0.02)
    felt, unfelt = grow_bodies(params, [0]), grow_bodies(BodyParams(), [0])
    assert np.array_equal(felt.recurrent, unfelt.recurrent)
    moves = drawn[None, :500]
    wishes = [b.listen(moves, moves)[0] @ b.readout[0] for b in (felt, unfelt)]
    assert np.abs(wishes[0] - 0.9).mean() < np.abs(wishes[1] - 0.9).mean()


def test_what_is_played_in_the_loop_is_what_is_read():
    bodies = grow_bodies(BodyParams(d=8), [0, 1])
    other = partners(bodies.params, 2, 50)
    actions, states = bodies.play(other)
    for t in (0, 1, 49):
        assert np.array_equal(actions[:, t], bodies.read(np.ascontiguousarray(states[:, t]), np.arange(2)))


def test_ridge_is_what_the_normal_equations_say():
    rng = np.random.default_rng(0)
    features = rng.normal(1.0, 0.5, (300, 4))
    weights, offset = ridge_readout(features, 0.9, 0.1)
    gradient = features.T @ (features @ weights - 0.9) / 300 + 0.1 * weights
    assert np.abs(gradient).max() < 1e-8
    assert offset == 0.0


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda b: b.listen(np.ones((2, 5)), np.ones((2, 5))), r"own of shape \(2, 5\): expected \(3, rounds\)"),
        (lambda b: b.listen(np.ones((4, 5)), np.ones((4, 5))), r"own of shape \(4, 5\): expected \(3, rounds\)"),
        (lambda b: b.listen(np.ones(5), np.ones(5)), r"own of shape \(5,\): expected \(3, rounds\)"),
        (lambda b: b.listen(np.ones((3, 5)), np.ones((1, 5))), r"other of shape \(1, 5\): expected \(3, 5\)"),
        (lambda b: b.listen(np.ones((3, 5)), np.ones((3, 4))), r"other of shape \(3, 4\): expected \(3, 5\)"),
        (lambda b: b.listen(np.ones((3, 5)), np.ones((3, 5)), np.ones((1, 6))), r"start of shape .* expected \(3, 6\)"),
        (lambda b: b.play(np.ones((1, 5))), r"other of shape \(1, 5\): expected \(3, rounds\)"),
        (lambda b: b.play(np.ones((4, 5))), r"other of shape \(4, 5\): expected \(3, rounds\)"),
        (lambda b: b.play([[1.0, 0.0]] * 2 + [[1.0]]), "other=.*: expected an array of numbers"),
        (lambda b: b.play(np.full((3, 5), np.nan)), "other: nan: expected finite numbers"),
    ],
)
def test_rounds_that_do_not_fit_the_bodies_are_refused_in_words(call, told):
    with pytest.raises(ParameterError, match=told):
        call(grow_bodies(BodyParams(d=6, rounds=10), [0, 1, 2]))


def test_a_bias_lets_the_readout_ignore_the_body():
    bodies = grow_bodies(BodyParams(d=10, readout_bias=True, oja_rate=0.0), range(5))
    actions, _ = bodies.play(partners(bodies.params, 5))
    assert actions.var(axis=1).max() < 1e-12
    assert actions.mean() == pytest.approx(0.9)
