"""Robots that move freely in space: Gymnasium's Ant and HumanoidStandup (v5).

The uncertainty sets are those of Tanabe et al. (2022), arXiv 2211.03413, and of arXiv 2410.06212, table 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import Field
from dynenvs.envs.robust.mujoco_world import Joint, Motor, MujocoWorld
from dynenvs.envs.robust.physics import Parameter, PhysicsParams

__all__ = ["Ant", "AntParams", "HumanoidStandup", "HumanoidStandupParams", "SpatialRobot"]

TORSO = 1  # the first body after the world
WRENCH = "3 torques in N m, then 3 forces in N"


class SpatialRobot(MujocoWorld):
    """A robot whose torso hangs in no joint."""

    ROOT_PLACES = (
        Joint("x", "m", "place of the torso"),
        Joint("y", "m", "place of the torso, to the left of x"),
        Joint("z", "m", "height of the torso"),
        Joint("turn_w", "", "how the torso is turned: real part of a quaternion"),
        *(Joint(f"turn_{axis}", "", f"how the torso is turned: part {axis} of the quaternion") for axis in "xyz"),
    )
    ROOT_SPEEDS = (
        Joint("x_dot", "m/s", "speed of the torso along x"),
        Joint("y_dot", "m/s", "speed of the torso to the left of that"),
        Joint("z_dot", "m/s", "speed of the torso upwards"),
        *(Joint(f"spin_{axis}", "rad/s", f"how fast the torso turns about its own axis {axis}") for axis in "xyz"),
    )
    FIRST_SEEN = 2

    def drive(self, told: NDArray[np.float64]) -> None:
        """Let time pass, and reckon what pushes each body from outside, which a step of MuJoCo leaves out."""
        super().drive(told)
        self._mujoco.mj_rnePostConstraint(self._model, self._data)


@dataclass(frozen=True, kw_only=True)
class AntParams(PhysicsParams):
    """A ball on four legs (Gymnasium's Ant-v5).

    Attributes
    ----------
    torso_mass : float
        Mass of the torso in kg, 0.05 to 20; in [0.1, 3] in the default uncertainty set.
    front_left_leg_mass : float
        Mass of the first piece of the leg at the front left in kg, 0.005 to 20; in [0.01, 3] in the default uncertainty
        set. It is fixed to the torso: the hip comes after it.
    front_right_leg_mass : float
        The same of the leg that the model calls front right, 0.005 to 20 kg; in [0.01, 3] in the default uncertainty
        set. As the ant walks along x it is at the back left: the model's names look along y.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "torso_mass": Parameter(low=0.05, high=20.0, robust=(0.1, 3.0), unit="kg"),
        "front_left_leg_mass": Parameter(low=0.005, high=20.0, robust=(0.01, 3.0), unit="kg"),
        "front_right_leg_mass": Parameter(low=0.005, high=20.0, robust=(0.01, 3.0), unit="kg"),
    }

    torso_mass: float = 0.32724923474893675
    front_left_leg_mass: float = 0.03915775372846671
    front_right_leg_mass: float = 0.03915775372846671
    horizon: int = 1000


class Ant(SpatialRobot):
    """Walk along x on four legs."""

    NUM_VARIABLES = 44
    END_REASONS = ("running", "horizon", "fell", "apart")
    REWARD_TERMS: ClassVar[Mapping[str, float]] = {"forward": 1.0, "healthy": 1.0, "effort": -0.5, "contact": -5e-4}
    PAYS: ClassVar[Mapping[str, str]] = {
        "forward": "speed along x in this step, in m/s",
        "healthy": "1 for each step that it may go on after",
        "effort": "sum of the squares of what the motors are told",
        "contact": "sum of the squares of what pushes its bodies, each number cut off at -1 and 1",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "fell": "terminated: the torso is below 0.2 m or above 1 m",
        **SpatialRobot.ENDINGS,
    }

    MODEL, FRAME_SKIP = "ant.xml", 5
    START, NORMAL_SPEEDS = 0.1, True
    LEGS = ("front left", "back left", "back right", "front right")
    JOINTS = tuple(
        Joint(f"{joint}_{leg}", "rad", f"angle of the {joint} of the leg at the {place}")
        for leg, place in enumerate(LEGS, 1)
        for joint in ("hip", "ankle")
    )
    MOTORS = tuple(Motor(f"{joint}_{leg}", "N m", 150.0) for leg in (4, 1, 2, 3) for joint in ("hip", "ankle"))
    BODIES: ClassVar[Mapping[str, str]] = {
        "torso_mass": "torso",
        "front_left_leg_mass": "front_left_leg",
        "front_right_leg_mass": "front_right_leg",
    }
    SENSES = (
        Field(
            name="contact",
            shape=(13, 6),
            low=-1.0,
            high=1.0,
            about=f"what pushes the torso, then the three bodies of legs 1 to 4: {WRENCH}; cut off at -1 and 1",
        ),
    )

    def stands(self, x: NDArray[np.float64]) -> bool:
        """Tell whether the torso is neither on the floor nor far above it."""
        return bool(np.isfinite(x).all() and 0.2 <= x[2] <= 1.0)

    def progress(self, x: NDArray[np.float64]) -> float:
        """Return how far the torso has come, by where MuJoCo last reckoned the bodies to be."""
        return float(x[-1])

    def memory(self) -> NDArray[np.float64]:
        """Keep that place: it is of the last quarter of a Runge-Kutta step, a little behind ``qpos``."""
        return self._data.xpos[TORSO, :1]

    def earned(self) -> dict[str, float]:
        """Return what contact costs."""
        return {"contact": np.sum(np.square(self._contact()))}

    def senses(self) -> Sequence[NDArray[np.float64]]:
        """Return what pushes each body, between -1 and 1."""
        return (self._contact()[1:].ravel(),)

    def _contact(self) -> NDArray[np.float64]:
        return np.clip(self._data.cfrc_ext, -1.0, 1.0)


