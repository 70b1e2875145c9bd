"""The claims of Nakamura (arXiv 2602.20846), each with what we find, by experiments of minutes.

Only the abstract of the source was at hand. Every number below is computed; thresholds of the verdicts stand beside
them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dynenvs.evaluation.statistics import Estimate, bootstrap
from dynenvs_agents.reservoir import variance
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.cognition import TitForTat
from dynenvs_agents.reservoir.costs import GRID, PARTNERS
from dynenvs_agents.reservoir.experiments import CONDITIONS, Player
from dynenvs_agents.reservoir.findings import KINDS, ROUNDS, Finding, Judged, Judgement, Sheet, Study, ends, judge
from dynenvs_agents.reservoir.fixed_points import MIRROR, FixedPoints, basin, find_fixed_points
from dynenvs_agents.reservoir.payoffs import judge_payoffs
from dynenvs_agents.reservoir.phases import (
    DWELLS,
    GOVERNED,
    PRICED_DWELLS,
    PRICED_SIZES,
    PRICES,
    Phases,
    change_near_twenty,
    largest_change,
    measure_best,
    measure_phases,
)
from dynenvs_agents.reservoir.sentinel import Sentinel

__all__ = ["CLAIMS"]

FloatArray = NDArray[np.float64]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# ---------------------------------------------------------------- C1: a body that decides and notices

_HITS, _FALSE = 0.9, 0.05
"""Least share of rounds of defection, and largest of rounds of cooperation, in which a detector feels discomfort."""


def judge_layers(study: Study) -> Finding:
    """C1: let bodies decide, and ask whether their states notice a defection."""
    deaf = Player(
        name="deaf sentinel",
        governance=Sentinel(state_weight=0.0, output_weight=0.0, disagreement_weight=0.0),
        tool=TitForTat(),
    )
    rows, holds, told = [], [], []
    for kind, lab in study.labs.items():
        course = lab.play(deaf, ["cooperate", "interrupted_cooperator"], ROUNDS)
        calm, broken = course.signals[: study.seeds], course.signals[study.seeds :]
        false = (calm[:, 100:, 0] > 0).mean(axis=1)
        hits = (broken[:, 403:600, 0] > 0).mean(axis=1)
        wish = course.wish[: study.seeds, 100:].mean(axis=1)
        holds.append(hits.mean() >= _HITS and false.mean() <= _FALSE and abs(wish.mean() - 0.9) < 0.05)
        told.append(
            f"{kind}: in {_percent(hits.mean())} of the rounds of a defection, in {_percent(false.mean())} of those of "
            "cooperation"
        )
        rows.append((kind, *(ends(bootstrap(one)) for one in (wish, hits, false))))
    return Finding(
        judged=(
            Judged(
                claim="one and the same body decides what to play, and notices when something is wrong",
                measured="how often the body's state, which also decides, signals discomfort: while a partner defects, "
                f"and while it cooperates. To hold: at least {_percent(_HITS)} and at most {_percent(_FALSE)} of the "
                "rounds, in a body that would play 0.9 with a cooperator",
                found="; ".join(told),
                judgement=judge(holds),
            ),
        ),
        sheets=(
            Sheet(
                title="what the body of 30 neurons would play with a cooperator, and when its state alone is alarmed",
                columns=("body", "would play", "in defection, from its 4th round", "in cooperation"),
                rows=tuple(rows),
            ),
        ),
        evidence=None,
    )


# ---------------------------------------------------------------- C2: cooperation is a fixed point

FIXED_SIZES = (5, 10, 20, 30, 50, 100)


def judge_fixed_points(study: Study) -> Finding:
    """C2: find all fixed points of closed loops."""
    rows, holds, failed, seconds = [], {}, [], 0
    for kind, params in KINDS.items():
        for d in FIXED_SIZES:
            bodies = grow_bodies(BodyParams(**{**vars(params), "d": d}), range(study.seeds))
            alone, mirrored = (
                [find_fixed_points(bodies, k, partner) for k in range(study.seeds)] for partner in (0.9, MIRROR)
            )
            shares = [basin(bodies, k, MIRROR, one.points[0], starts=100) for k, one in enumerate(mirrored)]
            single = [_is_cooperation(one) for one in alone]
            second = sum(any(point.stable and point.action < 0.5 for point in one.points) for one in mirrored)
            holds[kind, d] = all(single)
            failed += [] if all(single) else [f"{kind}, d = {d}: {sum(single)} of {study.seeds}"]
            seconds += second
            radius = float(np.median([one.points[0].radius for one in alone]))
            rows.append(
                (
                    f"{kind}, d = {d}",
                    f"{sum(single)} of {study.seeds}",
                    f"{radius:.2f}",
                    f"{second}",
                    f"{np.mean(shares):.2f}",
                )
            )
    large = [hold for (_, d), hold in holds.items() if d >= 10]
    return Finding(
        judged=(
            Judged(
                claim="where the body alone decides (alpha = 1), it comes to rest in cooperation: the fixed point of a "
                "self-consistency equation",
                measured="all states in which a body would stay, for 5 to 100 neurons, with a partner that plays 0.9 "
                "and with one that mirrors the body. To hold: with the former, cooperation is the only one, and stable",
                found=f"so it is in all bodies{', but for ' if failed else ''}{'; '.join(failed)}. With a partner that "
                f"mirrors them, {seconds} of {len(holds) * study.seeds} bodies can also rest in defection",
                judgement=Judgement.YES if all(holds.values()) else judge([*large, False]),
            ),
        ),
        sheets=(
            Sheet(
                title="fixed points of the closed loop",
                columns=(
                    "body",
                    "partner at 0.9: cooperation alone, stable",
                    "radius (median)",
                    "mirror: also stable in defection",
                    "mirror: basin of cooperation",
                ),
                rows=tuple(rows),
            ),
        ),
        evidence=None,
    )


def _is_cooperation(found: FixedPoints) -> bool:
    points = found.points
    return len(points) == 1 and points[0].stable and abs(points[0].action - 0.9) < 0.05


# ---------------------------------------------------------------- C3: body governance lowers the complexity cost


def judge_complexity(study: Study) -> Finding:
    """C3: compare divergences at receptivities of 0.95 and 0."""
    sheets, holds, told = [], [], []
    for kind, costs in study.costs.items():
        tried, lower_by = {**costs.divergence, "Ledoit-Wolf, baseline of trust": costs.trusting}, []
        for measure, nats in tried.items():
            lower = [_log_change(nats[:, j]).high < 0 for j in range(len(PARTNERS))]
            holds += lower
            lower_by.append(f"{sum(lower)} by {measure}")
            rows = [
                (partner, *(f"{np.median(nats[a, j]):.3g}" for a in range(len(GRID))))
                for j, partner in enumerate(PARTNERS)
            ]
            sheets.append(
                Sheet(
                    title=f"nats from what the body is used to, median, by alpha ({kind}; {measure})",
                    columns=("partner", *(f"{alpha:g}" for alpha in GRID)),
                    rows=tuple(rows),
                )
            )
        told.append(f"{kind}: {', '.join(lower_by)}")
    return Finding(
        judged=(
            Judged(
                claim="who trusts the body pays less complexity: its states stay closer to what it is used to (a KL "
                "divergence, in nats)",
                measured=f"that divergence at alpha = 0.95 and at alpha = 0, with each of {len(PARTNERS)} partners, by "
                "several estimates. To hold: it is less at 0.95, beyond error, with all partners and by all estimates",
                found=f"with so many partners it is less: {'; '.join(told)}. How many nats there are depends on the "
                "estimate by orders of magnitude",
                judgement=judge(holds),
            ),
        ),
        sheets=tuple(sheets),
        evidence=study.costs,
    )


def _log_change(nats: FloatArray) -> Estimate:
    """Estimate the change of the logarithm from receptivity 0 to 0.95, (receptivities, seeds) given."""
    floor = 1e-3  # estimates by neighbours may fall below 0
    logs = np.log(np.maximum(nats, floor))
    return bootstrap(logs[GRID.index(0.95)] - logs[GRID.index(0.0)])


# ---------------------------------------------------------------- C4: variance falls with size

_PUBLISHED = (23.0, 1600.0)
"""Ratios at d = 5 and d = 100 by the abstract."""
_FACTOR = 3.0
"""What recurrence must multiply the ratio by, in the geometric mean over sizes, for the law to be owed to it. From 5 to
100 neurons the published ratio grows 70 times."""


def judge_variance(study: Study) -> Finding:
    """C4: measure variance ratios, and what they are owed to."""
    ratios = variance.measure_ratios(study.seeds)
    outer = {kind: ratios.median(kind)[[0, -1]] for kind in (variance.HABITUATED, variance.DRAWN)}
    near = [_holds_published(ratios.band(kind)) for kind in outer]
    ridges = [ratios.median(kind)[-1] for kind in variance.BODIES if kind.startswith("ridge")]
    recurrence = ratios.median(variance.DRAWN) / ratios.median("no recurrence")
    biased = ratios.median(variance.DRAWN)[-1] / ratios.median("no bias currents")[-1]
    lines = max(float(ratios.median(kind)[-1]) for kind in variance.LINES)
    owed = np.exp(np.log(recurrence).mean()) >= _FACTOR
    told = "; ".join(f"{kind}: {low:.0f} and {high:.0f}" for kind, (low, high) in outer.items())
    rows = tuple(
        (kind, *(f"{value:.0f}" for value in ratios.median(kind)), f"{ratios.slope(kind):.1f}")
        for kind in ratios.ratios
    )
    low, high = ratios.band(variance.DRAWN)
    return Finding(
        judged=(
            Judged(
                claim="the more neurons, the steadier: the body's actions vary 23 times less than the partner's at "
                "d = 5, and 1600 times less at d = 100",
                measured="by how much less the body's actions vary than the partner's, at d = 5 and at d = 100. To "
                "hold under these parameters: both published numbers lie within the middle 80 % of bodies of one kind",
                found=f"{told} (medians). How much the readout is regularised (its ridge) sets the level: "
                f"{min(ridges):.0f} to {max(ridges):.0f} at d = 100, for ridges from 0.1 to 0.0001",
                judgement=Judgement.CONDITIONS if any(near) else Judgement.NO,
            ),
            Judged(
                claim="that steadiness is owed to the dynamics of the reservoir",
                measured="the same for bodies whose neurons do not act on each other (no recurrence), for bodies "
                f"without bias currents, and for a delay line. To hold: recurrence multiplies it by {_FACTOR:g}, on "
                "average over sizes",
                found=f"recurrence multiplies it by {recurrence.min():.1f} to {recurrence.max():.1f}. Without any it "
                f"grows with size all the same, as d to the power of {ratios.slope('no recurrence'):.1f} (with it, "
                f"{ratios.slope(variance.DRAWN):.1f}). At d = 100, bias currents multiply it by {biased:.0f}, and a "
                f"delay line reaches {lines:.0f}",
                judgement=Judgement.YES if owed else Judgement.NO,
            ),
        ),
        sheets=(
            Sheet(
                title=f"variance of the partner over that of the body, medians of {study.seeds} bodies",
                columns=("kind", *(f"d = {d}" for d in variance.SIZES), "exponent"),
                rows=rows,
            ),
            Sheet(
                title=f"the same, 10 and 90 % quantiles ({variance.DRAWN})",
                columns=("quantile", *(f"d = {d}" for d in variance.SIZES)),
                rows=tuple((name, *(f"{x:.0f}" for x in row)) for name, row in (("10 %", low), ("90 %", high))),
            ),
        ),
        evidence=ratios,
    )


def _holds_published(band: FloatArray) -> bool:
    """Say whether both published ends lie between the 10 and 90 % quantiles (2, sizes) of our bodies."""
    return all(band[0, place] <= end <= band[1, place] for place, end in zip((0, -1), _PUBLISHED, strict=True))


# ---------------------------------------------------------------- C5: alpha around a defection

MOMENTS = {
    "100 rounds before": slice(300, 400),
    "2 rounds later": slice(402, 403),
    "at its end": slice(599, 600),
    "30 later": slice(629, 630),
    "100 later": slice(699, 700),
    "200 later": slice(799, 800),
}
"""Rounds over which alpha is averaged; the defection begins with round 400 and ends before 600."""


def judge_sentinel(study: Study) -> Finding:
    """C5: follow alpha around a defection."""
    rows, holds, told = [], [], []
    place = [*CONDITIONS.values()].index("interrupted_cooperator")
    span = slice(place * study.seeds, (place + 1) * study.seeds)
    curves = {}
    for kind, courses in study.courses.items():
        curves[kind] = courses["sentinel"].alpha[span]
        at = {name: bootstrap(curves[kind][:, t].mean(axis=1)) for name, t in MOMENTS.items()}
        before, dropped, back = (at[name].value for name in ("100 rounds before", "2 rounds later", "200 later"))
        holds.append(before > 0.8 and dropped < 0.1 and back > 0.8)
        told.append(f"{kind}: {before:.2f} before, {dropped:.2f} after 2 rounds, {back:.2f} when it is over")
        rows.append((kind, *(ends(one, 2) for one in at.values())))
    return Finding(
        judged=(
            Judged(
                claim="the sentinel's trust (alpha) stays high while the partner cooperates, and drops fast upon "
                "defection",
                measured="mean alpha in the 100 rounds before the partner defects, 2 rounds after it began, and 200 "
                "rounds after it ended. To hold: above 0.8, below 0.1, and above 0.8 again",
                found="; ".join(told),
                judgement=judge(holds),
            ),
        ),
        sheets=(Sheet(title="alpha around 200 rounds of defection", columns=("body", *MOMENTS), rows=tuple(rows)),),
        evidence=curves,
    )


# ---------------------------------------------------------------- C6: overriding costs in proportion

_NEAR_ONE = 0.15
"""How far an exponent may be from 1 to count as proportional."""


def judge_override(study: Study) -> Finding:
    """C6: fit powers to the cost of holding a body where it would not stay."""
    rows, holds, told = [], [], []
    for kind, costs in study.costs.items():
        ranges = []
        for measure, work in costs.work.items():
            exponents = [_exponent(costs.override[:, j], work[:, j]) for j in range(len(PARTNERS))]
            straight = [abs(one.value - 1) < _NEAR_ONE for one in exponents]
            holds.append(all(straight))
            values = [one.value for one in exponents]
            ranges.append(f"{min(values):.2f} to {max(values):.2f} by {measure}")
            rows.append((f"{kind}, {measure}", *(ends(one, 2) for one in exponents)))
        told.append(f"{kind}: {', '.join(ranges)}")
    return Finding(
        judged=(
            Judged(
                claim="to play something else than the body would costs in proportion to how far that distorts it",
                measured="the power with which the cost grows with the distortion. Cost: nats from the same body left "
                "to itself (in units of kT, what holding a system away from equilibrium takes). Distortion: mean "
                f"square of what is played less what the body would play. To hold: within {_NEAR_ONE:g} of 1 with "
                "every partner",
                found=f"{'; '.join(told)}. In the distance itself, not its square, powers are twice these",
                judgement=judge(holds),
            ),
        ),
        sheets=(
            Sheet(
                title="exponent of the cost in the squared override, by partner, over alphas from 0 to 0.95",
                columns=("body, estimate", *PARTNERS),
                rows=tuple(rows),
            ),
        ),
        evidence=study.costs,
    )


def _exponent(distortion: FloatArray, work: FloatArray) -> Estimate:
    """Fit a power to each body's receptivities (without 1, where both are 0), and average over bodies."""
    x, y = (np.log(np.maximum(values[:-1], 1e-12)) for values in (distortion, work))
    slopes = [float(np.polyfit(x[:, k], y[:, k], 1)[0]) for k in range(x.shape[1])]
    return bootstrap(slopes)


