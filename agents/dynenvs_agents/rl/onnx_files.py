"""Policies in ONNX files: a graph of arithmetic and a few lines about it, which are safe to load from a stranger.

The graph gives logits and a value; masks, chance and memory stay outside. Its metadata say for which environment it
was trained. A file is checked before it is run: no data outside of it, no operators but the standard ones,
no loops, and shapes that are what the metadata say.
"""

from __future__ import annotations

import json
import logging
import shlex
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynenvs.core.errors import CorruptFile, ParameterError, require_extra
from dynenvs.core.files import replacing
from dynenvs_agents.rl.signature import Signature

if TYPE_CHECKING:
    from stable_baselines3.common.policies import BasePolicy

    from dynenvs_agents.rl.networks import PolicyNetwork

__all__ = ["OnnxFile", "as_options", "read_onnx", "write_onnx"]

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read: a hundred times what policies of these worlds take."""

OLDEST_OPSET = 13
METADATA = "dynenvs"


def as_options(params: Mapping[str, Any]) -> str:
    """Write the parameters of an environment as options of a command: ``-p variant=balanced -p days=7``."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
    return " ".join(f"-p {shlex.quote(f'{name}={text}')}" for name, text in texts.items())


@dataclass(frozen=True, kw_only=True)
class OnnxFile:
    """A policy's file, read and checked.

    Attributes
    ----------
    content : bytes
        The file.
    env_id : str
        The environment that it was trained in.
    params : dict
        Parameters of that environment.
    name, algorithm : str
        How the policy is called, and how it was trained.
    signature : Signature
        Its inputs and outputs.
    """

    content: bytes
    env_id: str
    params: dict[str, Any]
    name: str
    algorithm: str
    signature: Signature


def write_onnx(
    path: str | Path, policy: BasePolicy, *, env_id: str, params: Mapping[str, Any], name: str, algorithm: str
) -> None:
    """Export a policy of Stable-Baselines3.

    Parameters
    ----------
    path : str or Path
        The file to write, whole or not at all.
    policy : BasePolicy
        What to export.
    env_id, params, name, algorithm
        What the file is to say about it, see `OnnxFile`.

    Raises
    ------
    ParameterError
        If the policy is of a kind that has no export.
    MissingExtra
        If torch, onnx or onnxscript are not installed.
    """
    onnx = require_extra("onnx", "rl", "exporting policies")
    require_extra("onnxscript", "rl", "exporting policies")
    from dynenvs_agents.rl.networks import PolicyNetwork

    network = PolicyNetwork(policy)
    model = _trace(network)
    about = {
        "env_id": env_id,
        "params": dict(params),
        "name": name,
        "algorithm": algorithm,
        "signature": network.signature.to_dict(),
    }
    onnx.helper.set_model_props(model, {METADATA: json.dumps(about, sort_keys=True)})
    with replacing(path) as beside:
        beside.write_bytes(model.SerializeToString())


def _trace(network: PolicyNetwork) -> Any:
    """Turn a network into a graph for any number of rows."""
    import torch

    signature = network.signature
    inputs = tuple(
        torch.zeros(2, *shape, dtype=torch.uint8 if name == "grid" else torch.float32)
        for name, shape in signature.inputs.items()
    )
    rows = {0: torch.export.Dim.DYNAMIC}
    with _quiet_exporter():
        program: Any = torch.onnx.export(
            network.eval(),
            inputs,
            dynamo=True,
            verbose=False,
            external_data=False,
            input_names=list(signature.inputs),
            output_names=list(signature.outputs),
            dynamic_shapes=(rows, (rows,) * (len(inputs) - 1))[: len(inputs)],
        )
    model: Any = program.model_proto
    for place in (model.graph, *model.graph.node, *model.graph.value_info):
        del place.metadata_props[:]  # stack traces, with the paths of whoever exports
    return model


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep torch's exporter from talking about its own insides and about libraries that are not needed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(level)


def read_onnx(path: str | Path) -> OnnxFile:
    """Read a policy's file and check it.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    OnnxFile
        Safe to run.

    Raises
    ------
    CorruptFile
        If it is missing, too large, not ONNX, reaches outside of itself, or is not what its metadata say.
    MissingExtra
        If onnx is not installed.
    """
    path = Path(path)
    onnx = require_extra("onnx", "rl", "a policy of an onnx: string")
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # comes with onnx

    content = _read(path)
    try:
        model = onnx.load_model_from_string(content)
        _check_graph(onnx, model)
        about = _about(model)
        signature = Signature.from_dict(about.pop("signature"))
        _check_shapes(model, signature)
    except (ValueError, onnx.checker.ValidationError, DecodeError) as error:
        raise CorruptFile(f"{path}: {' '.join(str(error).split())}") from error
    return OnnxFile(content=content, signature=signature, **about)


def _read(path: Path) -> bytes:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise CorruptFile(f"{path}: {found}: expected a policy in ONNX")
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise CorruptFile(f"{path}: {size:,} bytes, expected at most {LARGEST:,}")
        return path.read_bytes()
    except OSError as error:
        raise CorruptFile(f"{path}: cannot be read: {error.strerror}") from error


def _check_graph(onnx: Any, model: Any) -> None:
    """Refuse what reaches outside of the file, what is not standard, and what could run for ever."""
    newest = onnx.defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain not in ("", "ai.onnx") or not OLDEST_OPSET <= opset.version <= newest:
            raise ParameterError(
                f"operators {opset.domain or 'ai.onnx'!r}, version {opset.version}: expected the standard ones "
                f"of version {OLDEST_OPSET} to {newest}"
            )
    attributes = [attribute for node in model.graph.node for attribute in node.attribute]
    if model.functions or any(attribute.HasField("g") or attribute.graphs for attribute in attributes):
        raise ParameterError("functions, loops or branches inside: expected arithmetic only")
    tensors = [*model.graph.initializer, *(attribute.t for attribute in attributes if attribute.HasField("t"))]
    tensors += [tensor for attribute in attributes for tensor in attribute.tensors]
    if model.graph.sparse_initializer or any(tensor.external_data or tensor.data_location for tensor in tensors):
        raise ParameterError("weights outside of the file, or sparse ones: expected all of them inside")
    onnx.checker.check_model(model)


def _about(model: Any) -> dict[str, Any]:
    """Read what the file says about itself."""
    text = {entry.key: entry.value for entry in model.metadata_props}.get(METADATA, "null")
    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"its metadata are no JSON: {error}") from error
    kinds = {"env_id": str, "params": dict, "name": str, "algorithm": str, "signature": dict}
    if not isinstance(about, dict) or {key: type(value) for key, value in about.items()} != kinds:
        raise ParameterError(f"expected metadata {METADATA!r} with {', '.join(kinds)}")
    return about


def _check_shapes(model: Any, signature: Signature) -> None:
    """Compare the graph's inputs and outputs with the signature; the first axis, of rows, is free."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    for kind, values, expected in (
        ("inputs", inputs, signature.inputs),
        ("outputs", model.graph.output, signature.outputs),
    ):
        found = {}
        for value in values:
            rows, *shape = value.type.tensor_type.shape.dim or [None]
            free = rows is not None and not rows.HasField("dim_value")
            found[value.name] = tuple(axis.dim_value for axis in shape) if free else "a fixed batch"
        if list(found.items()) != list(expected.items()):
            raise ParameterError(f"{kind} {found}: expected {expected}, for any number of rows")
