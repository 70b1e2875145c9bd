"""Fingerprints: closed forms, another library's, and the picture."""

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import memory_one
from dynenvs.envs.games.background import strategy, strategy_automaton, strategy_names
from dynenvs.envs.games.chains import Encounter, pair_payoffs
from dynenvs.envs.games.params import RepeatedGameParams
from dynenvs.evaluation.fingerprints import fingerprint, fingerprint_plot, joss_ann

FIDELITY = Path(__file__).parents[1] / "fidelity" / "axelrod_fingerprints.csv"
OURS = {strategy(name).axelrod_name: name for name in strategy_names()}
TURNS = 500  # of the other library's matches, whose first rounds are part of their means
PROBES = {"tit_for_tat": [1, 1, 0, 1, 0], "win_stay_lose_shift": [1, 1, 0, 0, 1]}

CLOSED_FORMS = {
    "always_cooperate": lambda x, y: 3 - 3 * y,
    "always_defect": lambda x, y: 1 + 4 * x,
    "tit_for_tat": lambda x, y: (3 * x**2 + 5 * x * y + y**2) / (x + y) ** 2,  # Ashlock and Kim (2008)
    "random": lambda x, y: 1.5 * (1 - y + x) / 2 + 0.5 * (1 + 4 * (1 - y + x) / 2),
    "grudger": lambda x, y: 1 + 4 * x + 0 * y,  # sooner or later it is betrayed
}


def inside(taken):
    """x, y and payoffs of the points that do not lie on the edge, where a Joss-Ann may never do one of the moves."""
    x, y = np.meshgrid(taken.axis, taken.axis)
    within = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    return x[within], y[within], taken.payoffs[within]


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_fingerprints_are_the_known_functions(name):
    taken = fingerprint(name, points=21)
    x, y, payoffs = inside(taken)
    assert taken.exact
    assert payoffs == pytest.approx(CLOSED_FORMS[name](x, y), abs=1e-8)


def rows():
    with FIDELITY.open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.mark.parametrize("name", sorted({row["strategy"] for row in rows()}))
def test_fingerprints_are_those_of_the_axelrod_library_with_both_probes_and_their_duals(name):
    params = RepeatedGameParams()
    ours = strategy_automaton(OURS[name], params.matrices())
    for row in rows():
        if row["strategy"] == name:
            x, y = np.array([float(row["x"])]), np.array([float(row["y"])])
            first, *after = joss_ann(np.array(PROBES[OURS[row["probe"]]]), x, y)[0]
            computed, _ = pair_payoffs(Encounter.of(params, endless=True), ours, memory_one(*after, first=first))
            error = 4 * float(row["payoff_error"]) + 10 / TURNS
            assert computed == pytest.approx(float(row["payoff"]), abs=error), row


def test_a_dual_does_the_opposite_of_the_probe_after_the_same_moves():
    pavlov = np.array(PROBES["win_stay_lose_shift"])
    (dual,) = joss_ann(pavlov, np.array([1.0]), np.array([1.0]))
    assert dual.tolist() == [0, 1, 0, 0, 1]  # own moves of the dual are those that the probe did not make
    (only_draws,) = joss_ann(pavlov, np.array([0.3]), np.array([0.7]))
    assert only_draws == pytest.approx(np.full(5, 0.3))


@pytest.mark.parametrize("x", [0.1, 0.5, 0.9])
def test_the_two_halves_of_a_fingerprint_meet_without_a_step(x):
    params, pavlov = RepeatedGameParams(), np.array(PROBES["win_stay_lose_shift"])
    ours, encounter = memory_one(*pavlov[1:]), Encounter.of(params, endless=True)
    probes = joss_ann(pavlov, np.full(3, x), 1 - x + np.array([-1e-7, 0, 1e-7]))
    below, on_it, above = (pair_payoffs(encounter, ours, memory_one(*p[1:], first=p[0]))[0] for p in probes)
    assert below == pytest.approx(on_it, abs=1e-5)
    assert above == pytest.approx(on_it, abs=1e-5)


def test_what_is_no_automaton_is_measured_on_episodes():
    measured = fingerprint("grumpy", points=3, episodes=40, horizon=200)
    assert not measured.exact
    assert measured.payoffs[0].tolist() == [3.0, 3.0, 3.0]  # tit for tat, or more cooperative
    assert measured.payoffs[2, 0] == (200 - 11) / 200  # it takes eleven defections
    assert (fingerprint("grumpy", points=3, episodes=40, horizon=200).payoffs == measured.payoffs).all()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"probe": "tit_for_two_tats"}, "probe='tit_for_two_tats': expected a strategy that looks at the last joint"),
        ({"probe": "gradual"}, "probe='gradual': expected a strategy that looks at the last joint"),
        ({"points": 1}, "points=1"),
        ({"game": "rock_paper_scissors"}, "expected a repeated game of two actions"),
    ],
)
def test_what_gives_no_fingerprint_is_refused(options, expected):
    with pytest.raises(ParameterError, match=expected):
        fingerprint("tit_for_tat", **options)


def test_no_fingerprints_are_no_picture():
    with pytest.raises(ParameterError, match="at least one"):
        fingerprint_plot([])


def test_the_command_draws_one_panel_a_strategy(tmp_path):
    taken = [fingerprint(name, points=5) for name in ("tit_for_tat", "always_defect", "random", "joss")]
    figure = fingerprint_plot(taken, "Fingerprints")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [one.policy for one in taken]
    out = tmp_path / "fingerprints.png"
    shown = CliRunner().invoke(main, ["fingerprint", "tit_for_tat", "--points", "5", "--out", str(out)])
    assert "tit_for_tat: 1.000 to 3.000 a round, computed" in shown.output
    assert out.stat().st_size > 5000
