"""Static robustness: one unknown number for a whole episode."""

import json
from pathlib import Path

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import Family, family, policy_values, problem, solve, static_dual, static_primal, worst_model
from dynenvs.envs.robust.families import FAMILIES

REFERENCE = {
    row["family"]: row
    for row in json.loads((Path(__file__).parents[2] / "fidelity" / "robust_values.json").read_text(encoding="utf-8"))[
        "static"
    ]
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_dual_is_that_of_the_reference(name):
    models = family(name)
    dual = static_dual(models)
    assert dual.value == pytest.approx(REFERENCE[name]["static_dual"], abs=1e-8)
    assert dual.reports == "static_dual"
    if REFERENCE[name]["optimal_values"]:
        np.testing.assert_allclose(dual.values, REFERENCE[name]["optimal_values"], atol=1e-8)


@pytest.mark.parametrize("name", ["frozenlake_slip", "frozenlake_bias"])
def test_optimal_policies_of_single_models_fare_badly(name):
    models = family(name)
    worst = [worst_model(models, solve(model, "nominal").policy)[1] for model in models.models]
    np.testing.assert_allclose(worst, REFERENCE[name]["worst_of_optimal_policies"], atol=1e-8)


@pytest.mark.parametrize("method", ["scenario_set", "local_search"])
@pytest.mark.parametrize("name", ["frozenlake_slip", "frozenlake_bias"])
def test_the_search_finds_the_best_policy_that_is_known(name, method):
    found = static_primal(family(name), method)
    assert found.value == pytest.approx(REFERENCE[name]["best_known"], abs=1e-8)
    assert found.value == pytest.approx(worst_model(family(name), found.policy)[1])


def test_on_the_windy_walk_both_numbers_meet():
    models = family("windy_walk")
    assert static_primal(models).value == pytest.approx(static_dual(models).value, abs=1e-8)
    assert static_dual(models).value == pytest.approx(-7.95215, abs=5e-6)
    nominal = solve(models.models[models.nominal], "nominal").policy
    place, value = worst_model(models, nominal)
    assert (models.parameters[place]["alpha"], value) == (0.5, pytest.approx(-10.2944, abs=1e-4))


def test_for_the_replaced_machine_both_numbers_meet_where_it_wears_fastest_and_repairs_fail_most():
    models = family("machine_replacement")
    assert len(models) == 35
    assert models.parameters[models.nominal] == {"wear": pytest.approx(0.8), "failure": pytest.approx(0.3)}
    np.testing.assert_allclose(models.models[models.nominal].P, problem("machine_delage_mannor").P, atol=1e-12)
    assert static_primal(models).value == pytest.approx(static_dual(models).value, abs=1e-8)
    assert static_dual(models).value == pytest.approx(-2.497, abs=5e-4)
    place, value = worst_model(models, solve(models.models[models.nominal], "nominal").policy)
    assert models.parameters[place] == {"wear": pytest.approx(0.95), "failure": pytest.approx(0.4)}
    assert value == pytest.approx(-2.826, abs=5e-4)


def test_behind_two_doors_only_chance_helps():
    models = family("two_doors")
    assert static_dual(models).value == pytest.approx(1.0)
    assert static_primal(models).value == pytest.approx(0.0)
    assert worst_model(models, [[0.5, 0.5], [1.0, 0.0]])[1] == pytest.approx(0.5)


def test_weak_duality_holds_everywhere():
    for name in FAMILIES:
        models = family(name)
        assert static_primal(models).value <= static_dual(models).value + 1e-9


def test_a_family_of_unlike_models_is_refused():
    forest, machine = problem("forest3"), problem("machine20")
    with pytest.raises(ParameterError, match="model 1 has other states, actions, discount or start"):
        Family(name="mixed", models=(forest, machine), parameters=({}, {}))
    with pytest.raises(ParameterError, match="expected as many parameters as models"):
        Family(name="short", models=(forest,), parameters=())
    with pytest.raises(ParameterError, match=r"nominal=3: expected an integer in \[0, 0\]"):
        Family(name="far", models=(forest,), parameters=({},), nominal=3)


def test_bad_input_is_told_by_name():
    with pytest.raises(ParameterError, match="family='windy': expected one of 'windy_walk'"):
        family("windy")
    with pytest.raises(ParameterError, match="method='guess': expected one of 'scenario_set', 'local_search'"):
        static_primal(family("two_doors"), "guess")
    with pytest.raises(ParameterError, match="expected an action in"):
        policy_values(family("two_doors"), [0])


def test_what_is_no_family_is_told():
    for solver in (static_dual, static_primal, lambda models: policy_values(models, [0])):
        with pytest.raises(ParameterError, match=r"expected a Family, such as family\('windy_walk'\)"):
            solver(problem("forest3"))