def _said(joint: str) -> str:
    """Say the name of a joint of the humanoid: ``right_hip_x`` is the right hip about x."""
    for end in ("_x", "_y", "_z", "1", "2"):
        joint = joint.replace(end, f" about {end.strip('_')}" if "_" in end else f" about axis {end}")
    return joint.replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class HumanoidStandupParams(PhysicsParams):
    """A person who lies on the floor (Gymnasium's HumanoidStandup-v5).

    Attributes
    ----------
    torso_mass : float
        Mass of chest, head and upper waist in kg, 0.05 to 50; in [0.1, 16] in the default uncertainty set.
    right_foot_mass : float
        Mass of the right foot in kg, 0.05 to 50; in [0.1, 8] in the default uncertainty set.
    left_thigh_mass : float
        Mass of the left thigh in kg, 0.05 to 50; in [0.1, 5] in the default uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "torso_mass": Parameter(low=0.05, high=50.0, robust=(0.1, 16.0), unit="kg"),
        "right_foot_mass": Parameter(low=0.05, high=50.0, robust=(0.1, 8.0), unit="kg"),
        "left_thigh_mass": Parameter(low=0.05, high=50.0, robust=(0.1, 5.0), unit="kg"),
    }

    torso_mass: float = 8.907462370478262
    right_foot_mass: float = 1.7671458676442586
    left_thigh_mass: float = 4.751750928806242
    horizon: int = 1000


class HumanoidStandup(SpatialRobot):
    """Stand up, and stay so; nothing but the horizon ends it."""

    NUM_VARIABLES = 70
    REWARD_TERMS: ClassVar[Mapping[str, float]] = {"height": 1.0, "effort": -0.1, "impact": -1.0, "step": 1.0}
    PAYS: ClassVar[Mapping[str, str]] = {
        "height": "height of the torso in m, divided by the 0.003 s of a step of MuJoCo",
        "effort": "sum of the squares of what the motors are told",
        "impact": "half a millionth of the sum of the squares of what pushes its bodies, at most 10",
        "step": "1 for each step, whatever happens",
    }

    MODEL, FRAME_SKIP = "humanoidstandup.xml", 5
    START = 0.01
    JOINTS = tuple(
        Joint(name, "rad", f"angle of the {_said(name)}")
        for name in (
            *("abdomen_z", "abdomen_y", "abdomen_x"),
            *("right_hip_x", "right_hip_z", "right_hip_y", "right_knee"),
            *("left_hip_x", "left_hip_z", "left_hip_y", "left_knee"),
            *("right_shoulder1", "right_shoulder2", "right_elbow"),
            *("left_shoulder1", "left_shoulder2", "left_elbow"),
        )
    )
    MOTORS = tuple(
        Motor(name, "N m", strength, -0.4, 0.4)
        for name, strength in (
            *(("abdomen_y", 100.0), ("abdomen_z", 100.0), ("abdomen_x", 100.0)),
            *(("right_hip_x", 100.0), ("right_hip_z", 100.0), ("right_hip_y", 300.0), ("right_knee", 200.0)),
            *(("left_hip_x", 100.0), ("left_hip_z", 100.0), ("left_hip_y", 300.0), ("left_knee", 200.0)),
            *(("right_shoulder1", 25.0), ("right_shoulder2", 25.0), ("right_elbow", 25.0)),
            *(("left_shoulder1", 25.0), ("left_shoulder2", 25.0), ("left_elbow", 25.0)),
        )
    )
    BODIES: ClassVar[Mapping[str, str]] = {
        "torso_mass": "torso",
        "right_foot_mass": "right_foot",
        "left_thigh_mass": "left_thigh",
    }
    SENSES = (
        Field(
            name="inertia",
            shape=(13, 10),
            low=-1e4,
            high=1e4,
            about="of each body, from the torso to the left lower arm, about the middle of all mass: 6 moments in "
            "kg m2, mass by place in kg m along 3 axes, mass in kg",
        ),
        Field(
            name="motion",
            shape=(13, 6),
            low=-1e3,
            high=1e3,
            about="of each body, about the middle of all mass: 3 spins in rad/s, then 3 speeds in m/s",
        ),
        Field(name="torque", shape=(17,), low=-1e3, high=1e3, unit="N m", about="of the motor in each joint"),
        Field(name="contact", shape=(13, 6), low=-1e7, high=1e7, about=f"what pushes each body: {WRENCH}"),
    )

    def earned(self) -> dict[str, float]:
        """Return what height brings, and what effort and impact cost."""
        data = self._data
        return {
            "height": data.qpos[2] / self._model.opt.timestep,
            "impact": min(0.5e-6 * np.square(data.cfrc_ext).sum(), 10.0),
            "step": 1.0,
        }

    def senses(self) -> Sequence[NDArray[np.float64]]:
        """Return each body's inertia and motion, the torques of the motors, and what pushes each body."""
        data, free = self._data, len(self.ROOT_SPEEDS)
        return data.cinert[1:].ravel(), data.cvel[1:].ravel(), data.qfrc_actuator[free:], data.cfrc_ext[1:].ravel()
