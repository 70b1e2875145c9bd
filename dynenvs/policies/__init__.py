"""Policies: the protocol, the string syntax, and those that need no other library."""

from dynenvs.policies.builtin import BackgroundPolicy, RandomPolicy, draw_legal
from dynenvs.policies.protocol import PatientPolicy, Policy, Remark, ReportingPolicy, Turn, turn_of
from dynenvs.policies.specs import make_policy, policy_schemes

__all__ = [
    "BackgroundPolicy",
    "PatientPolicy",
    "Policy",
    "RandomPolicy",
    "Remark",
    "ReportingPolicy",
    "Turn",
    "draw_legal",
    "make_policy",
    "policy_schemes",
    "turn_of",
]
