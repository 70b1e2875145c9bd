"""Families of one's own: played, measured and recorded as the named ones are."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.cli import main
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import Family, TabularMDP, family, static_primal
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.robustness import measure_robustness
from dynenvs_agents.rl.plan import TrainingPlan

ID = "dynenvs/TabularMDP-v0"

FERRIES = """
from dynenvs.envs.robust import Family, TabularMDP

def crossing(storm):
    return TabularMDP(
        P=[[[0, 1 - storm, storm], [0, 1, 0]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2],
        R=[[[0, 5, 0], [0, 2, 0]], [[0, 0, 0]] * 2, [[0, 0, 0]] * 2],
        gamma=0.9,
        name="ferry",
        action_names=("sail", "wait"),
    )

def ferries():
    return Family.over(crossing, name="ferries", storm=[0.0, 0.25, 0.5, 1.0], nominal=1)

calm = crossing(0.0)
"""


@pytest.fixture
def ferries(tmp_path, monkeypatch):
    """A family of one's own, in a module in the current folder."""
    (tmp_path / "my_ferries.py").write_text(FERRIES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    given = {}
    exec(FERRIES, given)
    return given["ferries"]()


def test_a_family_of_ones_own_is_played_in_each_of_its_models(ferries):
    world = dynenvs.make_world(ID, 4000, mdp=ferries, model=2)
    world.reset(1)
    world.step(np.zeros((4000, 1), np.int64))
    assert (world.buffers.rewards == 5).mean() == pytest.approx(0.5, abs=0.03)
    world = dynenvs.make_world(ID, 400, mdp=ferries, varies="episode", sees_model=True)
    world.reset(1)
    assert np.unique(world.buffers.vector[:, 0, -1]).tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    world = dynenvs.make_world(ID, mdp=ferries)
    world.reset(1)
    assert world.state.model.tolist() == [1]


def test_its_worst_case_is_measured_and_is_what_the_solvers_say(ferries):
    found = measure_robustness(ID, "random_legal", episodes=400, mdp=ferries)
    assert found.models.names == ("storm",)
    assert found.worst_params == {"storm": 1.0}
    assert found.worst.value == pytest.approx(1.0, abs=0.15)  # half of the time it waits
    assert static_primal(ferries).policy[0] == 1
    assert len(measure_robustness(ID, "random_legal", episodes=2, mdp=ferries.to_dict()).models) == 4


@pytest.mark.usefixtures("ferries")
def test_the_command_takes_it_by_the_name_of_its_module(tmp_path):
    arguments = [
        "robustness",
        ID,
        "random_legal",
        "-p",
        "mdp=python:my_ferries:ferries",
        "--out",
        str(tmp_path / "map"),
    ]
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "4 models x 20 starts" in result.output
    assert "random_legal is worst with storm 1" in result.output
    assert (tmp_path / "map" / "map_0.png").stat().st_size > 5000
    shown = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["info", ID, "-p", "mdp=python:my_ferries:ferries"]).output
    assert "model 1 of 4 (storm 0.25)" in shown
    assert "0 sail, 1 wait" in shown


def test_records_name_it_and_hold_it_whole_if_it_is_given_so(ferries):
    by_name = evaluate(ID, ["random_legal"], episodes=2, mdp=ferries)
    assert json.loads(by_name[0].params) == {"mdp": f"ferries@{ferries.digest}"}
    whole = evaluate(ID, ["random_legal"], episodes=2, mdp=ferries.to_dict())
    assert Family(**json.loads(whole[0].params)["mdp"]) == ferries
    assert [one.state_digest for one in by_name] == [one.state_digest for one in whole]
    plan = TrainingPlan(env_id=ID, params=asdict(dynenvs.make_params(ID, mdp=ferries)), algo="ppo")
    assert Family(**json.loads(json.dumps(plan.to_dict()))["params"]["mdp"]) == ferries


def test_families_that_differ_in_anything_are_told_apart(ferries):
    others = [
        {"nominal": 2},
        {"parameters": [{"storm": place} for place in range(4)]},
        {"models": [*ferries.models[:3], ferries.models[0]]},
    ]
    for change in others:
        other = Family(**{**ferries.to_dict(), **change})
        assert other != ferries
        assert repr(dynenvs.make_params(ID, mdp=other)) != repr(dynenvs.make_params(ID, mdp=ferries))
    assert Family(**ferries.to_dict()) == ferries
    assert hash(Family(**ferries.to_dict())) == hash(ferries)


def test_models_without_numbers_are_known_by_their_places(ferries):
    nameless = Family(name="nameless", models=ferries.models, parameters=({},) * 4)
    found = measure_robustness(ID, "random_legal", episodes=50, mdp=nameless)
    assert found.worst_params == {"model": 3.0}


def test_parameters_are_combined_with_the_last_one_fastest():
    machine = family("machine_replacement")
    assert [tuple(known.values()) for known in machine.parameters[:2]] == [(0.65, 0.2), (0.65, 0.25)]
    assert len(machine) == 35


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"parameters": [{"storm": 0.0}, {"wind": 1.0}]},
            "parameters of model 1 are {'wind': 1.0}, expected a mapping",
        ),
        ({"parameters": [{"storm": 0.0}, 3]}, "parameters of model 1 are 3, expected a mapping"),
        ({"parameters": [{"storm": 0.0}, {"storm": "much"}]}, "storm='much': expected a number"),
        ({"parameters": [{"storm": 0.0}]}, "expected as many parameters as models"),
        ({"nominal": 2}, r"nominal=2: expected an integer in \[0, 1\]"),
        ({"models": [3, 4]}, r"expected each model to be a TabularMDP, got \[3, 4\]"),
        ({"models": []}, "expected as many parameters as models, at least one"),
    ],
)
def test_what_is_no_family_is_refused(ferries, change, message):
    whole = ferries.to_dict()
    two = {**whole, "models": whole["models"][:2], "parameters": whole["parameters"][:2]}
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_params(ID, mdp={**two, **change})


@pytest.mark.usefixtures("ferries")
@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("python:nowhere:ferries", "expected python:module:name, but No module named 'nowhere'"),
        ("python:my_ferries:boats", "expected python:module:name, but module 'my_ferries' has no attribute 'boats'"),
        ("python:my_ferries:crossing", "expected python:module:name, but crossing.. missing 1 required"),
        ("python:math:pi", "expected the name of a TabularMDP or a Family, got 3.14"),
    ],
)
def test_a_place_that_holds_no_family_is_named(place, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_params(ID, mdp=place)
    with pytest.raises(ParameterError, match="name, models and parameters of a Family"):
        dynenvs.make_params(ID, mdp={"models": [], "colour": "red"})


@pytest.mark.usefixtures("ferries")
def test_a_process_of_ones_own_may_stand_in_a_module_too():
    calm = dynenvs.make_params(ID, mdp="python:my_ferries:calm").mdp
    assert isinstance(calm, TabularMDP)
    assert calm.P[0, 0].tolist() == [0, 1, 0]
