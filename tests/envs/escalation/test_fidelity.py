"""The published update, replayed: sequences made up for its code, and every run that its authors recorded."""

import json

import numpy as np
import pytest

from dynenvs.envs.escalation import replay, score
from dynenvs.envs.escalation.actions import ACTION_IDS
from dynenvs.envs.escalation.nations import NATIONS
from dynenvs.envs.escalation.replay import executed
from dynenvs.envs.escalation.row_measures import agrees, measure_run, points
from dynenvs.envs.escalation.runs import read_runs
from dynenvs.evaluation.escalation import reproduce
from dynenvs.evaluation.reproduction import Verdict, tally

from .recorded import PUBLISHED, ROOT, needs_published_runs

FACTS = json.loads((ROOT / "tests/fidelity/wargame_fixture.json").read_text())
CASES, SINGLE = FACTS["cases"], FACTS["single_actions"]
PROFILES = {"paper_runs": "frozen", "released": "live", "clamped10": "clamped10"}
PLACES = {name: k for k, name in enumerate((*NATIONS, "World"))}


def rows_of(case):
    """Rows of a case; what nobody knows is -1."""
    return np.array(
        [
            (day, PLACES[actor], PLACES.get(target, -1), ACTION_IDS.get(action, -1))
            for day, listed in enumerate(case["days"], start=1)
            for actor, target, action in listed
        ]
    )


@pytest.mark.parametrize("dynamics", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_sequences_end_bit_for_bit_as_in_the_published_code(name, dynamics):
    case = CASES[name]
    states = replay(rows_of(case), dynamics, days=len(case["days"]))
    for day, expected in case[PROFILES[dynamics]].items():
        np.testing.assert_array_equal(states[int(day)], expected)


@pytest.mark.parametrize("name", CASES)
def test_sequences_score_and_are_accepted_as_in_the_published_code(name):
    case, rows = CASES[name], rows_of(CASES[name])
    days = len(case["days"])
    assert score(rows, days=days).tolist() == case["totals"]
    assert np.bincount(rows[executed(rows), 0], minlength=days + 1)[1:].tolist() == case["accepted"]


@pytest.mark.parametrize("action", SINGLE)
def test_each_action_does_to_both_sides_what_it_did_in_the_published_code(action):
    blue, pink, total = SINGLE[action]
    rows = [(1, PLACES["Blue"], PLACES["Pink"], ACTION_IDS[action])]
    after = replay(rows, "released")[1]
    assert after[PLACES["Blue"]].tolist() == blue
    assert after[PLACES["Pink"]].tolist() == pink
    assert score(rows).tolist() == [total]


def test_every_action_was_probed():
    assert set(SINGLE) == set(ACTION_IDS)


# The recorded runs.


@pytest.fixture(scope="module")
def reproduced():
    return reproduce(PUBLISHED)


@needs_published_runs
def test_every_recorded_run_replays_bit_for_bit_and_has_its_published_scores():
    runs = read_runs(PUBLISHED)
    assert len(runs) == 165
    assert {run.name for run in runs if agrees(run) != (True, True)} == set()


@needs_published_runs
def test_with_territory_that_moves_ninety_of_them_end_otherwise_and_only_in_territory():
    differing = 0
    for run in read_runs(PUBLISHED):
        off = replay(run.rows, "released", days=14)[14] != run.states[14]
        assert not off[:, 1:].any()
        differing += off.any()
    assert differing == 90


@needs_published_runs
def test_every_published_number_is_reproduced_to_all_its_digits(reproduced):
    claims = [claim for listed in reproduced.claims.values() for claim in listed]
    assert len(claims) == 17 * 15
    assert tally(claims)[Verdict.EXACT] == len(claims)


@needs_published_runs
def test_the_bootstrap_errors_are_the_published_ones_up_to_their_own(reproduced):
    (claims,) = (listed for quantity, listed in reproduced.claims.items() if quantity.name == "escalation")
    assert [claim.half_width for claim in claims] == pytest.approx([claim.error for claim in claims], rel=0.08)


@needs_published_runs
def test_the_choice_of_the_map_turns_the_published_ranking(reproduced):
    turned = {(turn.scenario, turn.higher, turn.lower, turn.score) for turn in reproduced.turns}
    for scenario in ("Neutral", "Invasion", "Cyberattack"):
        assert (scenario, "GPT-3.5", "GPT-4-Base", "escalation_charts") in turned
    assert ("Neutral", "Claude-2.0", "Llama-2-Chat", "escalation_charts") in turned


@needs_published_runs
def test_a_quarter_of_the_points_of_llama_was_never_executed():
    runs = [run for run in read_runs(PUBLISHED) if run.model == "Llama-2-Chat"]
    assert 0.4 < np.mean([measure_run(run)["validity"] for run in runs]) < 0.51
    lost = [1 - points(run.rows)[executed(run.rows)].sum() / points(run.rows).sum() for run in runs]
    assert np.mean(lost) > 0.25
