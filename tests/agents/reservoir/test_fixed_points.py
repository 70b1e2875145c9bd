"""Cooperation as a fixed point of the closed loop."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.fixed_points import MIRROR, basin, find_fixed_points

SMALL = grow_bodies(BodyParams(d=5, oja_rate=0.0), range(8))


def error(bodies, k, partner, point):
    other = point.action if partner is MIRROR else partner
    drive = bodies.recurrent[k].T @ point.state + bodies.inputs[k].T @ [point.action, other] + bodies.bias[k]
    return max(
        np.abs(point.state - np.tanh(drive)).max(),
        abs(point.action - np.clip(bodies.readout[k] @ point.state, 0, 1)),
    )


@pytest.mark.parametrize("partner", [0.9, 0.0, MIRROR])
def test_fixed_points_solve_the_self_consistency_equation(partner):
    for k in range(8):
        found = find_fixed_points(SMALL, k, partner).points
        assert found
        assert max(error(SMALL, k, partner, point) for point in found) < 1e-8


def test_with_a_cooperative_partner_cooperation_is_the_one_fixed_point_and_stable():
    bodies = grow_bodies(BodyParams(d=30), range(5))
    for k in range(5):
        (point,) = find_fixed_points(bodies, k, 0.9).points
        assert point.action == pytest.approx(0.9, abs=0.02)
        assert point.stable
        assert basin(bodies, k, 0.9, point, starts=50) == 1.0


def test_a_small_body_may_also_be_at_rest_in_defection_when_its_partner_mirrors_it():
    best, edge, worst = find_fixed_points(SMALL, 6, MIRROR).points
    assert (best.action > 0.85, best.stable) == (True, True)
    assert (0.1 < edge.action < 0.8, edge.stable) == (True, False)
    assert (worst.action, worst.stable) == (0.0, True)
    shares = [basin(SMALL, 6, MIRROR, point, starts=400) for point in (best, edge, worst)]
    assert shares[0] > 0.1
    assert shares[1] == 0.0
    assert sum(shares) == pytest.approx(1.0, abs=0.02)


def test_states_near_a_stable_point_return_and_near_an_unstable_one_leave():
    for point in find_fixed_points(SMALL, 6, MIRROR).points:
        x, body = point.state[None] + 1e-5, np.array([6])
        for _ in range(300):
            own = SMALL.read(x, body)
            SMALL.advance(x, body, own, own)
        assert (np.abs(x - point.state).max() < 1e-5) == point.stable


def test_leak_changes_stability_and_not_the_points():
    quick, slow = (grow_bodies(BodyParams(d=5, oja_rate=0.0, leak=leak), [6]) for leak in (1.0, 0.5))
    as_slow = type(slow)(**{**vars(quick), "params": slow.params})
    one, other = (find_fixed_points(bodies, 0, MIRROR).points for bodies in (quick, as_slow))
    assert [p.action for p in one] == pytest.approx([p.action for p in other])
    assert one[0].radius != pytest.approx(other[0].radius)


@pytest.mark.parametrize(("partner", "starts", "told"), [(1.5, 5, "partner=1.5"), (0.9, 0, "starts=0")])
def test_what_makes_no_sense_is_refused(partner, starts, told):
    with pytest.raises(ParameterError, match=told):
        find_fixed_points(SMALL, 0, partner, starts=starts)


def test_bodies_and_starts_that_there_are_not_are_refused():
    bodies = grow_bodies(BodyParams(d=5, rounds=50), [0])
    point = find_fixed_points(bodies, 0, 0.5).points[0]
    for refused in ({"k": 1}, {"k": 10**9}, {"k": 1.5}, {"seed": -1}, {"starts": 10**12}):
        given = {"k": 0, "seed": 0, "starts": 3, **refused}
        with pytest.raises(ParameterError, match=next(iter(refused))):
            find_fixed_points(bodies, given.pop("k"), 0.5, **given)
    with pytest.raises(ParameterError, match="k=1: expected"):
        basin(bodies, 1, 0.5, point, starts=3)
