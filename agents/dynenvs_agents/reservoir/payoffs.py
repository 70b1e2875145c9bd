"""C7: whether the sentinel earns most, raw and net of costs; and the forgiving sentinel, which is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs.evaluation.statistics import Estimate, bootstrap
from dynenvs_agents.reservoir.costs import View
from dynenvs_agents.reservoir.experiments import CONDITIONS, PLAYERS, Course, Lab, Player
from dynenvs_agents.reservoir.findings import KINDS, ROUNDS, Finding, Judged, Judgement, Sheet, Study, ends, judge

__all__ = ["OURS", "Payoffs", "judge_payoffs"]

FloatArray = NDArray[np.float64]

SOURCE = tuple(player.name for player in PLAYERS[:-1])
OURS = PLAYERS[-1].name
PRICES = (0.0, 0.01, 0.03, 0.1)
"""Payoff that a nat of complexity costs a round, on top of the tools."""
RIVALS = SOURCE[1:]
_SLIPPING = "slipping_reciprocator"
_LONG_DEFECTORS = ("interrupted_cooperator", "betrayer", "always_defect")
_ESCAPE, _NOTHING = 0.5, 0.02
"""Payoff a round that must be won from the trap, and that may be lost to defectors."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Payoffs:
    """Payoffs a round, shape (conditions, seeds), by player.

    Attributes
    ----------
    raw : dict of str to ndarray of float64
        As the game pays them.
    nats : dict of str to ndarray of float64
        Complexity: nats from what the body is used to, estimated by nearest neighbours.
    tools : dict of str to ndarray of float64
        What the use of tools costs.
    alpha : dict of str to ndarray of float64
        Mean receptivity.
    trap : dict of str to ndarray of float64, shape (seeds, rounds)
        What the player gave a partner that slips.
    """

    raw: dict[str, FloatArray]
    nats: dict[str, FloatArray]
    tools: dict[str, FloatArray]
    alpha: dict[str, FloatArray]
    trap: dict[str, FloatArray]

    def net(self, player: str, price: float) -> FloatArray:
        """Return payoffs less the costs of tools and of complexity."""
        return self.raw[player] - self.tools[player] - price * self.nats[player]

    def estimates(self, player: str) -> list[Estimate]:
        """Return the mean payoff in each condition and, last, over all of them, with 95 % intervals over bodies."""
        raw = self.raw[player]
        return [bootstrap(by_body) for by_body in (*raw, raw.mean(axis=0))]


def judge_payoffs(study: Study) -> Finding:
    """C7: compare payoffs, raw and net of costs."""
    evidence = {kind: _payoffs(study, kind) for kind in KINDS}
    return Finding(
        judged=(_everywhere(evidence), _on_average(evidence), _net(evidence), _ours(evidence)),
        sheets=tuple(sheet for kind, payoffs in evidence.items() for sheet in _payoff_sheets(kind, payoffs)),
        evidence=evidence,
    )


def _payoffs(study: Study, kind: str) -> Payoffs:
    courses, shape = study.courses[kind], (len(CONDITIONS), study.seeds)
    lab = study.labs[kind]
    by_player: dict[str, list[FloatArray]] = {}
    for player in PLAYERS:
        course = courses[player.name]
        nats = _nats(lab, player, course)
        parts = (course.payoff.mean(axis=1), nats, course.tool_costs, course.alpha.mean(axis=1))
        by_player[player.name] = [part.reshape(shape) for part in parts]
    raw, nats_of, tools, alpha = ({name: parts[i] for name, parts in by_player.items()} for i in range(4))
    trap = {name: _gave_to_slipping(course, study.seeds) for name, course in courses.items()}
    return Payoffs(raw=raw, nats=nats_of, tools=tools, alpha=alpha, trap=trap)


def _gave_to_slipping(course: Course, seeds: int) -> FloatArray:
    first = [*CONDITIONS.values()].index(_SLIPPING) * seeds
    return course.own[first : first + seeds]


