"""Agents that learn: training with Stable-Baselines3, checkpoints, and policies in files."""