# ---------------------------------------------------------------- C8: regimes change near d = 20

_SIGNIFICANT = 0.1
"""Least change of the mean alpha, over sizes, that may be called another regime."""
_NEAR_TWENTY = (12.0, 35.0)
_PRICED_SEEDS = 6
"""Bodies where complexity has a price: its estimate takes most of the time."""


def judge_phases(study: Study) -> Finding:
    """C8: map governance over sizes and dwell times."""
    evidence = {kind: measure_phases(study.seeds, params) for kind, params in KINDS.items()}
    holds, told, sheets = [], [], []
    for kind, phases in evidence.items():
        means = phases.alpha.mean(axis=2)
        by_size, by_dwell = float(np.ptp(means, axis=0).max()), float(np.ptp(means, axis=1).max())
        places = largest_change(phases.sizes, phases.alpha.mean(axis=1))
        step = Estimate(float(np.median(places)), *(float(x) for x in np.quantile(places, [0.025, 0.975])))
        near = _NEAR_TWENTY[0] <= step.low and step.high <= _NEAR_TWENTY[1]
        holds.append(near and by_size >= _SIGNIFICANT)
        told.append(
            f"{kind}: alpha differs by {by_size:.2f} at most between sizes, by {by_dwell:.2f} between dwell times, "
            f"and changes most at d = {ends(step, 0)}"
        )
        best = measure_best(min(study.seeds, _PRICED_SEEDS), KINDS[kind])
        changed = change_near_twenty(best)
        holds.append(bool(changed.all()))
        told.append(
            f"the governance that earns most changes near 20 in {changed.sum()} of {changed.size} cases with a price "
            "on complexity"
        )
        sheets += [_phase_sheet(kind, phases), _best_sheet(kind, best)]
    return Finding(
        judged=(
            Judged(
                claim="in a diagram of body size and dwell time (how long a partner goes on with what it does), "
                "governance changes its regime near d = 20",
                measured="the sentinel's mean alpha by size and dwell time; and which governance earns most, below 20 "
                f"neurons and above. To hold: alpha differs by {_SIGNIFICANT:g} between sizes and changes most between "
                f"d = {_NEAR_TWENTY[0]:g} and {_NEAR_TWENTY[1]:g}, or one governance is best below 20 and another "
                "above, in all cases",
                found="; ".join(told),
                judgement=judge(holds),
            ),
        ),
        sheets=tuple(sheets),
        evidence=evidence,
    )