def _nats(lab: Lab, player: Player, course: Course) -> FloatArray:
    """Estimate how far each row's states are from what its body is used to."""
    views = [View(states) for states in lab.baseline(player.tool).states]
    states = course.states[:, ROUNDS // 10 :]
    return np.array([views[row % lab.seeds].divergence(one) for row, one in enumerate(states)])


def _everywhere(evidence: dict[str, Payoffs]) -> Judged:
    """Count the conditions in which no rival earns more than the sentinel, beyond error."""
    told, first, total = [], 0, 0
    for kind, payoffs in evidence.items():
        raw = payoffs.raw
        behind = [[_lead(raw[name][j], raw["sentinel"][j]) for name in RIVALS] for j in range(len(CONDITIONS))]
        unbeaten = sum(all(one.low <= 0 for one in row) for row in behind)
        gaps = np.array([[one.value for one in row] for row in behind])
        worst, rival = np.unravel_index(int(gaps.argmax()), gaps.shape)
        first, total = first + unbeaten, total + len(CONDITIONS)
        told.append(
            f"{kind}: unbeaten against {unbeaten} of {len(CONDITIONS)}. It earns {gaps[worst, rival]:.2f} less than "
            f"{_listed([RIVALS[rival]])} against one that {[*CONDITIONS][worst]}, and against the others at most "
            f"{np.delete(gaps, worst, axis=0).max():.2f} less than any rival"
        )
    return Judged(
        claim="the sentinel earns most in every condition",
        measured=f"its payoff a round and that of its rivals ({_listed(RIVALS)}), against each of {len(CONDITIONS)} "
        "opponents. To hold: no rival earns more, beyond error",
        found="; ".join(told),
        judgement=judge([first == total, 2 * first >= total]),
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" if "," in name else name for name in names)


def _on_average(evidence: dict[str, Payoffs]) -> Judged:
    told, leads = [], []
    for kind, payoffs in evidence.items():
        best = max(RIVALS, key=lambda name, raw=payoffs.raw: float(raw[name].mean()))  # type: ignore[misc]
        leads.append(_lead(payoffs.raw["sentinel"].mean(axis=0), payoffs.raw[best].mean(axis=0)))
        told.append(f"{kind}: {ends(leads[-1])} more than {best}")
    return Judged(
        claim="the sentinel earns most on average over conditions",
        measured=f"its mean payoff a round over the same {len(CONDITIONS)} opponents, less that of the best rival. To "
        "hold: more than 0, beyond error; other opponents than these, which are our choice, may give another order",
        found="; ".join(told),
        judgement=Judgement.CONDITIONS if all(lead.low > 0 for lead in leads) else Judgement.NO,
    )


def _net(evidence: dict[str, Payoffs]) -> Judged:
    led = {
        kind: [price for price in PRICES if all(_net_lead(payoffs, rival, price) > 0 for rival in RIVALS)]
        for kind, payoffs in evidence.items()
    }
    told = "; ".join(
        f"{kind}: at {', '.join(f'{price:g}' for price in prices) or 'none'}" for kind, prices in led.items()
    )
    return Judged(
        claim="the sentinel earns most on average, net of what tools and complexity cost",
        measured="the same net of the costs of tools, and of a price for each nat of complexity, of which the paper's "
        f"is not known: {', '.join(f'{price:g}' for price in PRICES)}. To hold: it leads at all of these prices",
        found=f"prices at which it leads: {told}",
        judgement=judge([len(prices) == len(PRICES) for prices in led.values()] + [any(led.values())]),
    )


def _net_lead(payoffs: Payoffs, rival: str, price: float) -> float:
    return float(payoffs.net("sentinel", price).mean() - payoffs.net(rival, price).mean())


def _ours(evidence: dict[str, Payoffs]) -> Judged:
    opponents, holds, told = [*CONDITIONS.values()], [], []
    for kind, payoffs in evidence.items():
        raw = payoffs.raw
        lead = _lead(raw[OURS], raw["sentinel"])
        gain = _lead(raw[OURS][opponents.index(_SLIPPING)], raw["sentinel"][opponents.index(_SLIPPING)])
        losses = [float((raw["sentinel"] - raw[OURS])[opponents.index(name)].mean()) for name in _LONG_DEFECTORS]
        holds += [gain.low > _ESCAPE, max(losses) < _NOTHING, lead.low > 0]
        told.append(
            f"{kind}: {ends(gain)} more with one that slips, at most {max(losses):.3f} less with those who defect, "
            f"{ends(lead)} more on average"
        )
    return Judged(
        claim="ours: a forgiving sentinel gets out of the trap in which the sentinel and a partner that slips defect "
        "for ever, and loses next to nothing to those who defect for long",
        measured="how much more a round it earns than the sentinel with a partner that slips, how much less with those "
        f"who defect for long, and how much more on average. To hold: over {_ESCAPE:g}, under {_NOTHING:g}, and over 0 "
        "beyond error",
        found="; ".join(told),
        judgement=judge(holds),
    )


def _lead(one: FloatArray, other: FloatArray) -> Estimate:
    """Estimate the mean difference of payoffs (..., seeds), body by body."""
    return bootstrap((one - other).reshape(-1, one.shape[-1]).mean(axis=0))


def _payoff_sheets(kind: str, payoffs: Payoffs) -> tuple[Sheet, ...]:
    names = [player.name for player in PLAYERS]
    rows = []
    for j, condition in enumerate(CONDITIONS):
        cells = [f"{payoffs.raw[name][j].mean():.3f} ({payoffs.alpha[name][j].mean():.2f})" for name in names]
        rows.append((condition, *cells))
    rows.append(("all conditions", *(ends(payoffs.estimates(name)[-1]) for name in names)))
    net = [(f"{price:g}", *(f"{payoffs.net(name, price).mean():.3f}" for name in names)) for price in PRICES]
    nats = [
        (condition, *(f"{payoffs.nats[name][j].mean():.2f}" for name in names))
        for j, condition in enumerate(CONDITIONS)
    ]
    return (
        Sheet(title=f"payoff a round, and mean alpha ({kind})", columns=("opponent", *names), rows=tuple(rows)),
        Sheet(
            title=f"payoff over all opponents, net of tools and of so much a nat ({kind})",
            columns=("price of a nat", *names),
            rows=tuple(net),
        ),
        Sheet(
            title=f"nats from what the body is used to, by nearest neighbours ({kind})",
            columns=("opponent", *names),
            rows=tuple(nats),
        ),
    )
