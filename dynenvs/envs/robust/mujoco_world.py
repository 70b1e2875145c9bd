"""What all robots of MuJoCo share: the models of Gymnasium, step by step, with uncertain masses and friction.

MuJoCo is loaded when a world is made, and not before: what there is to see and to do is known without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.buffers import HOLD, Buffers
from dynenvs.core.checks import check_array, check_integer, shown
from dynenvs.core.errors import LifecycleError, ParameterError, require_extra
from dynenvs.core.jit import kernel
from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field, ObservationLayout
from dynenvs.core.python_world import PythonWorld
from dynenvs.envs.robust.physics import (
    AGENT,
    NATURE,
    PhysicsState,
    PhysicsWorld,
    begin_physics,
    observe_parameters,
)

__all__ = ["Joint", "Limb", "Motor", "MujocoWorld"]

FAR, FAST = 1000.0, 1000.0  # of places in m and rad, of speeds a second: what goes beyond has come apart
PLANE, SPHERE = 0, 2  # MuJoCo's codes of a floor and of a ball
GAVE_UP = slice(3, 6)  # MuJoCo's codes of warnings after which it begins anew: places, speeds, accelerations


class Joint(NamedTuple):
    """A joint, or one of the ways in which a body without joints moves: one number of the state."""

    name: str
    unit: str
    about: str


class Motor(NamedTuple):
    """A motor, and the force or torque at its full strength."""

    name: str
    unit: str
    strength: float
    weakest: float = -1.0
    strongest: float = 1.0


class Limb(NamedTuple):
    """A part of a robot: a line between two places (x, y, z) in m, and half its thickness; a ball's ends are one."""

    body: str
    ends: tuple[tuple[float, float, float], tuple[float, float, float]]
    radius: float


