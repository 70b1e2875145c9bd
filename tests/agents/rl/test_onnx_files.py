"""Policies in files: what goes out comes back, and what is not a policy is refused."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from sb3_contrib import MaskablePPO, RecurrentPPO
from stable_baselines3 import DQN, PPO

from dynenvs import sb3_vec_env
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.policies import make_policy
from dynenvs_agents.rl import onnx_files
from dynenvs_agents.rl.networks import PolicyNetwork
from dynenvs_agents.rl.onnx_files import read_onnx, write_onnx
from dynenvs_agents.rl.policies import OnnxPolicy

from ...adapters.small_worlds import FISHERY, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
ABOUT = {"env_id": GAME, "params": {"horizon": 7}, "name": "mine", "algorithm": "ppo"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A small policy of the repeated game, as bytes."""
    model = PPO("MlpPolicy", sb3_vec_env(GAME, 2), policy_kwargs={"net_arch": [4]}, seed=0, device="cpu")
    path = tmp_path_factory.mktemp("exported") / "policy.onnx"
    write_onnx(path, model.policy, **ABOUT)
    return path.read_bytes()


CASES = [
    (PPO, "MlpPolicy", GAME, {}),
    (MaskablePPO, "MultiInputPolicy", LIFEBOAT, {}),
    (RecurrentPPO, "MlpLstmPolicy", GAME, {"policy_kwargs": {"lstm_hidden_size": 8, "n_lstm_layers": 2}}),
    (DQN, "MlpPolicy", GAME, {}),
    (PPO, "MlpPolicy", FISHERY, {}),
]


@pytest.mark.parametrize(("algorithm", "policy", "env_id", "keywords"), CASES)
def test_a_file_gives_what_the_policy_gives_for_any_number_of_rows(tmp_path, algorithm, policy, env_id, keywords):
    seats = {"seats": ["external"] * 3} if env_id != GAME else {}
    model = algorithm(policy, sb3_vec_env(env_id, 2, **seats), seed=0, device="cpu", **keywords)
    write_onnx(tmp_path / "policy.onnx", model.policy, env_id=env_id, params={}, name="p", algorithm="a")
    file = read_onnx(tmp_path / "policy.onnx")
    network = PolicyNetwork(model.policy)
    for rows in (1, 7):
        rng = np.random.default_rng(rows)
        inputs = {
            name: rng.integers(3, size=(rows, *shape)).astype(np.uint8 if name == "grid" else np.float32)
            for name, shape in file.signature.inputs.items()
        }
        with torch.no_grad():
            expected = [output.numpy() for output in network(*map(torch.as_tensor, inputs.values()))]
        for ours, theirs in zip(OnnxPolicy(file).forward(inputs), expected, strict=True):
            assert ours.shape == theirs.shape
            assert np.allclose(ours, theirs, atol=1e-5)


def test_the_recurrent_network_is_the_one_that_sb3_runs():
    keywords = {"policy_kwargs": {"lstm_hidden_size": 8, "n_lstm_layers": 2, "net_arch": [8]}}
    policy = RecurrentPPO("MlpLstmPolicy", sb3_vec_env(GAME, 2), seed=0, device="cpu", **keywords).policy
    vector, state = torch.randn(5, 18), torch.randn(5, 2 * 2 * 2 * 8)
    parts = state.reshape(5, 2, 2, 2, 8)  # actor or critic, layer, hidden or cell
    layers = [tuple(parts[:, net, :, kind].transpose(0, 1).contiguous() for kind in (0, 1)) for net in (0, 1)]
    with torch.no_grad():
        logits, value, after = PolicyNetwork(policy)(vector, state)
        distribution, actor = policy.get_distribution(vector, layers[0], torch.zeros(5))
        assert torch.allclose(torch.log_softmax(logits, 1), distribution.distribution.logits, atol=1e-5)
        assert torch.allclose(value, policy.predict_values(vector, layers[1], torch.zeros(5)), atol=1e-5)
    for kind in (0, 1):
        assert torch.allclose(after.reshape(5, 2, 2, 2, 8)[:, 0, :, kind].transpose(0, 1), actor[kind], atol=1e-5)


def test_a_file_tells_what_it_is_and_not_who_made_it(exported, tmp_path):
    file = read(exported, tmp_path)
    assert (file.env_id, file.params, file.name, file.algorithm) == (GAME, {"horizon": 7}, "mine", "ppo")
    assert file.signature.inputs == {"vector": (18,)}
    assert b".py" not in exported  # torch's exporter leaves stack traces


def test_the_same_policy_makes_the_same_file(exported, tmp_path):
    model = PPO("MlpPolicy", sb3_vec_env(GAME, 2), policy_kwargs={"net_arch": [4]}, seed=0, device="cpu")
    write_onnx(tmp_path / "again.onnx", model.policy, **ABOUT)
    assert (tmp_path / "again.onnx").read_bytes() == exported


