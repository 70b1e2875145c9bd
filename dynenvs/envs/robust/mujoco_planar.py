"""Robots that move in a plane: Gymnasium's Hopper, Walker2d, HalfCheetah and InvertedPendulum (v5).

The uncertainty sets are those of Tanabe et al. (2022), arXiv 2211.03413, and of arXiv 2410.06212, table 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.robust.mujoco_world import Joint, Motor, MujocoWorld
from dynenvs.envs.robust.physics import Parameter, PhysicsParams

__all__ = [
    "HalfCheetah",
    "HalfCheetahParams",
    "Hopper",
    "HopperParams",
    "InvertedPendulum",
    "InvertedPendulumParams",
    "Walker2d",
    "Walker2dParams",
]

TRUNK = (
    Joint("x", "m", "how far it has come"),
    Joint("z", "m", "height of the torso"),
    Joint("pitch", "rad", "angle of the torso from upright"),
)
"""The joints by which every runner hangs in the world; none of them has a motor."""

CAREFUL = 10.0
"""Bound of the speeds that hopper and walker see: Gymnasium's own."""

WALKING: dict[str, float] = {"forward": 1.0, "healthy": 1.0, "effort": -1e-3}
"""What Gymnasium pays hopper and walker."""
WALKING_PAYS = {
    "forward": "speed to the right in this step, in m/s",
    "healthy": "1 for each step that it stands after",
    "effort": "sum of the squares of what the motors are told",
}
"""What that is, in words."""


@dataclass(frozen=True, kw_only=True)
class HopperParams(PhysicsParams):
    """A leg that hops (Gymnasium's Hopper-v5).

    Attributes
    ----------
    friction : float
        Sliding friction between foot and floor, 0.05 to 5; in [0.1, 3] in the default uncertainty set.
    torso_mass : float
        Mass of the torso in kg, 0.05 to 20; in [0.1, 3] in the default uncertainty set, which leaves out Gymnasium's.
    thigh_mass : float
        Mass of the thigh in kg, 0.05 to 20; in [0.1, 4] in the default uncertainty set, which leaves out Gymnasium's.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "friction": Parameter(low=0.05, high=5.0, robust=(0.1, 3.0)),
        "torso_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 3.0), unit="kg"),
        "thigh_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 4.0), unit="kg"),
    }

    friction: float = 2.0
    torso_mass: float = 3.6651914291880923
    thigh_mass: float = 4.057890510886818
    horizon: int = 1000


class Hopper(MujocoWorld):
    """Hop forward on one leg without falling."""

    NUM_VARIABLES = 18
    END_REASONS = ("running", "horizon", "fell", "apart")
    REWARD_TERMS, PAYS = WALKING, WALKING_PAYS
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "fell": "terminated: the torso is at most 0.7 m high or leans by 0.2 rad or more, or an angle or a speed is "
        "100 or more",
        **MujocoWorld.ENDINGS,
    }

    MODEL, FRAME_SKIP, FEET = "hopper.xml", 4, "foot_geom"
    SPEED, START = CAREFUL, 0.005
    JOINTS = (
        *TRUNK,
        Joint("thigh", "rad", "angle of the hip"),
        Joint("leg", "rad", "angle of the knee"),
        Joint("foot", "rad", "angle of the ankle"),
    )
    MOTORS = tuple(Motor(name, "N m", 200.0) for name in ("thigh", "leg", "foot"))
    BODIES: ClassVar[Mapping[str, str]] = {"torso_mass": "torso", "thigh_mass": "thigh"}

    def stands(self, x: NDArray[np.float64]) -> bool:
        """Tell whether the hopper is upright, and nothing flies apart."""
        return bool(x[1] > 0.7 and abs(x[2]) < 0.2 and (np.abs(x[2:12]) < 100.0).all())


@dataclass(frozen=True, kw_only=True)
class Walker2dParams(PhysicsParams):
    """Two legs that walk (Gymnasium's Walker2d-v5).

    Attributes
    ----------
    friction : float
        Sliding friction between feet and floor, 0.05 to 5; in [0.1, 4] in the default uncertainty set.
    torso_mass : float
        Mass of the torso in kg, 0.05 to 20; in [0.1, 5] in the default uncertainty set.
    thigh_mass : float
        Mass of the right thigh in kg, 0.05 to 20; in [0.1, 6] in the default uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "friction": Parameter(low=0.05, high=5.0, robust=(0.1, 4.0)),
        "torso_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 5.0), unit="kg"),
        "thigh_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 6.0), unit="kg"),
    }

    friction: float = 1.9
    torso_mass: float = 3.6651914291880923
    thigh_mass: float = 4.057890510886818
    horizon: int = 1000


