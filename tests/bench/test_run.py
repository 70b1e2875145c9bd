"""The benchmark as a whole, and what it says of what is absent. Nothing here depends on how fast anything is."""

import json
import sys
from dataclasses import replace
from importlib.metadata import entry_points

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner

from dynenvs.bench import machine, processes
from dynenvs.bench.ours import OURS
from dynenvs.bench.peers import EPISODE, OPPONENTS, TURNS, _balancing_actions, peers
from dynenvs.bench.report import compare
from dynenvs.bench.run import ENTRY_POINTS, measure_training
from dynenvs.bench.timing import measure
from dynenvs.bench.tournament import STRATEGIES, measure_tournaments
from dynenvs.cli import main
from dynenvs.core.errors import MissingExtra
from dynenvs.envs.games.background import strategy
from dynenvs.envs.games.tournament import play_tournament

MATCHES = """
class TitForTat: pass
class Match:
    def __init__(self, players, turns, noise, seed):
        assert turns == 200 and noise == 0.02 and isinstance(players[0], TitForTat)
    def play(self): pass
class Tournament:
    def __init__(self, players, turns, repetitions, noise, seed):
        assert turns == 200 and repetitions == 5 and noise in (0.02, 0.0)
        self.payoffs = [[[3.0] * repetitions for _ in players] for _ in players]
    def play(self, progress_bar): return self
"""

RESERVOIRS = """
class Reservoir:
    def __init__(self, units, lr, sr, rc_connectivity, input_connectivity, seed):
        assert units == 100 and rc_connectivity == 1.0
    def run(self, actions): assert actions.shape[1] == 2
    def step(self, pair): assert len(pair) == 2
"""


@pytest.fixture
def peers_like(tmp_path, monkeypatch):
    """Modules that an interpreter takes for the Axelrod library, with the opponents that we play, and reservoirpy."""
    classes = {strategy(name).axelrod_name for name in (*OPPONENTS, *STRATEGIES)} - {"TitForTat"}
    source = MATCHES + "".join(f"class {name}: pass\n" for name in classes)
    (tmp_path / "axelrod.py").write_text(source, encoding="utf-8")
    (tmp_path / "reservoirpy").mkdir()
    (tmp_path / "reservoirpy/nodes.py").write_text(RESERVOIRS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def axelrod(python):
    return next(contender for contender in peers(python) if contender.name.startswith("Axelrod"))


def test_another_interpreter_plays_the_axelrod_librarys_matches(peers_like):
    with axelrod(sys.executable).open() as play:
        assert play() == play() > 0
        assert play() % (TURNS * len(OPPONENTS)) == 0


@pytest.mark.parametrize("python", [None, sys.executable])
def test_without_the_axelrod_library_its_row_says_how_to_get_it(python):
    timing = measure([axelrod(python)], repetitions=1, seconds=0)[axelrod(python).name]
    assert timing.rates == ()
    assert "make bench" in timing.missing
    assert "--peers-python" in timing.missing


def test_tournaments_of_both_are_compared_in_speed_and_score(peers_like):
    rows, (speed, scores) = measure_tournaments(sys.executable, 2, ("random", "tit_for_tat", "always_defect"))
    assert [len(row.rates) for row in rows] == [2, 1, 2, 1]
    assert rows[0].ratios == tuple(rate / rows[1].rates[0] for rate in rows[0].rates)
    assert speed.value > 0
    assert scores.value == 5 * 3  # the likeness says 3 a turn for all: true of tit for tat against itself alone
    assert "20 that differ" in scores.about


@pytest.mark.parametrize("python", [None, sys.executable])
def test_without_the_axelrod_library_tournaments_say_how_to_get_it(python):
    rows, bars = measure_tournaments(python, 1, ("random", "tit_for_tat"))
    assert [len(row.rates) for row in rows] == [1, 0, 1, 0]
    assert all("make bench" in missing for missing in (rows[1].missing, *(bar.verdict for bar in bars)))


def test_packages_beside_ours_plug_their_contenders_in():
    (plugged,) = [entry.load()(None) for entry in entry_points(group=ENTRY_POINTS)]
    timings = measure([*plugged.ours, *plugged.peers], repetitions=1, seconds=0)
    assert {name for name, timing in timings.items() if timing.rates} == {one.name for one in plugged.ours}
    rows = {row.name: row for row in compare([*plugged.ours, *plugged.peers], timings)}
    assert all("make bench" in bar.verdict for bar in plugged.bars(rows))
    fast = {name: replace(row, rates=(4.0,), ratios=(4.0,)) for name, row in rows.items()}
    assert [bar.holds for bar in plugged.bars(fast)] == [False, True]


def test_forty_strategies_take_part_of_which_one_draws():
    assert len(set(STRATEGIES)) == 40
    quiet = [play_tournament(STRATEGIES, 50, 1, seed=seed).scores[0] for seed in (0, 100_000)]
    drawing = STRATEGIES.index("random")
    differ = np.delete(np.delete(quiet[0] != quiet[1], drawing, 0), drawing, 1)
    assert not differ.any()


def test_without_stable_baselines_the_training_row_says_how_to_get_it(monkeypatch):
    for module in ("dynenvs.bench.training", "dynenvs.adapters.sb3"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    row, bar = measure_training(1)
    assert row.rates == ()
    assert bar.holds is None
    for missing in (row.missing, bar.missing):
        assert 'pip install "dynenvs[rl]"' in missing
    vec_env = next(contender for contender in OURS if "SB3" in contender.name)
    with pytest.raises(MissingExtra, match="rl"), vec_env.open():
        pass


def test_the_pole_stays_up_so_that_resets_weigh_as_little_as_in_our_episodes():
    env = gymnasium.make("CartPole-v1")
    actions = _balancing_actions(env)
    env.reset(seed=0)
    ends = [any(env.step(action)[2:4]) for action in actions]
    assert ends == [False] * (EPISODE - 1) + [True]


def test_memory_is_watched_only_if_asked_for():
    bar = processes.measure_memory(asked=False)
    assert bar.holds is None
    assert "--memory" in bar.verdict or "Linux" in bar.verdict


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its resident memory")
def test_memory_is_measured_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr(processes, "MEMORY", processes.MEMORY.replace("100000000", "100000"))
    bar = processes.measure_memory(asked=True)
    assert abs(bar.value) < 100  # megabytes


def test_the_machine_is_described():
    described = machine.describe_machine(None)
    assert "cores" in described["CPU"]
    assert "numba" in described["versions"]
    assert described["dynenvs"].startswith("0.")


def test_a_package_that_merely_lies_in_somebodys_checkout_claims_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_output", lambda command: str(tmp_path))
    assert machine._commit() == ""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_command_prints_all_rows_and_writes_them(tmp_path, peers_like):
    out = tmp_path / "bench.json"
    result = CliRunner().invoke(main, ["bench", "--quick", "--peers-python", sys.executable, "--out", str(out)])
    assert result.exit_code == 0, result.output
    content = json.loads(out.read_text())
    assert all(row["rates"] and not row["missing"] for row in content["rows"])
    assert {contender.name for contender in (*OURS, *peers(None))} < {row["name"] for row in content["rows"]}
    for row in content["rows"]:
        assert row["name"] in result.output
    measured = [bar["value"] for bar in content["bars"]]
    assert None not in measured[:-1]
    assert measured[-1] is None
    assert str(out) in result.output


def test_an_interpreter_that_does_not_exist_is_refused():
    result = CliRunner().invoke(main, ["bench", "--peers-python", "nowhere/python"])
    assert result.exit_code == 2
    assert "nowhere/python" in result.output
