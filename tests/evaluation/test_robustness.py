"""A policy over a whole uncertainty set: raw numbers, closed grids, common starts, fresh starts for the worst."""

import json
from dataclasses import replace

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import family, policy_values, solve
from dynenvs.evaluation import robustness
from dynenvs.evaluation.plots import save_plot, style
from dynenvs.evaluation.robustness import (
    Models,
    choose_and_score,
    measure_robustness,
    normalised,
    returns_in_models,
    slices,
    uncertain_models,
)
from dynenvs.evaluation.robustness_plots import robustness_map

POLE, TABULAR = "dynenvs/RobustCartPole-v0", "dynenvs/TabularMDP-v0"


class Table:
    """Plays an action for each state of a process, seen one-hot."""

    seat = "external"

    def __init__(self, actions, name="table"):
        self.actions, self.name = np.asarray(actions), name

    def digest(self):
        return f"{hash(self.actions.tobytes()) & 0xFFFFFFFFFFFFFFFF:016x}"

    def reset(self, world, games):
        pass

    def act(self, turn):
        return self.actions[turn.observations.argmax(axis=1)]


class Pusher:
    """Pushes the cart one way."""

    seat = "external"

    def __init__(self, way):
        self.way, self.name = way, f"pusher {way}"

    def digest(self):
        return "0" * 16

    def reset(self, world, games):
        pass

    def act(self, turn):
        return np.full(len(turn), self.way)


def test_the_grid_is_closed_at_both_ends():
    models = uncertain_models(POLE, 3)
    assert len(models) == 27
    assert models.names == ("masspole", "length", "force_mag")
    assert models.points.min(axis=0).tolist() == [0.05, 0.1, 1.5]
    assert models.points.max(axis=0).tolist() == [2.0, 2.5, 15.0]
    narrow = uncertain_models(POLE, 2, uncertainty={"gravity": (5.0, 20.0)})
    assert narrow.points.tolist() == [[5.0], [20.0]]


def test_models_of_a_family_are_its_models():
    models = uncertain_models(TABULAR, mdp="machine_replacement")
    assert (len(models), models.names) == (35, ("wear", "failure"))
    assert models.at(34) == {"wear": pytest.approx(0.95), "failure": pytest.approx(0.4)}


@pytest.mark.parametrize(("env_id", "params"), [("dynenvs/RepeatedGame-v0", {}), (TABULAR, {"mdp": "machine20"})])
def test_a_world_without_uncertainty_is_refused(env_id, params):
    with pytest.raises(ParameterError, match="expected a world with an uncertainty set"):
        measure_robustness(env_id, "random_legal", **params)


def test_every_model_is_played_from_the_same_starts_however_many_are_played_at_once(monkeypatch):
    models = uncertain_models(POLE, 2)
    whole = returns_in_models(POLE, Pusher(1), models, episodes=4, seed=3)
    monkeypatch.setattr(robustness, "BATCH", 8)
    np.testing.assert_array_equal(returns_in_models(POLE, Pusher(1), models, episodes=4, seed=3), whole)
    world = dynenvs.make_world(POLE, masspole=2.0, length=2.5, force_mag=15.0)
    for episode in range(4):
        world.reset(3 + episode)
        while world.buffers.alive.any():
            world.step([[1]])
        assert world.buffers.episode_returns[0, 0] == whole[7, episode]


def test_discounted_returns_are_discounted():
    models = uncertain_models(POLE, 2)
    steps = returns_in_models(POLE, Pusher(0), models, episodes=2)
    discounted = returns_in_models(POLE, Pusher(0), models, episodes=2, discount=0.9)
    np.testing.assert_allclose(discounted, (1 - 0.9**steps) / 0.1)


def test_measured_values_are_those_that_are_computed():
    models = family("machine_replacement")
    policy = solve(models.models[models.nominal], "nominal").policy
    found = measure_robustness(
        TABULAR, Table(policy), episodes=400, metric="discounted_return", mdp="machine_replacement", horizon=100
    )
    exact = policy_values(models, policy)
    errors = found.returns.std(axis=1) / 400**0.5
    assert (np.abs(found.means - exact) < 5 * errors).all()
    assert found.confirmed.low < exact[found.worst_model] < found.confirmed.high
    assert found.mean.low < exact.mean() < found.mean.high


def measured(policy, **options):
    return measure_robustness(POLE, policy, **{"grid": 2, "episodes": 6, **options})


def test_worst_mean_and_cvar_are_those_of_the_whole_grid():
    found = measured(Pusher(1), level=0.25)
    assert found.returns.shape == (8, 6)
    assert found.worst.value == found.means.min()
    assert found.worst_params == found.models.at(int(found.means.argmin()))
    assert found.mean.value == pytest.approx(found.returns.mean())
    assert found.cvar.value == pytest.approx(np.sort(found.means)[:2].mean())
    assert measured(Pusher(1), level=0.01).cvar.value == found.worst.value
    assert measured(Pusher(1), level=1.0).cvar.value == pytest.approx(found.mean.value)
    for estimate in (found.worst, found.confirmed, found.mean, found.cvar):
        assert estimate.low <= estimate.value <= estimate.high


