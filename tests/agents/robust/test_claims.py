"""``dynenvs reproduce robust``: claims with verdicts, tables that are computed, and files."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs_agents.robust import claims
from dynenvs_agents.robust.claims import Judgement

pytestmark = pytest.mark.slow  # all of them wait for one run of the command


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    out = tmp_path_factory.mktemp("robust")
    result = CliRunner().invoke(main, ["reproduce", "robust", "--garnets", "6", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return result.output, json.loads((out / "robust.json").read_text(encoding="utf-8")), out


def test_every_claim_has_a_verdict_and_its_reason(reproduced):
    _, content, _ = reproduced
    verdicts = [claim["verdict"] for claim in content["claims"]]
    assert set(verdicts) == {str(judgement) for judgement in Judgement}
    assert all(claim["why"] for claim in content["claims"])
    mujoco = [claim for claim in content["claims"] if "MuJoCo" in claim["claim"]]
    assert [claim["verdict"] for claim in mujoco] == ["not tried here"]
    assert "1.02 and 0.86 without Hopper 2, Hopper 3, InvertedPendulum 2" in mujoco[0]["why"]


def test_the_table_of_families_is_that_of_the_prototype(reproduced):
    printed, content, _ = reproduced
    worst = {name: row["worst"] for name, row in content["families"].items()}
    assert worst["windy_walk"]["nominal"] == pytest.approx(-10.29, abs=5e-3)
    assert worst["machine_replacement"]["nominal"] == pytest.approx(-2.826, abs=5e-4)
    assert worst["machine_replacement"]["IWOCS, last"] == pytest.approx(-2.497, abs=5e-4)
    assert worst["frozenlake_slip"]["rectangular"] == pytest.approx(0.0027, abs=5e-5)
    assert worst["frozenlake_bias"]["rectangular"] == pytest.approx(0.0153, abs=5e-5)
    assert worst["frozenlake_slip"]["scenario set"] == pytest.approx(0.062, abs=5e-4)
    assert re.search(r"frozenlake_slip .* stalled, 2", printed)
    for row in content["families"].values():
        assert max(row["worst"].values()) <= row["dual"] + 1e-8


def test_the_reference_table_is_computed_anew(reproduced):
    _, content, _ = reproduced
    assert set(content["robust_values"]) == set(claims.REFERENCE_PROBLEMS)
    assert content["robust_values"]["forest50"]["L1 .2 free"] == pytest.approx(44.19643, abs=5e-6)
    assert content["robust_values"]["riverswim6_osband"]["KL .02"] == pytest.approx(22.95072, abs=5e-6)
    assert content["robust_values"]["machine20"]["L1 .2 supp"] == pytest.approx(-33.63796, abs=5e-6)


def test_curves_are_drawn(reproduced):
    assert (reproduced[2] / "families.png").read_bytes().startswith(b"\x89PNG")


def test_regret_is_zero_for_the_best_of_all_policies():
    played = claims.play_garnets(4)
    assert played.regret["scenario set"].max() < 1e-6
    assert all((regret >= 0).all() for regret in played.regret.values())
    assert (played.regret["IWOCS, best"] <= played.regret["IWOCS, last"] + 1e-12).all()
    assert sum(played.statuses.values()) == 4
    assert played.ordered


def test_the_policy_that_is_best_by_trying_all_is_found_by_hand_too():
    models = claims.mixed_garnet(0)
    everything = np.eye(3)[[[0, 1, 2, 0, 1, 2]]]
    worst = claims._worst_of_all(models, everything)
    assert worst[0] == pytest.approx(min(float(m.policy_value([0, 1, 2, 0, 1, 2])[0]) for m in models.models))
