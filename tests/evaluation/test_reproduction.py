import pytest

from dynenvs.evaluation.reproduction import Claim, Verdict, tally, worst
from dynenvs.evaluation.statistics import Estimate


def claim(published, value, low=None, high=None, digits=2, error=None):
    ours = Estimate(value, value if low is None else low, value if high is None else high)
    return Claim(row="model", column="scenario", published=published, digits=digits, ours=ours, error=error)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (claim(9.78, 9.7849), Verdict.EXACT),
        (claim(9.78, 9.785), Verdict.EXACT),  # halfway: rounds to either side
        (claim(9.78, 9.7851), Verdict.NOT),
        (claim(6, 6.0, digits=0), Verdict.EXACT),
        (claim(9.8, 9.84, digits=1), Verdict.EXACT),
        (claim(9.78, 10.5, 9.5, 11.5), Verdict.WITHIN),
        (claim(9.78, 10.5, error=0.8), Verdict.WITHIN),
        (claim(9.78, 10.5, 10.1, 10.9, error=0.5), Verdict.NOT),
    ],
)
def test_a_verdict_is_by_digits_and_then_by_the_wider_error(found, verdict):
    assert found.verdict == verdict


def test_verdicts_are_counted_and_the_worst_is_known():
    exact, within, wrong = claim(1.0, 1.0), claim(1.0, 1.1, 0.9, 1.3), claim(1.0, 2.0)
    assert tally([exact, exact, wrong]) == {Verdict.EXACT: 2, Verdict.WITHIN: 0, Verdict.NOT: 1}
    assert worst([exact, within]) == Verdict.WITHIN
    assert worst([wrong, within, exact]) == Verdict.NOT
