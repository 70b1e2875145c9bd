"""Learners at the wargame: in both encodings, alone and against themselves, where seats leave early."""

import numpy as np
import pytest
import torch

from dynenvs import make_policy, sb3_vec_env
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.episodes import evaluate
from dynenvs_agents.rl import onnx_files
from dynenvs_agents.rl.checkpoints import newest_checkpoint, resume_model
from dynenvs_agents.rl.training import train

GAME = "dynenvs/Escalation-v0"
DOCTRINES = ["dove", "hawk", "opportunist", "random"]
# Pink is small, and Red close to it: Pink falls where Red is a hawk.
SMALL = {"variant": "balanced", "nations": ["Pink", "Red", "Orange"], "days": 6}
HYPER = {"n_steps": 12, "batch_size": 64, "n_epochs": 1}
COMMON = {"games": 8, "seed": 1, "quiet": True, "hyperparameters": HYPER, **SMALL}
ROLLOUT = 8 * 12


def learn(folder, steps=2 * ROLLOUT, **changes):
    return train(GAME, "maskable_ppo", steps, folder, **{**COMMON, **changes})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each encoding."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        slot_by_slot: learn(folder / f"slots_{slot_by_slot}", opponents=DOCTRINES, slot_by_slot=slot_by_slot)
        for slot_by_slot in (False, True)
    }


@pytest.mark.parametrize("slot_by_slot", [False, True])
def test_an_exported_policy_plays_legally_where_nations_fall(runs, slot_by_slot):
    policy = f"onnx:{runs[slot_by_slot] / 'policy.onnx'}"
    records = evaluate(GAME, [policy], opponents=["hawk", "random"], episodes=20, slot_by_slot=slot_by_slot, **SMALL)
    assert len(records) == 40
    assert any("fallen" in record.end_reasons for record in records)


def test_slots_share_one_row_of_the_mask_and_each_has_its_copy():
    env = sb3_vec_env(GAME, 4, opponents=DOCTRINES, **SMALL)
    env.reset()
    first, *others = np.split(env.action_masks(), 3, axis=1)
    assert env.action_space.nvec.tolist() == [first.shape[1]] * 3
    assert first.shape[1] == 1 + 25 * 3
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert 1 < first.sum(axis=1).max() < first.shape[1]


@pytest.mark.parametrize("slot_by_slot", [False, True])
def test_in_self_play_no_turn_of_a_fallen_nation_is_learned_from(tmp_path, monkeypatch, slot_by_slot):
    monkeypatch.setattr(onnx_files, "write_onnx", lambda path, *_, **__: path.write_bytes(b"exported"))
    run = learn(
        tmp_path / "run", 3 * 30 * 8, self_play=True, slot_by_slot=slot_by_slot, hyperparameters={"n_steps": 30}
    )
    model = resume_model(newest_checkpoint(run), "maskable_ppo")
    env = model.get_env()
    assert env.num_envs == 8 * 3
    rng, acted = np.random.default_rng(1), 0
    for _ in range(60):  # at random but legally: Pink falls now and then, and the others play on
        drawn = [rng.choice(np.flatnonzero(mask)) for mask in env.action_masks()[:, :76]]
        env.step(np.repeat(np.array(drawn)[:, None], 1 if slot_by_slot else 3, axis=1))
        acted += env.turns.acted.sum()
    assert 0.5 < acted / (60 * env.num_envs) < 1


def test_a_run_of_slots_goes_on_to_the_last_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_files, "write_onnx", lambda path, *_, **__: path.write_bytes(b"exported"))
    changes = {"opponents": [*DOCTRINES, "past_selves"], "slot_by_slot": True, "snapshot_every": 100}
    learn(tmp_path / "straight", 4 * ROLLOUT, **changes)
    learn(tmp_path / "halted", 2 * ROLLOUT, **changes)
    learn(tmp_path / "halted", 4 * ROLLOUT, resume=True, **changes)
    straight, halted = (
        resume_model(newest_checkpoint(tmp_path / name), "maskable_ppo").policy.state_dict()
        for name in ("straight", "halted")
    )
    assert all(torch.equal(straight[name], halted[name]) for name in straight)


def test_the_pay_of_a_day_reaches_the_first_of_its_slots():
    env = sb3_vec_env(GAME, 2, opponents=["dove"], slot_by_slot=True, **SMALL)
    env.reset()
    trade = next(k for k, option in enumerate(env.role.actions.heads[0].options) if option.startswith("Negotiate"))
    paid = np.stack([env.step(np.array([trade + 1, 0]))[1] for _ in range(3)])
    np.testing.assert_array_equal(paid[:2], 0.0)
    assert paid[2, 0] > paid[2, 1]


# Whole days from a network of slots.


def test_a_network_of_slots_plays_whole_days_as_it_plays_slots(runs):
    ends = []
    for slot_by_slot, option in ((True, ""), (False, "&whole_days=true")):
        policy = f"onnx:{runs[True] / 'policy.onnx'}?deterministic=true{option}"
        records = evaluate(GAME, [policy], opponents=["hawk", "dove"], episodes=2, slot_by_slot=slot_by_slot, **SMALL)
        ends.append([(record.returns, record.metrics["escalation"]) for record in records])
    assert ends[0] == ends[1]


def test_drawn_slots_are_legal_and_differ_from_slot_to_slot(runs):
    policy = f"onnx:{runs[True] / 'policy.onnx'}?whole_days=true"
    assert len(evaluate(GAME, [policy], opponents=["hawk", "random"], episodes=20, **SMALL)) == 40
    assert make_policy(policy, GAME).digest() != make_policy(policy.partition("?")[0], GAME).digest()


@pytest.mark.parametrize(
    ("slot_by_slot", "params", "message"),
    [
        (True, {"slot_by_slot": True}, "expected a wargame with slot_by_slot=False"),
        (True, {"observation": "changes"}, r"was made for a vector of \d+ numbers against \d+ of slots here"),
        (False, {}, r"was made for .* and \d choices of \d+ against 1 choice of \d+ of slots here"),
    ],
)
def test_whole_days_are_refused_where_they_cannot_be_played(runs, slot_by_slot, params, message):
    policy = f"onnx:{runs[slot_by_slot] / 'policy.onnx'}?whole_days=true"
    with pytest.raises(ParameterError, match=message):
        evaluate(GAME, [policy], opponents=["dove"], episodes=1, **{**SMALL, **params})