def test_a_failed_export_leaves_nothing_behind(tmp_path):
    model = PPO("MlpPolicy", sb3_vec_env(GAME, 2), seed=0, device="cpu")
    model.policy.share_features_extractor = False
    with pytest.raises(ParameterError, match="share their features"):
        write_onnx(tmp_path / "policy.onnx", model.policy, **ABOUT)
    assert list(tmp_path.iterdir()) == []


def read(content, folder):
    path = folder / "policy.onnx"
    path.write_bytes(content)
    return read_onnx(path)


def edited(exported, edit):
    model = onnx.load_model_from_string(exported)
    edit(model)
    return model.SerializeToString()


def reach_outside(model):
    weights = model.graph.initializer[0]
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    weights.ClearField("raw_data")


def add_branch(model):
    graph = helper.make_graph([], "inner", [], [])
    model.graph.node.append(helper.make_node("If", ["vector"], ["either"], then_branch=graph, else_branch=graph))


def use_strange_operators(model):
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def set_metadata(text):
    return lambda model: helper.set_model_props(model, {} if text is None else {"dynenvs": text})


def set_signature(**change):
    def edit(model):
        about = json.loads(model.metadata_props[0].value)
        about["signature"].update(change)
        helper.set_model_props(model, {"dynenvs": json.dumps(about)})

    return edit


def fix_batch(model):
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2


def misname_operator(model):
    model.graph.node[0].op_type = "Gem"


BROKEN = {
    "weights outside": (reach_outside, "weights outside of the file"),
    "a branch": (add_branch, "arithmetic only"),
    "strange operators": (use_strange_operators, "'com.microsoft', version 1: expected the standard ones"),
    "operators of the future": (lambda model: setattr(model.opset_import[0], "version", 99), "version 99"),
    "an unknown operator": (misname_operator, "Gem"),
    "no metadata": (set_metadata(None), "expected metadata 'dynenvs'"),
    "metadata of another kind": (set_metadata('{"env_id": 3}'), "expected metadata 'dynenvs'"),
    "metadata that are no JSON": (set_metadata("{"), "no JSON"),
    "metadata that nest for ever": (set_metadata("[" * 100_000), "no JSON"),
    "a signature of nothing": (set_signature(vector=-1), "network signature"),
    "another size of observation": (set_signature(vector=17), r"inputs \{'vector': \(18,\)\}: expected"),
    "another number of options": (set_signature(discrete=[3]), r"outputs \{'logits': \(2,\).*expected"),
    "a memory it does not have": (set_signature(state=4), "inputs"),
    "a fixed batch": (fix_batch, "any number of rows"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_safe_policy_is_refused(exported, tmp_path, case):
    edit, message = BROKEN[case]
    with pytest.raises(CorruptFile, match=message) as caught:
        read(edited(exported, edit), tmp_path)
    assert str(tmp_path / "policy.onnx") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_torn_file_is_refused(exported, tmp_path, share):
    with pytest.raises(CorruptFile):
        read(exported[: int(share * len(exported))], tmp_path)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"hello", bytes(1000), b"\x80\x04}"])
def test_another_file_is_refused(tmp_path, content):
    with pytest.raises(CorruptFile):
        read(content, tmp_path)


def test_no_damaged_byte_crashes_the_reader(exported, tmp_path):
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(exported)
        damaged[rng.integers(len(damaged))] = rng.integers(256)
        try:
            assert OnnxPolicy(read(bytes(damaged), tmp_path)).file.content == damaged
        except CorruptFile:
            refused += 1
    assert 0 < refused < 200  # a byte of a weight does no harm


def test_a_file_that_is_too_large_or_not_there_is_refused(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_files, "LARGEST", 1000)
    with pytest.raises(CorruptFile, match="expected at most 1,000"):
        read(exported, tmp_path)
    with pytest.raises(CorruptFile, match=r"missing\.onnx: no such file: expected a policy in ONNX"):
        read_onnx(tmp_path / "missing.onnx")
    with pytest.raises(CorruptFile, match=f"{tmp_path}: a folder: expected a policy in ONNX"):
        read_onnx(tmp_path)


def test_weights_that_are_no_numbers_are_noticed_when_they_speak(exported, tmp_path):
    def poison(model):
        weights = model.graph.initializer[0]
        array = numpy_helper.to_array(weights).copy()
        array[:] = np.nan
        weights.CopyFrom(numpy_helper.from_array(array, weights.name))

    (tmp_path / "policy.onnx").write_bytes(edited(exported, poison))
    env = sb3_vec_env(GAME, 2, opponents=[make_policy(f"onnx:{tmp_path / 'policy.onnx'}", GAME)])
    env.reset()
    with pytest.raises(ParameterError, match="'mine' gave nan for an action"):
        env.step(np.zeros(2, np.int64))
