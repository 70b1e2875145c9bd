"""Governance: when a body is trusted, and how the way back is found."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.reservoir.agent import ALPHAS, ReservoirAgents, habituate
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.cognition import ForgivingTitForTat, MovingAverage, TitForTat, make_tool
from dynenvs_agents.reservoir.experiments import play_course
from dynenvs_agents.reservoir.sentinel import ForgivingSentinel, Sentinel, StaticGovernance

SEEDS = range(10)
BODIES = grow_bodies(BodyParams(oja_rate=0.0), SEEDS)  # as in the prototype whose numbers are compared
BASELINES = {tool.name: habituate(BODIES, tool) for tool in (TitForTat(), ForgivingTitForTat())}


def play(opponent, governance, tool=None, *, bodies=BODIES, baseline=None, rounds=1000):
    tool = tool or TitForTat()
    baseline = baseline or BASELINES[tool.name]
    agents = ReservoirAgents(bodies, baseline, governance, tool, np.arange(len(SEEDS)))
    return play_course(agents, [opponent] * len(SEEDS), list(SEEDS), rounds)


def test_in_cooperation_the_body_is_trusted():
    course = play("cooperate", Sentinel())
    assert course.alpha.mean() > 0.9
    assert course.payoff.mean() == pytest.approx(2.862, abs=0.02)  # the prototype's


def test_after_a_defection_alpha_falls_within_two_rounds_and_recovers_within_hundreds():
    alpha = play("interrupted_cooperator", Sentinel()).alpha.mean(axis=0)
    assert alpha[399] > 0.85
    assert alpha[402] < 0.02
    assert alpha[599] < 0.02
    assert 0.2 < alpha[630] < 0.6
    assert alpha[750] > 0.85
    assert alpha.mean() == pytest.approx(0.73, abs=0.05)  # the prototype's


@pytest.mark.parametrize(
    ("opponent", "sentinel", "static"),
    [("interrupted_cooperator", 2.552, 2.399), ("reciprocator", 2.859, 2.859), ("slipping_reciprocator", 1.717, 2.718)],
)
def test_payoffs_are_those_of_the_prototype(opponent, sentinel, static):
    assert play(opponent, Sentinel()).payoff.mean() == pytest.approx(sentinel, abs=0.05)
    assert play(opponent, StaticGovernance(alpha=0.95)).payoff.mean() == pytest.approx(static, abs=0.05)


def test_a_body_that_only_knows_trust_is_trapped_by_its_first_alarm():
    baseline = habituate(BODIES, TitForTat(), alphas=(0.95,))
    trapped = play("cooperate", Sentinel(), baseline=baseline).alpha[:, 500:].mean()
    assert trapped < 0.5
    assert play("cooperate", Sentinel()).alpha[:, 500:].mean() > 0.9


def test_a_slipping_partner_traps_the_sentinel_and_not_the_forgiving_one():
    trapped = play("slipping_reciprocator", Sentinel())
    free = play("slipping_reciprocator", ForgivingSentinel(), ForgivingTitForTat())
    assert trapped.payoff[:, 500:].mean() < 1.9
    assert free.payoff[:, 500:].mean() > 2.6


def test_it_takes_offers_to_get_out_of_the_trap_and_a_forgiving_tool_helps():
    tool_alone, offers_alone, both = (
        play("slipping_reciprocator", governance, tool)
        for governance, tool in (
            (Sentinel(), ForgivingTitForTat()),
            (ForgivingSentinel(), TitForTat()),
            (ForgivingSentinel(), ForgivingTitForTat()),
        )
    )
    assert tool_alone.payoff.mean() < 2.2
    assert 2.5 < offers_alone.payoff.mean() < both.payoff.mean()


@pytest.mark.parametrize("opponent", ["betrayer", "interrupted_cooperator", "always_defect", "cooperate"])
def test_forgiving_costs_next_to_nothing_against_those_who_defect_for_long(opponent):
    lost = play(opponent, Sentinel()).payoff.mean()
    lost -= play(opponent, ForgivingSentinel(), ForgivingTitForTat()).payoff.mean()
    assert lost < 0.025


def test_offers_to_a_defector_come_ever_more_seldom():
    course = play("always_defect", ForgivingSentinel(), ForgivingTitForTat())
    offers = course.offers.sum(axis=1) / 2
    assert (offers >= 4).all()
    assert (offers <= 9).all()
    begins = np.flatnonzero(np.diff(course.offers[0].astype(int)) == 1)
    gaps = np.diff(begins)
    assert (gaps[1:] > 1.5 * gaps[:-1]).all()


def test_alpha_is_the_law_of_discomfort():
    law = Sentinel()
    course = play("betrayer", law)
    D = course.signals @ [law.state_weight, law.output_weight, law.disagreement_weight]
    target = law.base * np.exp(-law.sensitivity * D)
    before = course.alpha[:, :-1]
    after = np.where(target[:, 1:] < before, target[:, 1:], before + law.recovery * (target[:, 1:] - before))
    np.testing.assert_allclose(course.alpha[:, 1:], after, rtol=1e-12)
    assert ((course.signals >= 0) & (course.signals <= 1)).all()


def test_what_is_played_mixes_body_and_tool():
    course = play("random", Sentinel(), rounds=100)
    np.testing.assert_allclose(course.own, course.alpha * course.wish + (1 - course.alpha) * course.advice, atol=1e-12)
    np.testing.assert_allclose(course.advice[:, 1:], course.other[:, :-1])


def test_a_tool_of_full_use_costs_what_it_says():
    course = play("cooperate", StaticGovernance(alpha=0.25), rounds=50)
    np.testing.assert_allclose(course.tool_costs, 0.75 * TitForTat().cost)


def told(tool, others):
    memory = np.array([tool.start])
    answers = [tool.advise(memory)[0]]
    for other in others:
        tool.observe(memory, np.array([1.0]), np.array([other]))
        answers.append(tool.advise(memory)[0])
    return answers


def test_tit_for_tat_repeats_and_an_average_follows():
    assert told(TitForTat(), [0.9, 0.1]) == [1.0, 0.9, 0.1]
    assert told(MovingAverage(), [0.0, 0.0]) == pytest.approx([1.0, 0.8, 0.64])


def test_forgiving_tit_for_tat_lets_one_slip_pass_and_not_two():
    assert told(ForgivingTitForTat(), [0.9, 0.0, 0.9]) == pytest.approx([1.0, 0.9, 0.9, 0.9])
    assert told(ForgivingTitForTat(), [0.9, 0.0, 0.1])[-1] == 0.1


def test_forgiving_tit_for_tat_does_not_forgive_a_bad_record():
    assert told(ForgivingTitForTat(), [0.1] * 20 + [0.9, 0.0])[-1] == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StaticGovernance(alpha=1.5), r"alpha=1\.5: expected a number in \[0, 1\]"),
        (lambda: Sentinel(recovery=0.0), r"recovery=0\.0: expected a number in \(0, 1\]"),
        (lambda: Sentinel(state_weight=-1.0), r"state_weight=-1\.0"),
        (lambda: ForgivingSentinel(probe=1), r"probe=1: expected an integer at least 2"),
        (lambda: make_tool("grudge"), "tool='grudge': expected one of 'tit_for_tat', 'moving_average'"),
        (lambda: MovingAverage(weight=0.0), r"weight=0\.0"),
        (lambda: habituate(BODIES, TitForTat(), alphas=()), r"alphas=\(\): expected at least one"),
        (lambda: habituate(BODIES, TitForTat(), alphas=(2.0,)), r"alpha=2\.0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


def test_a_body_habituates_by_its_own_seed_alone():
    alone = habituate(grow_bodies(BodyParams(oja_rate=0.0), [3]), TitForTat())
    together = BASELINES["tit_for_tat"]
    assert np.array_equal(alone.mean[0], together.mean[3])
    assert np.array_equal(alone.whitening[0], together.whitening[3])
    assert alone.limit[0] == together.limit[3]
    assert len(together.states[0]) == 900 * len(ALPHAS)


def test_distance_is_that_of_mahalanobis():
    base, x = BASELINES["tit_for_tat"], BODIES.rest[[2, 5]] + 0.1
    gap = x - base.mean[[2, 5]]
    expected = [g @ np.linalg.solve(base.covariance[k], g) / 30 for g, k in zip(gap, (2, 5), strict=True)]
    np.testing.assert_allclose(base.distance(x, np.array([2, 5])), expected, rtol=1e-4)
