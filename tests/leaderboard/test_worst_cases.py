"""Boards that rank by the worst case over an uncertainty set."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.robustness import measure_robustness
from dynenvs.leaderboard.boards import read_board, read_entries
from dynenvs.leaderboard.model_maps import SIDE, model_maps
from dynenvs.leaderboard.site import build_site
from dynenvs.leaderboard.standings import standings

from .examples import make_board

POLE, GOOD, BAD = "dynenvs/RobustCartPole-v0", "linear:1,1,10,2,0", "linear:0,0,-1,0,0"
SMALL = {"env_id": POLE, "params": {"horizon": 60}, "metric": "return", "grid": 3, "episodes": 4, "opponents": []}


def enter(board, *options):
    return CliRunner().invoke(main, ["leaderboard", "enter", str(board), *options])


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = make_board(tmp_path_factory.mktemp("boards") / "pole", **SMALL)
    result = enter(folder, GOOD, BAD)
    assert result.exit_code == 0, result.output
    return folder


def test_a_policy_is_ranked_by_its_worst_model(board):
    good, bad = (place.entry for place in standings(read_board(board), read_entries(board)))
    assert (good.policy, bad.policy) == (GOOD, BAD)
    found = measure_robustness(POLE, GOOD, grid=3, episodes=4, seed=7, horizon=60)
    assert good.score == found.confirmed
    assert good.metrics == {"least_mean": found.worst, "mean_of_models": found.mean, "worst_tenth": found.cvar}
    assert good.policy_digest == found.digest
    assert good.episodes == good.planned == 4


def test_an_entry_holds_the_mean_of_every_model(board):
    found = measure_robustness(POLE, GOOD, grid=3, episodes=4, seed=7, horizon=60)
    models = next(entry.models for entry in read_entries(board) if entry.policy == GOOD)
    assert list(models.axes) == list(found.models.names)
    means = np.reshape(models.means, (3, 3, 3))
    for point, mean in zip(found.models.points, found.means, strict=True):
        place = tuple(axis.index(value) for axis, value in zip(models.axes.values(), point, strict=True))
        assert means[place] == mean


def test_maps_show_the_worst_over_what_they_cannot_show(board):
    entries = read_entries(board)
    maps = model_maps(standings(read_board(board), entries))
    assert [one.policy for one in maps] == [GOOD, BAD]
    means = np.reshape(next(entry.models.means for entry in entries if entry.policy == GOOD), (3, 3, 3))
    tiles = np.reshape([tile.value for tile in maps[0].tiles], (3, 3))
    assert (tiles == means.min(axis=2)).all()
    low_left, high_right = maps[0].tiles[0], maps[0].tiles[-1]
    assert (low_left.x, high_right.y) == (0, 0)
    assert low_left.y + low_left.height == pytest.approx(SIDE)
    assert "masspole 0.05" in low_left.told


def test_the_page_says_what_is_ranked_and_where_it_holds(board, tmp_path):
    build_site(board.parent, tmp_path)
    page = (tmp_path / "pole.html").read_text()
    for told in (
        "worst return",
        "Where it holds",
        "a closed grid, 3 values of each uncertain parameter",
        "Worst tenth",
    ):
        assert told in page


def test_what_needs_records_is_refused(board):
    result = enter(board, GOOD, "--out", "records.jsonl")
    assert result.exit_code == 2
    assert "ranks by a worst case: expected neither --out, --resume nor --transcripts" in result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: entry.pop("models"), "expected the means of all models if, and only if, the board has a grid"),
        (lambda entry: entry["models"]["means"].pop(), "expected one for each combination of the values in axes"),
        (lambda entry: entry["models"]["axes"].update(length=[]), r"axes\.length=\[\]: expected a list of finite num"),
        (lambda entry: entry["models"].update(axes={}, means=[1.0]), "expected the values of at least one parameter"),
        (lambda entry: entry["models"]["axes"].update(length=[3, 2, 1]), "expected different values, the least first"),
        (lambda entry: entry["metrics"]["least_mean"].update(mean=99, high=99), "the least of models"),
        (lambda entry: entry.update(planned=5), "planned=5: expected 4, as the board plans"),
    ],
)
def test_a_bad_entry_is_named(board, tmp_path, change, message):
    copy = make_board(tmp_path / "pole", **SMALL)
    (copy / "results").mkdir()
    path = next((board / "results").iterdir())
    values = json.loads(path.read_text())
    change(values)
    (copy / "results" / path.name).write_text(json.dumps(values))
    with pytest.raises(CorruptFile, match=message):
        read_entries(copy)


def test_a_family_of_explicit_processes_has_a_board_as_well(tmp_path):
    folder = make_board(
        tmp_path / "walk",
        env_id="dynenvs/TabularMDP-v0",
        params={"mdp": "windy_walk"},
        metric="discounted_return",
        grid=2,
        episodes=2,
        opponents=[],
    )
    result = enter(folder, "random_legal")
    assert result.exit_code == 0, result.output
    (entry,) = read_entries(folder)
    assert list(entry.models.axes) == ["alpha"]
    assert len(entry.models.means) == 25
    build_site(tmp_path, tmp_path / "site")


def test_nobody_takes_the_place_of_another_of_the_same_name_unawares(tmp_path, monkeypatch):
    folder = make_board(tmp_path / "pole", **SMALL)
    module = tmp_path / "pushers.py"
    source = """
import numpy as np
class Pusher:
    name, seat, to = "pusher", "external", {to}
    def __init__(self, env_id): pass
    def digest(self): return "pushes to {to}"
    def reset(self, world, games): pass
    def act(self, turn): return np.full(len(turn), self.to)
"""
    monkeypatch.syspath_prepend(tmp_path)
    for to, options, code in ((0, [], 0), (0, [], 0), (1, [], 1), (1, ["--replace"], 0)):
        module.with_name(f"pushers_{to}.py").write_text(source.format(to=to))
        result = enter(folder, f"python:pushers_{to}:Pusher", *options)
        assert result.exit_code == code, result.output
        if code:
            assert "'pusher' stands on board 'pole' already, with the digest pushes to 0; that of" in result.output
    assert [entry.policy_digest for entry in read_entries(folder)] == ["pushes to 1"]
