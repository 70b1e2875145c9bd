"""One string names any policy: ``tit_for_tat``, ``random_legal``, ``onnx:policy.onnx``, ``python:module:MyPolicy``."""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import entry_points

from dynenvs import registration
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.policies.builtin import BackgroundPolicy, RandomPolicy
from dynenvs.policies.protocol import Policy

__all__ = ["make_policy", "policy_schemes"]

ENTRY_POINTS = "dynenvs.policies"

RANDOM = "random_legal"
"""The policy that every environment knows."""


def policy_schemes() -> list[str]:
    """Return the schemes that a policy's string may begin with, such as ``onnx`` or ``python``."""
    return sorted({"python", *(entry.name for entry in entry_points(group=ENTRY_POINTS))})


def make_policy(spec: str, env_id: str) -> Policy:
    """Make any policy from one string.

    Parameters
    ----------
    spec : str
        ``random_legal``; the name of a background policy of the environment, e.g. ``tit_for_tat``;
        ``python:module:name`` of a class or function that takes the environment's id and gives a policy; or
        ``scheme:rest`` for a scheme that an installed package offers (`policy_schemes`), e.g. ``sb3:runs/x`` or
        ``onnx:policy.onnx``; a scheme alone where nothing follows, as in ``human``.
    env_id : str
        The environment it is to play.

    Returns
    -------
    Policy
        Ready for `Policy.reset`.

    Raises
    ------
    UnknownPolicy
        If nothing has that name; the message lists the nearest.
    ParameterError
        If it is no string, or a ``python:`` string does not name something that makes a policy.
    """
    if not isinstance(spec, str):
        raise ParameterError(f"policy {spec!r}: expected a string, such as 'tit_for_tat' or 'onnx:policy.onnx'")
    scheme, separator, rest = spec.partition(":")
    if (separator and "(" not in scheme) or spec in policy_schemes():
        return _from_scheme(spec, scheme, rest, env_id)
    if spec == RANDOM:
        return RandomPolicy()
    _check_background(spec, env_id)
    return BackgroundPolicy(spec)


def _check_background(spec: str, env_id: str) -> None:
    """Refuse a name that the environment's policies lack; it may be that of a model."""
    try:
        registration.world_type(env_id).check_background(spec)
    except UnknownPolicy as error:
        kind, name, known, listing = error.args
        models = f"; a language model begins with llm:, as in llm:{spec}" if "llm" in policy_schemes() else ""
        raise UnknownPolicy(kind, name, (*known, RANDOM), f"{listing}{models}") from None


def _from_scheme(spec: str, scheme: str, rest: str, env_id: str) -> Policy:
    if scheme == "python":
        return _from_python(spec, rest, env_id)
    for entry in entry_points(group=ENTRY_POINTS, name=scheme):
        policy: Policy = entry.load()(rest, env_id)
        return policy
    raise UnknownPolicy("kind of policy", scheme, policy_schemes(), ", ".join(policy_schemes()))


def _from_python(spec: str, place: str, env_id: str) -> Policy:
    module, _, name = place.partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
        inspect.signature(make).bind(env_id)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        expected = "expected python:module:name of what makes a policy from an environment's id"
        raise ParameterError(f"policy {spec!r}: {expected}, but {error}") from error
    made = make(env_id)
    if not isinstance(made, Policy):
        raise ParameterError(f"policy {spec!r}: {type(made).__name__} lacks name, seat, digest, reset or act")
    return made
