"""Agents whose cooperation is the fixed point of a body: an echo state network under a metacognitive sentinel."""
