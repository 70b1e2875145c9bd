"""C7: whether the sentinel earns most, raw and net of costs; and the forgiving sentinel, which is ours."""

from __future__ import annotations

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
    trap : dict of str to ndarray of float64, shape (rounds,)
        What the player gave a partner that slips, on average over bodies.
    """

    raw: dict[str, FloatArray]
    nats: dict[str, FloatArray]
    tools: dict[str, FloatArray]
    alpha: dict[str, FloatArray]
    trap: dict[str, FloatArray]

    def net(self, player: str, price: float) -> FloatArray:
        """Return payoffs less the costs of tools and of complexity."""
        return self.raw[player] - self.tools[player] - price * self.nats[player]


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
    return np.asarray(course.own[first : first + seeds].mean(axis=0))


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
        gaps = [max(one.value for one in row) for row in behind]
        worst = int(np.argmax(gaps))
        first, total = first + unbeaten, total + len(CONDITIONS)
        told.append(
            f"{kind}: unbeaten in {unbeaten} of {len(CONDITIONS)}, and {gaps[worst]:.2f} behind where the other "
            f"{[*CONDITIONS][worst]}"
        )
    return Judged(
        claim="the sentinel has the highest payoff in every condition",
        judgement=judge([first == total, 2 * first >= total]),
        why=f"by raw payoff, beyond error ({'; '.join(told)})",
    )


def _on_average(evidence: dict[str, Payoffs]) -> Judged:
    told, leads = [], []
    for kind, payoffs in evidence.items():
        best = max(RIVALS, key=lambda name, raw=payoffs.raw: float(raw[name].mean()))  # type: ignore[misc]
        leads.append(_lead(payoffs.raw["sentinel"].mean(axis=0), payoffs.raw[best].mean(axis=0)))
        told.append(f"{kind}: {ends(leads[-1])} ahead of {best}")
    return Judged(
        claim="the sentinel has the highest payoff on average over conditions",
        judgement=Judgement.CONDITIONS if all(lead.low > 0 for lead in leads) else Judgement.NO,
        why=f"{'; '.join(told)}. Another choice of conditions than our {len(CONDITIONS)} may give another order",
    )


def _net(evidence: dict[str, Payoffs]) -> Judged:
    led = {
        kind: [price for price in PRICES if all(_net_lead(payoffs, rival, price) > 0 for rival in RIVALS)]
        for kind, payoffs in evidence.items()
    }
    told = "; ".join(f"{kind}: {', '.join(f'{price:g}' for price in prices) or 'none'}" for kind, prices in led.items())
    return Judged(
        claim="the sentinel has the highest payoff on average, net of what tools and complexity cost",
        judgement=judge([len(prices) == len(PRICES) for prices in led.values()] + [any(led.values())]),
        why=f"prices of a nat at which it leads, of {', '.join(f'{price:g}' for price in PRICES)}: {told}",
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
        told.append(f"{kind}: {ends(gain)}, {max(losses):.3f}, {ends(lead)}")
    return Judged(
        claim="ours: a forgiving sentinel leaves the trap of a slipping partner, and loses next to nothing to long "
        "defectors",
        judgement=judge(holds),
        why="more than the sentinel with the slipping partner, at most less with long defectors, more on average over "
        f"all conditions ({'; '.join(told)})",
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
    rows.append(("all", *(ends(bootstrap(payoffs.raw[name].mean(axis=0))) for name in names)))
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