def test_the_worst_model_is_played_again_from_other_starts():
    found = measured(Pusher(1))
    worst = found.models.chosen(np.array([found.worst_model]))
    fresh = returns_in_models(POLE, Pusher(1), worst, episodes=6, seed=robustness.FRESH_STARTS)
    np.testing.assert_array_equal(found.again, fresh[0])
    assert found.again.tolist() != found.returns[found.worst_model].tolist()


def test_a_policy_is_chosen_on_other_starts_than_those_that_score_it():
    policies = [Pusher(0), "linear:0,0,1,0.2,0"]
    chosen, score, candidates = choose_and_score(POLE, policies, grid=2, episodes=3, seed=5)
    assert chosen == 1
    assert candidates[1].worst.value > candidates[0].worst.value
    assert score.seed == 5
    assert {one.seed for one in candidates} == {5 + 2 * robustness.FRESH_STARTS}
    with pytest.raises(ParameterError, match="expected at least one"):
        choose_and_score(POLE, [])


def test_scaled_scores_have_0_and_1_where_they_should():
    scaled = normalised({"td3": 10.0, "m2td3": 30.0, "mine": 50.0, "bad": 0.0}, "td3", "m2td3")
    assert scaled == {"td3": 0.0, "m2td3": 1.0, "mine": 2.0, "bad": -0.5}
    assert normalised({"a": 3.0, "b": 1.0}, "a", "b") == {"a": 0.0, "b": -1.0}
    with pytest.raises(ParameterError, match="policy 'x': expected one of 'a', 'b'"):
        normalised({"a": 3.0, "b": 1.0}, "a", "x")
    with pytest.raises(ParameterError, match="expected different scores"):
        normalised({"a": 3.0, "b": 3.0}, "a", "b")


def test_all_of_it_can_be_written_as_json():
    found = measured(Pusher(0))
    content = json.loads(json.dumps(found.to_dict()))
    assert np.array(content["returns"]).shape == (8, 6)
    assert content["worst"]["value"] == found.worst.value
    assert content["search"] == "closed grid"
    assert content["worst_params"] == found.worst_params


def test_a_map_of_three_parameters_shows_the_worst_of_the_third():
    found = measured(Pusher(0), grid=3)
    tables = {(first, second): table for first, second, table in slices(found)}
    assert list(tables) == [(0, 1), (0, 2), (1, 2)]
    cube = found.means.reshape(3, 3, 3)
    np.testing.assert_array_equal(tables[0, 1], cube.min(axis=2))
    np.testing.assert_array_equal(tables[1, 2], cube.min(axis=0))