class Walker2d(MujocoWorld):
    """Walk forward on two legs without falling."""

    NUM_VARIABLES = 27
    END_REASONS = ("running", "horizon", "fell", "apart")
    REWARD_TERMS, PAYS = WALKING, WALKING_PAYS
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "fell": "terminated: the torso is at most 0.8 m high, or 2 m and more, or leans by 1 rad or more",
        **MujocoWorld.ENDINGS,
    }

    MODEL, FRAME_SKIP, FEET = "walker2d_v5.xml", 4, "foot_geom"
    SPEED, START = CAREFUL, 0.005
    JOINTS = (
        *TRUNK,
        Joint("thigh", "rad", "angle of the right hip"),
        Joint("leg", "rad", "angle of the right knee"),
        Joint("foot", "rad", "angle of the right ankle"),
        Joint("left_thigh", "rad", "angle of the left hip"),
        Joint("left_leg", "rad", "angle of the left knee"),
        Joint("left_foot", "rad", "angle of the left ankle"),
    )
    MOTORS = tuple(Motor(joint.name, "N m", 100.0) for joint in JOINTS[3:])
    BODIES: ClassVar[Mapping[str, str]] = {"torso_mass": "torso", "thigh_mass": "thigh"}

    def stands(self, x: NDArray[np.float64]) -> bool:
        """Tell whether the walker is upright."""
        return bool(0.8 < x[1] < 2.0 and abs(x[2]) < 1.0)


@dataclass(frozen=True, kw_only=True)
class HalfCheetahParams(PhysicsParams):
    """A two-legged runner (Gymnasium's HalfCheetah-v5).

    Attributes
    ----------
    friction : float
        Sliding friction between cheetah and floor, 0.05 to 5; in [0.1, 4] in the default uncertainty set.
    torso_mass : float
        Mass of torso and head in kg, 0.05 to 20; in [0.1, 7] in the default uncertainty set.
    back_thigh_mass : float
        Mass of the back thigh in kg, 0.05 to 20; in [0.1, 3] in the default uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "friction": Parameter(low=0.05, high=5.0, robust=(0.1, 4.0)),
        "torso_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 7.0), unit="kg"),
        "back_thigh_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 3.0), unit="kg"),
    }

    friction: float = 0.4
    torso_mass: float = 6.25020920502092
    back_thigh_mass: float = 1.5435146443514645
    horizon: int = 1000


class HalfCheetah(MujocoWorld):
    """Run forward; nothing but the horizon ends it."""

    NUM_VARIABLES = 27
    REWARD_TERMS: ClassVar[Mapping[str, float]] = {"forward": 1.0, "effort": -0.1}
    PAYS: ClassVar[Mapping[str, str]] = {
        "forward": "speed to the right in this step, in m/s",
        "effort": "sum of the squares of what the motors are told",
    }

    MODEL, FRAME_SKIP, FEET = "half_cheetah.xml", 5, "bfoot"
    START, NORMAL_SPEEDS = 0.1, True
    JOINTS = (
        TRUNK[0],
        Joint("z", "m", "height of the torso above where it begins, 0.7 m"),
        Joint("pitch", "rad", "angle of the torso from level"),
        Joint("back_thigh", "rad", "angle of the back hip"),
        Joint("back_shin", "rad", "angle of the back knee"),
        Joint("back_foot", "rad", "angle of the back ankle"),
        Joint("front_thigh", "rad", "angle of the front hip"),
        Joint("front_shin", "rad", "angle of the front knee"),
        Joint("front_foot", "rad", "angle of the front ankle"),
    )
    MOTORS = tuple(
        Motor(joint.name, "N m", strength)
        for joint, strength in zip(JOINTS[3:], (120.0, 90.0, 60.0, 120.0, 60.0, 30.0), strict=True)
    )
    BODIES: ClassVar[Mapping[str, str]] = {"torso_mass": "torso", "back_thigh_mass": "bthigh"}


@dataclass(frozen=True, kw_only=True)
class InvertedPendulumParams(PhysicsParams):
    """A pole on a cart on a rail (Gymnasium's InvertedPendulum-v5).

    Attributes
    ----------
    pole_mass : float
        Mass of the pole in kg, 0.5 to 50; in [1, 31] in the default uncertainty set.
    cart_mass : float
        Mass of the cart in kg, 0.5 to 50; in [1, 11] in the default uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "pole_mass": Parameter(low=0.5, high=50.0, robust=(1.0, 31.0), unit="kg"),
        "cart_mass": Parameter(low=0.5, high=50.0, robust=(1.0, 11.0), unit="kg"),
    }

    pole_mass: float = 5.018591641363306
    cart_mass: float = 10.47197551196598
    horizon: int = 1000


class InvertedPendulum(MujocoWorld):
    """Push the cart so that the pole on it stays up: 1 for each step that it does."""

    NUM_VARIABLES = 6
    END_REASONS = ("running", "horizon", "fell", "apart")
    REWARD_TERMS: ClassVar[Mapping[str, float]] = {"healthy": 1.0}
    PAYS: ClassVar[Mapping[str, str]] = {
        "healthy": "1 for each step after which the pole is within 0.2 rad of upright",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "fell": "terminated: the pole leans by more than 0.2 rad",
        **MujocoWorld.ENDINGS,
    }

    MODEL, FRAME_SKIP = "inverted_pendulum.xml", 2
    START, FIRST_SEEN = 0.01, 0
    JOINTS = (Joint("x", "m", "place of the cart"), Joint("theta", "rad", "angle of the pole from upright"))
    MOTORS = (Motor("push", "N", 100.0, -3.0, 3.0),)
    BODIES: ClassVar[Mapping[str, str]] = {"pole_mass": "pole", "cart_mass": "cart"}

    def stands(self, x: NDArray[np.float64]) -> bool:
        """Tell whether the pole is nearly upright."""
        return bool(abs(x[1]) <= 0.2)
