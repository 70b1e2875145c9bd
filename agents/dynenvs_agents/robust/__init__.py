"""Agents for uncertain dynamics: IWOCS, tabular and deep, and the baselines that it has to beat."""
