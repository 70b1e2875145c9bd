"""Agent and nature learn in turns, each against all that the other has been."""

import json

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.robustness import measure_robustness
from dynenvs_agents.robust.adversary import train_against_nature

POLE = "dynenvs/RobustCartPole-v0"
SMALL = {"games": 8, "hyperparameters": {"n_steps": 8, "batch_size": 32, "n_epochs": 1}}


@pytest.mark.slow
def test_two_rounds_leave_policies_that_play_without_an_adversary_too(tmp_path):
    agents = train_against_nature(POLE, tmp_path, rounds=2, agent_steps=64, nature_steps=64, **SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent_0", "agent_1", "nature_0"]
    plans = {
        path.name: json.loads((path / "run.json").read_text(encoding="utf-8"))["plan"] for path in tmp_path.iterdir()
    }
    assert plans["agent_0"]["opponents"] == ["random_legal"]
    assert plans["nature_0"]["opponents"] == [agents[0]]
    assert plans["nature_0"]["seat"] == 1
    assert plans["agent_1"]["opponents"] == ["random_legal", f"onnx:{tmp_path / 'nature_0' / 'policy.onnx'}"]
    measured = measure_robustness(POLE, agents[-1], grid=2, episodes=2)
    assert measured.worst.value >= 1


def test_nature_has_to_play(tmp_path):
    with pytest.raises(ParameterError, match="varies='never': expected 'adversary'"):
        train_against_nature(POLE, tmp_path, varies="never")
    with pytest.raises(ParameterError, match="rounds=0: expected an integer"):
        train_against_nature(POLE, tmp_path, rounds=0)
