"""Policies: the protocol, the string syntax, and those that need no other library."""

from dynenvs.policies.builtin import BackgroundPolicy, RandomPolicy
from dynenvs.policies.protocol import Policy, Turn, turn_of
from dynenvs.policies.specs import make_policy, policy_schemes

__all__ = ["BackgroundPolicy", "Policy", "RandomPolicy", "Turn", "make_policy", "policy_schemes", "turn_of"]