@pytest.mark.parametrize(
    ("uncertainty", "panels"),
    [({"length": (0.1, 2.5)}, 1), ({"length": (0.1, 2.5), "masspole": (0.05, 2)}, 1), (None, 3)],
)
def test_maps_are_drawn_for_any_number_of_parameters(tmp_path, uncertainty, panels):
    found = measured(Pusher(0), grid=3, uncertainty=uncertainty)
    figure = robustness_map(found, "a pusher", low=0.0, high=500.0)
    axes = [one for one in figure.axes if one.get_xlabel()]
    assert len(axes) == panels
    assert f"the worst, {found.worst.value:.4g} with" in told_below(figure)
    save_plot(figure, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 5000


def farthest(world):
    """How far the cart was from the middle at the end."""
    return np.abs(world.state.x[:, 0])


def told_below(figure):
    """What stands below a figure, on one line."""
    return " ".join(figure.get_supxlabel().split())


def test_a_metric_of_ones_own_is_measured_in_every_model_and_called_by_its_name(tmp_path):
    found = measured(Pusher(1), grid=3, metric=farthest)
    assert found.metric == "farthest"
    assert json.loads(json.dumps(found.to_dict()))["metric"] == "farthest"
    world = dynenvs.make_world(POLE)
    world.reset([0], params=found.worst_params)
    while world.buffers.alive.any():
        world.step([[1]])
    assert found.returns[found.worst_model, 0] == abs(world.state.x[0, 0])
    assert "mean farthest of" in told_below(robustness_map(found))


@pytest.mark.parametrize(
    "metric", [lambda world: 3.0, lambda world: world.state.x, lambda world: np.full(world.num_games, np.nan)]
)
def test_a_metric_of_ones_own_that_gives_no_number_for_each_game_is_refused(metric):
    with pytest.raises(ParameterError, match="metric='<lambda>': expected 48 finite numbers, one a game"):
        measured(Pusher(1), metric=metric)


@pytest.mark.parametrize("grid", [2, 3, 6, 8, 10])
def test_cells_stand_side_by_side_and_carry_the_values_of_the_grid(grid):
    ends = {"length": (0.1, 2.5), "masspole": (0.05, 2)}
    axes = robustness_map(measured(Pusher(0), grid=grid, episodes=2, uncertainty=ends)).axes[0]
    for axis, low, high in ((axes.xaxis, 0.05, 2.0), (axes.yaxis, 0.1, 2.5)):
        labels = [float(label.get_text()) for label in axis.get_ticklabels()]
        np.testing.assert_allclose(labels, np.linspace(low, high, grid), rtol=5e-3)
        assert axis.get_ticklocs().tolist() == list(range(grid))
        assert axis.get_view_interval().tolist() == [-0.5, grid - 0.5]


@pytest.mark.parametrize(("grid", "stride", "last"), [(11, 2, 10), (19, 2, 18), (30, 3, 27)])
def test_of_a_fine_grid_every_kth_value_is_written_with_both_ends_where_that_works(grid, stride, last):
    ends = {"length": (0.1, 2.5), "masspole": (0.05, 2)}
    axes = robustness_map(measured(Pusher(0), grid=grid, episodes=1, uncertainty=ends)).axes[0]
    assert axes.xaxis.get_ticklocs().tolist() == list(range(0, last + 1, stride))


def test_models_at_uneven_distances_stand_side_by_side_on_a_map():
    points = np.array([[a, b] for a in (0.0, 1.0, 10.0, 100.0, 1000.0, 1e4, 1e5) for b in (0.5, 0.6)])
    found = measured(Pusher(0), grid=2, episodes=2)
    uneven = Models(("wear", "rest"), points, {})
    drawn = robustness_map(replace(found, models=uneven, returns=np.arange(28.0).reshape(14, 2)))
    labels = [label.get_text() for label in drawn.axes[0].xaxis.get_ticklabels()]
    assert labels == ["0", "1", "10", "100", "1e+03", "1e+04", "1e+05"]
    assert drawn.axes[0].xaxis.get_ticklocs().tolist() == list(range(7))
    assert drawn.axes[0].get_xlim() == (-0.5, 6.5)


def test_axes_have_units_and_the_scale_says_what_it_is_of_episodes_of_which_length():
    two = {"length": (0.1, 2.5), "masspole": (0.05, 2)}
    found = measured(Pusher(0), grid=3, uncertainty=two, horizon=50)
    axes, bar = robustness_map(found).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("masspole in kg", "length in m")
    assert bar.get_ylabel() == "mean return of 6 episodes\nof at most 50 steps"
    at = found.worst_params
    worst = f"the worst, {found.worst.value:.4g} with masspole {at['masspole']:.4g} kg, length {at['length']:.4g} m"
    assert worst in told_below(robustness_map(found))
    (curve,) = robustness_map(measured(Pusher(0), grid=3, uncertainty={"gravity": (5.0, 20.0)}, horizon=50)).axes
    assert (curve.get_xlabel(), curve.get_ylabel()) == ("gravity in m/s^2", bar.get_ylabel())
    family_map = robustness_map(measure_robustness(TABULAR, "random_legal", episodes=2, mdp="machine_replacement"))
    assert family_map.axes[0].get_xlabel() == "wear"


@pytest.mark.parametrize("grid", [2, 5])
def test_cells_of_a_small_grid_hold_their_numbers_and_the_worst_has_a_frame(grid):
    found = measured(Pusher(0), grid=grid, uncertainty={"length": (0.1, 2.5), "masspole": (0.05, 2)})
    axes = robustness_map(found).axes[0]
    assert sorted(float(text.get_text()) for text in axes.texts) == sorted(float(f"{mean:.4g}") for mean in found.means)
    (frame,) = axes.patches
    first, second = np.divmod(found.worst_model, grid)  # masspole comes first among the parameters
    assert frame.get_xy() == (first - 0.5, second - 0.5)


@pytest.mark.parametrize(
    "name", ["linear:-0.764,3.27,6.22,11.8,-0.0114", "onnx:runs/" + "folder/" * 12 + "p.onnx", "x" * 150]
)
@pytest.mark.parametrize(
    "uncertainty", [{"length": (0.1, 2.5)}, {"length": (0.1, 2.5), "masspole": (0.05, 2)}, None], ids=["1", "2", "3"]
)
def test_nothing_that_is_written_is_cut_off(name, uncertainty):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = robustness_map(
        measured(Pusher(0), grid=8, episodes=2, uncertainty=uncertainty), f"{name} in RobustCartPole-v0"
    )
    with style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box = figure.get_tightbbox(canvas.get_renderer())
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= figure.get_figwidth()
    assert box.y1 <= figure.get_figheight()
    assert figure.get_suptitle().replace("\n", "").replace(" ", "") == f"{name}inRobustCartPole-v0"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 0.0}, r"level=0.0: expected a number in \(0, 1\]"),
        ({"episodes": 0}, "episodes=0: expected an integer at least 1"),
        ({"grid": 1}, "grid=1: expected an integer in"),
        ({"metric": "joy"}, "metric='joy': expected one of 'return'"),
    ],
)
def test_bad_requests_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        measured(Pusher(0), **options)
