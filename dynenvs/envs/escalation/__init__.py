"""Wargame escalation: nations that act day by day, after Rivera et al. (2024), arXiv 2401.03408."""

from __future__ import annotations

from dynenvs.envs.escalation.nations import NATIONS, Nation
from dynenvs.envs.escalation.replay import replay, score

__all__ = ["NATIONS", "Nation", "replay", "score"]