class MujocoWorld(PhysicsWorld, PythonWorld):
    """A robot that is moved by motors.

    One model and one scratch pad of MuJoCo serve all games: before a game moves, its physics, places, speeds and the
    solver's first guess are written there, and read back afterwards. So the arrays hold all that decides the future.
    One row of ``state.x`` is a game's places, then its speeds, then the accelerations that the solver begins with, then
    what `memory` gives.

    Masses are the only numbers that inertia grows with, and friction is set on the robot while that of the floor is
    zero: MuJoCo takes the greater one of the two, so that neither alone would act on its whole range. Every value is
    reckoned from the model as it was read, and MuJoCo's own derived constants are made anew: nothing adds up.

    Nature may move masses while they move, and so bring in any energy. Where MuJoCo gives up it would go on from the
    model's own place, as if nothing had happened; here the episode ends. All is for one thread of Python at a time.
    """

    supports_snapshot = True

    END_REASONS: ClassVar[tuple[str, ...]] = ("running", "horizon", "apart")
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "apart": "terminated: a height or an angle is beyond 1,000 m or rad, a speed beyond 1,000 m/s or rad/s, or "
        "MuJoCo has given up; the step is not paid, and only nature can bring that about",
    }

    MODEL: ClassVar[str]
    """File of the model, among those of Gymnasium."""

    FRAME_SKIP: ClassVar[int]
    """MuJoCo's steps in one of ours."""

    ROOT_PLACES: ClassVar[tuple[Joint, ...]] = ()
    """What says where the first body is, if it hangs in no joint and moves freely in space."""

    ROOT_SPEEDS: ClassVar[tuple[Joint, ...]] = ()
    """And how it moves: turning is fewer numbers than having turned."""

    JOINTS: ClassVar[tuple[Joint, ...]]
    """All joints, in the model's order."""

    MOTORS: ClassVar[tuple[Motor, ...]]
    """All motors, in the model's order."""

    BODIES: ClassVar[Mapping[str, str]]
    """The body that each mass among the parameters belongs to."""

    FEET: ClassVar[str] = ""
    """What touches the floor with the parameter `friction`; other parts keep their ratio to it. Empty: nothing."""

    SENSES: ClassVar[tuple[Field, ...]] = ()
    """What is seen beside places and speeds."""

    FIRST_SEEN: ClassVar[int] = 1
    """The first of all places that is seen: runners do not see how far they have come."""

    SPEED: ClassVar[float] = FAST
    """Bound of the speeds that are seen, in m/s and rad/s: a faster one is shown as this."""

    START: ClassVar[float]
    """All places begin uniformly within this of the model's own, in m and rad, and all speeds within this of none."""

    NORMAL_SPEEDS: ClassVar[bool] = False
    """Whether speeds begin normally distributed instead, with `START` as the deviation."""

    def __init__(self, params: Any, num_games: int = 1, **options: Any) -> None:
        self._mujoco: Any = require_extra("mujoco", "mujoco", f"the world of {type(self).__name__}")
        super().__init__(params, num_games, **options)
        self._low, self._high = ObservationLayout(fields=self.fields(params)).bounds()
        self._load_model()

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the motors."""
        return ActionLayout(
            heads=tuple(
                ContinuousHead(
                    name=motor.name,
                    low=motor.weakest,
                    high=motor.strongest,
                    about=f"the motor's push, in {motor.strength:g} {motor.unit}",
                )
                for motor in cls.MOTORS
            )
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out places, speeds and what else is sensed."""
        moving = (Joint(f"{joint.name}_dot", f"{joint.unit}/s", f"speed of {joint.name}") for joint in cls.JOINTS)
        places = (*cls.ROOT_PLACES, *cls.JOINTS)[cls.FIRST_SEEN :]
        return (
            *(Field(name=name, low=-FAR, high=FAR, unit=unit, about=about) for name, unit, about in places),
            *(
                Field(name=name, low=-cls.SPEED, high=cls.SPEED, unit=unit, about=about)
                for name, unit, about in (*cls.ROOT_SPEEDS, *moving)
            ),
            *cls.SENSES,
        )

    # Playing.

    def reset_game(self, game: int, rng: np.random.Generator) -> None:
        """Set the robot up, a little shaken."""
        _begin(self.state, self.buffers, game)
        qpos = self._model.qpos0 + rng.uniform(-self.START, self.START, self._model.nq)
        if self.NORMAL_SPEEDS:
            qvel = self.START * rng.standard_normal(self._model.nv)
        else:
            qvel = rng.uniform(-self.START, self.START, self._model.nv)
        self._put(game, qpos, qvel)

    def step_game(self, game: int, actions: NDArray[Any]) -> None:
        """Drive the motors for one step."""
        state = self.state
        if self.num_agents > NATURE and self.buffers.seats[game, NATURE] < 0:  # the nominal nature leaves them
            state.physics[game, state.uncertain[game]] = actions[NATURE, : state.uncertain.shape[1]]
        told, before = actions[AGENT, : len(self.MOTORS)], self.progress(state.x[game])
        state.steps[game] += 1
        self._enter(game)
        self.drive(told)
        if self._data.warning.number[GAVE_UP].any() or self._apart(self._data.qpos, self._data.qvel):
            self._mujoco.mj_resetData(self._model, self._data)
            self.buffers.reward_terms[game] = 0.0
            self.end_game(game, "apart")
            return  # the robot stays where it was seen last
        self._leave(game)
        speed = (self.progress(state.x[game]) - before) / (self._model.opt.timestep * self.FRAME_SKIP)
        stands = self.stands(state.x[game])
        earned = {"forward": speed, "healthy": float(stands), "effort": np.sum(np.square(told)), **self.earned()}
        terms = self.buffers.reward_terms[game]
        terms[AGENT] = [earned[name] for name in self.layout.reward_terms]
        terms[NATURE:] = -terms[AGENT]
        if not stands:
            self.end_game(game, "fell")
        elif state.steps[game] >= state.horizon[game]:
            self.end_game(game, "horizon", truncated=True)
        self._observe(game)

    # What robots differ in. The scratch pad is that of the game which is being played.

    def stands(self, x: NDArray[np.float64]) -> bool:
        """Tell whether the robot may go on; `x` is a row of the state."""
        return True

    def progress(self, x: NDArray[np.float64]) -> float:
        """Return how far the robot has come, in m; `x` is a row of the state."""
        return float(x[0])

    def memory(self) -> NDArray[np.float64]:
        """Return what else of the scratch pad decides the future."""
        return np.empty(0)

    def earned(self) -> dict[str, float]:
        """Return the parts of a step's reward that not all robots have, or have otherwise."""
        return {}

    def senses(self) -> Sequence[NDArray[np.float64]]:
        """Return what is seen beside places and speeds, as `SENSES` lays it out."""
        return ()

    def drive(self, told: NDArray[np.float64]) -> None:
        """Let time pass while the motors do what they are told."""
        mujoco = self._mujoco
        self._data.ctrl[:] = told
        handler = mujoco.get_mju_user_warning()
        mujoco.set_mju_user_warning(_ignore)  # they are looked at; without a handler they go to a file of the user's
        try:
            mujoco.mj_step(self._model, self._data, nstep=self.FRAME_SKIP)
        finally:  # an interrupt, say: the handler is the whole process's
            mujoco.set_mju_user_warning(handler)

    def _apart(self, qpos: NDArray[np.float64], qvel: NDArray[np.float64]) -> bool:
        """Tell whether a robot is where none can come by its own strength; how far it has come is free."""
        return bool((np.abs(qpos[self.FIRST_SEEN :]) > FAR).any() or (np.abs(qvel) > FAST).any())

    # Looking, and moving by hand.

    def get_state(self, game: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where a game's robot is and how it moves.

        Parameters
        ----------
        game : int
            Which game.

        Returns
        -------
        qpos : ndarray of float64, shape (nq,)
            Places as MuJoCo has them, in m and rad, the unseen ones too: `ROOT_PLACES`, then `JOINTS`.
        qvel : ndarray of float64, shape (nv,)
            Speeds: `ROOT_SPEEDS`, then those of `JOINTS`.
        """
        q, v = self._model.nq, self._model.nv
        self._check_game(game)
        x = self.state.x[game]
        return x[:q].copy(), x[q : q + v].copy()

    def set_state(self, game: int, qpos: ArrayLike, qvel: ArrayLike) -> None:
        """Put a game's robot somewhere, at rest in all other respects: it is seen there at once.

        Writing into ``state.x`` instead leaves behind what has been reckoned from the old place.

        Parameters
        ----------
        game : int
            Which game.
        qpos : array_like of float, shape (nq,)
            Places, as `get_state` returns them.
        qvel : array_like of float, shape (nv,)
            Speeds.

        Raises
        ------
        ParameterError
            On a game that does not exist, another shape, numbers that are not finite, or a place where no robot can be.
        LifecycleError
            Before the game's first reset.
        """
        self._check_game(game)
        places, speeds = check_array("qpos", qpos, self._model.nq), check_array("qvel", qvel, self._model.nv)
        if self._apart(places, speeds):
            raise ParameterError(
                f"qpos={shown(places)}, qvel={shown(speeds)}: expected heights and angles up to {FAR:g} m or rad, and "
                f"speeds up to {FAST:g} a second"
            )
        self._put(game, places, speeds)

    def _check_game(self, game: int) -> None:
        check_integer("game", game, 0, self.num_games - 1)
        if self.buffers.phase[game] == HOLD:
            raise LifecycleError(f"game {game} was never reset: call reset(seeds) first")

    def _put(self, game: int, qpos: NDArray[np.float64], qvel: NDArray[np.float64]) -> None:
        self._enter(game)
        self._mujoco.mj_resetData(self._model, self._data)  # what the last game felt, and what its motors were told
        self._data.qpos[:], self._data.qvel[:] = qpos, qvel
        self._mujoco.mj_forward(self._model, self._data)
        self._leave(game)
        self._observe(game)

    def limbs(self, game: int) -> list[Limb]:
        """Return the parts of a game's robot where they are, for pictures."""
        self._check_game(game)
        self._enter(game)
        self._mujoco.mj_kinematics(self._model, self._data)
        return [self._limb(geom) for geom in range(self._model.ngeom) if self._model.geom_type[geom] != PLANE]

    def _limb(self, geom: int) -> Limb:
        """Return one part: a ball, or a capsule, which lies along its own third axis."""
        model, middle = self._model, self._data.geom_xpos[geom]
        radius, length = model.geom_size[geom, :2].tolist()
        half = (0.0 if model.geom_type[geom] == SPHERE else length) * self._data.geom_xmat[geom, 2::3]
        ends = tuple((middle - half).tolist()), tuple((middle + half).tolist())
        return Limb(model.body(model.geom_bodyid[geom]).name, ends, radius)

    def _observe(self, game: int) -> None:
        """Write what is seen: each number within its bounds, and parameters for those who see them."""
        b, width = self.buffers, len(self._low)
        seen = b.vector[game, AGENT, :width]
        np.concatenate((self._data.qpos[self.FIRST_SEEN :], self._data.qvel, *self.senses()), out=seen)
        np.clip(seen, self._low, self._high, out=seen)
        if b.vector.shape[2] > width:
            _observe_parameters(self.state, b, game, width)

    # The model.

    def _load_model(self) -> None:
        """Read the model, and remember what its numbers were."""
        mujoco = self._mujoco
        text = (resources.files("gymnasium") / "envs/mujoco/assets" / self.MODEL).read_text(encoding="utf-8")
        total = re.search(r'\ssettotalmass="([^"]*)"', text)
        self._model = mujoco.MjModel.from_xml_string(text.replace(total[0], "") if total else text)
        self._data = mujoco.MjData(self._model)
        if total:  # scaled by hand: of the attribute itself newer versions of MuJoCo warn, in a log file
            mujoco.mj_setTotalmass(self._model, float(total[1]))
            mujoco.mj_setConst(self._model, self._data)
            self._model.stat.meaninertia = self._model.dof_M0.mean()  # the solver's scale, which is not made anew
        self._bodies = [self._model.body(name).id for name in self.BODIES.values()]
        self._mass_columns = [list(self.params.PHYSICS).index(name) for name in self.BODIES]
        self._given_mass, self._given_inertia = self._model.body_mass.copy(), self._model.body_inertia.copy()
        if self.FEET:
            friction = self._model.geom_friction[:, 0]
            acting = np.maximum(friction, friction[self._model.geom("floor").id])
            self._grip = acting / acting[self._model.geom(self.FEET).id]
            self._grip[self._model.geom("floor").id] = 0.0
        self._in_force = np.full(len(self.params.PHYSICS), np.nan)

    def _enter(self, game: int) -> None:
        """Make the model and the scratch pad those of a game."""
        physics, x = self.state.physics[game], self.state.x[game]
        if not np.array_equal(physics, self._in_force):
            self._set_physics(physics)
        data, q, v = self._data, self._model.nq, self._model.nv
        data.qpos[:], data.qvel[:], data.qacc_warmstart[:] = x[:q], x[q : q + v], x[q + v : q + 2 * v]

    def _leave(self, game: int) -> None:
        """Keep where the game stands."""
        data = self._data
        np.concatenate((data.qpos, data.qvel, data.qacc_warmstart, self.memory()), out=self.state.x[game])

    def _set_physics(self, physics: NDArray[np.float64]) -> None:
        """Write parameters into the model, and what follows from them."""
        model = self._model
        for body, column in zip(self._bodies, self._mass_columns, strict=True):
            model.body_mass[body] = physics[column]
            model.body_inertia[body] = self._given_inertia[body] * (physics[column] / self._given_mass[body])
        if self.FEET:
            model.geom_friction[:, 0] = self._grip * physics[list(self.params.PHYSICS).index("friction")]
        self._mujoco.mj_setConst(model, self._data)
        self._in_force[:] = physics


def _ignore(message: str) -> None:
    """Take a warning of MuJoCo."""


@kernel
def _begin(state: PhysicsState, b: Buffers, i: int) -> None:
    begin_physics(state, b, i)


@kernel
def _observe_parameters(state: PhysicsState, b: Buffers, i: int, seen: int) -> None:
    observe_parameters(state, b, i, seen)
