"""Simple controllers by which tests fly and drive: each takes observations of many games and returns actions."""

import numpy as np


def hover(seen, parameters):
    """Hover at the target: place gives the wanted tilt and lift, tilt the difference of the thrusts.

    The weight is known, the wind is not: it leaves the quadrotor a little aside.
    """
    x, y, cos, sin, x_dot, y_dot, theta_dot = seen.T[:7].astype(np.float64)
    mass, gravity, inertia, arm, most = (parameters[k] for k in ("mass", "gravity", "inertia", "arm", "max_thrust"))
    theta = np.arctan2(sin, cos)
    wanted = np.clip(0.12 * x + 0.2 * x_dot, -0.4, 0.4)
    lift = mass * (gravity - 3.0 * y - 3.0 * y_dot) / np.maximum(cos, 0.5)
    turn = inertia / arm * (60.0 * (wanted - theta) - 14.0 * theta_dot)
    both = np.stack([lift - turn, lift + turn], axis=1) / 2.0 / np.reshape(most, (-1, 1))
    return np.clip(both, 0.0, 1.0)


def land(seen):
    """Keep upright above the pad, and come down the slower, the nearer the ground is."""
    x, y, cos, sin, x_dot, y_dot, theta_dot = seen.T[:7].astype(np.float64)
    theta = np.arctan2(sin, cos)
    wanted = np.clip(0.05 * x + 0.15 * x_dot, -0.25, 0.25)
    turn = 2.0 * (wanted - theta) - 2.0 * theta_dot
    too_fast = y_dot < -np.clip(0.25 * (y - 1.0), 1.3, 4.0)
    off, left, main, right = 0, 1, 2, 3
    steer = np.where(turn < -0.15, left, np.where(turn > 0.15, right, off))
    down = seen[:, 8:10].any(axis=1)
    return np.where(down, off, np.where(too_fast, main, steer))


def swing(seen):
    """Push where the car is rolling."""
    return np.where(seen[:, 1] >= 0.0, 1.0, -1.0)