def _best_sheet(kind: str, best: NDArray[np.int64]) -> Sheet:
    rows = []
    for p, (measure, price) in enumerate(PRICES):
        for j, dwell in enumerate(PRICED_DWELLS):
            names = [GOVERNED[number].name for number in best[p, :, j]]
            rows.append((f"{price:g} a nat ({measure}), dwelling {dwell}", *names))
    return Sheet(
        title=f"governance that earns most net of costs, by size ({kind})",
        columns=("price, environment", *(f"d = {d}" for d in PRICED_SIZES)),
        rows=tuple(rows),
    )


def _phase_sheet(kind: str, phases: Phases) -> Sheet:
    means = phases.alpha.mean(axis=2)
    return Sheet(
        title=f"mean alpha of the sentinel, by size and dwell time tau_env ({kind})",
        columns=("d", *(f"{dwell}" for dwell in DWELLS)),
        rows=tuple((f"{d}", *(f"{value:.2f}" for value in row)) for d, row in zip(phases.sizes, means, strict=True)),
    )


CLAIMS: dict[str, Callable[[Study], Finding]] = {
    "C1": judge_layers,
    "C2": judge_fixed_points,
    "C3": judge_complexity,
    "C4": judge_variance,
    "C5": judge_sentinel,
    "C6": judge_override,
    "C7": judge_payoffs,
    "C8": judge_phases,
}
"""What judges each claim."""
