"""What all worlds of uncertain physics share: parameters, who chooses them and when, and a state that holds them.

A world of this kind is a system of a few real numbers that moves by equations with named parameters. Each game has its
own parameters, in an array; whatever follows from them (a total mass) is computed where it is used, so that nothing is
ever stale. The parameters of a game

* ``varies="never"``: are those that were given, at the start or at a reset (static: one model an episode);
* ``"episode"``: are drawn uniformly from the uncertainty set at the beginning of each episode (domain randomisation);
* ``"tasks"``: go through a list of tasks, so many episodes each (continual learning);
* ``"adversary"``: are chosen anew in each step by a second player, nature, who is paid what the first one loses.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import Buffers, end_game
from dynenvs.core.checks import check_between, check_integer, check_one_of, meant
from dynenvs.core.errors import ParameterError
from dynenvs.core.jit import rule
from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.random import Word, draw_uniform, to_unit
from dynenvs.core.seats import Seat, SeatTable, choices
from dynenvs.core.world import World
from dynenvs.envs.robust.param_set import ParamSet

__all__ = [
    "VARIES",
    "Parameter",
    "PhysicsParams",
    "PhysicsState",
    "PhysicsWorld",
    "begin_physics",
    "end_at_horizon",
    "move_nature",
    "observe_parameters",
    "pay",
    "spread",
]

VARIES: tuple[str, ...] = ("never", "episode", "tasks", "adversary")
NEVER, EPISODE, TASKS, ADVERSARY = range(4)

AGENT, NATURE = 0, 1

NOMINAL = "nominal"
"""The background policy of nature that leaves the parameters as they were given: the baseline for adversaries."""

HORIZON = 1
"""Code of the end reason that all systems have."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A physical parameter of a system.

    Attributes
    ----------
    low, high : float
        Values that make sense: others are refused.
    robust : tuple of float, or None
        Ends of the default uncertainty set; None where it is not uncertain by default.
    unit : str
        Unit, or empty for a pure number.
    """

    low: float
    high: float
    robust: tuple[float, float] | None = None
    unit: str = ""

    def told(self, value: float) -> str:
        """Write a value with its unit."""
        return f"{value:g} {self.unit}".rstrip()


@dataclass(frozen=True, kw_only=True)
class PhysicsParams:
    """What all systems have beside their physics.

    Attributes
    ----------
    varies : {"never", "episode", "tasks", "adversary"}
        Who chooses the parameters, and when: see `dynenvs.envs.robust.physics`.
    uncertainty : mapping of str to (float, float), optional
        Ends of the uncertain parameters; by default those of the world's own set.
    tasks : sequence of mapping of str to float
        Parameters of each task, for ``varies="tasks"`` alone; those that are not named are as given.
    task_episodes : int
        Episodes that a task lasts, at least 1; for ``varies="tasks"`` alone.
    sees_parameters : bool
        Whether the agent observes the uncertain parameters (as a contextual problem), each from 0 at the low end of its
        uncertainty to 1 at the high one; a value beyond an end is seen as the end.
    horizon : int
        Steps after which an episode is truncated, at least 1.

    Raises
    ------
    ParameterError
        On a name that is no parameter of the system, a value out of range, or a setting that would do nothing: tasks
        that are not followed, or a value for a parameter that is drawn anyway.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {}

    varies: str = "never"
    uncertainty: Mapping[str, tuple[float, float]] | None = None
    tasks: Sequence[Mapping[str, float]] = ()
    task_episodes: int = 1
    sees_parameters: bool = False
    horizon: int = 200

    def __post_init__(self) -> None:
        check_one_of("varies", self.varies, VARIES)
        check_integer("task_episodes", self.task_episodes, 1)
        check_one_of("sees_parameters", self.sees_parameters, (False, True))
        check_integer("horizon", self.horizon, 1, 2**31 - 1)
        for name in self.PHYSICS:
            self._check_value(name, getattr(self, name))
        self._check_uncertainty()
        self._check_tasks()
        self._check_drawn()

    def _check_value(self, name: str, value: object, place: str = "") -> None:
        if name not in self.PHYSICS:
            hint = meant(name, self.PHYSICS) if isinstance(name, str) else ""
            raise ParameterError(f"{place}parameter {name!r}: expected one of {', '.join(self.PHYSICS)}{hint}")
        check_between(f"{place}{name}", value, self.PHYSICS[name].low, self.PHYSICS[name].high)

    def _check_uncertainty(self) -> None:
        if self.uncertainty is None:
            return
        if not isinstance(self.uncertainty, Mapping) or not self.uncertainty:
            raise ParameterError(
                f"uncertainty={self.uncertainty!r}: expected a mapping of parameters to their two ends"
            )
        for name, ends in self.uncertainty.items():
            if not isinstance(ends, Sequence) or len(ends) != 2:
                raise ParameterError(f"uncertainty of {name}={ends!r}: expected two ends")
            for end in ends:
                self._check_value(name, end, "uncertainty: ")
            if not ends[0] <= ends[1]:
                raise ParameterError(f"uncertainty of {name}={ends!r}: expected the lower end first")

    def _check_tasks(self) -> None:
        if isinstance(self.tasks, str) or not isinstance(self.tasks, Sequence):
            raise ParameterError(f"tasks={self.tasks!r}: expected a sequence of mappings of parameters to values")
        for name, given, usual in (("tasks", self.tasks, ()), ("task_episodes", self.task_episodes, 1)):
            if self.varies != "tasks" and given != usual:
                raise ParameterError(f"{name}={given!r}: expected varies='tasks' beside it, got varies={self.varies!r}")
        if self.varies == "tasks" and not self.tasks:
            raise ParameterError("tasks=(): expected at least one task where varies='tasks'")
        for task in self.tasks:
            if not isinstance(task, Mapping):
                raise ParameterError(f"task {task!r}: expected a mapping of parameters to values")
            for name, value in task.items():
                self._check_value(name, value, "tasks: ")
                if self.sees_parameters and name not in self.uncertain:
                    raise ParameterError(
                        f"tasks: {name} is not uncertain, and so not among what is seen with sees_parameters=True: "
                        f"expected {', '.join(self.uncertain)}, or an uncertainty with it"
                    )

    def _check_drawn(self) -> None:
        """Refuse values for what each episode draws: they would do nothing."""
        usual = {field.name: field.default for field in fields(self)}
        for name in self.uncertain if self.varies == "episode" else ():
            if getattr(self, name) != usual[name]:
                low, high = self.uncertain[name]
                raise ParameterError(
                    f"{name}={getattr(self, name)!r}: with varies='episode' it is drawn from [{low:g}, {high:g}]; "
                    "expected varies='never', or an uncertainty without it"
                )

    @property
    def uncertain(self) -> dict[str, tuple[float, float]]:
        """Ends of the uncertain parameters, in the order of the system's parameters."""
        default = {name: known.robust for name, known in self.PHYSICS.items() if known.robust is not None}
        given = default if self.uncertainty is None else self.uncertainty
        return {name: (float(given[name][0]), float(given[name][1])) for name in self.PHYSICS if name in given}

    @property
    def param_set(self) -> ParamSet:
        """The uncertainty set, as a box; its nominal point is what was given, or the nearest that lies in it."""
        low, high = np.array(list(self.uncertain.values())).T
        given = np.array([getattr(self, name) for name in self.uncertain], np.float64)
        return ParamSet(tuple(self.uncertain), low, high, np.clip(given, low, high))

    def physics(self, **changes: float) -> NDArray[np.float64]:
        """Return all physical parameters, some of them changed, in the order of `PHYSICS`."""
        return np.array([changes.get(name, getattr(self, name)) for name in self.PHYSICS], np.float64)


class PhysicsState(NamedTuple):
    """One row a game; K parameters, U of them uncertain, D real numbers that move."""

    physics: NDArray[np.float64]  # (G, K) in force now
    given: NDArray[np.float64]  # (G, K) what was given
    low: NDArray[np.float64]  # (G, U) ends of the uncertainty
    high: NDArray[np.float64]  # (G, U)
    uncertain: NDArray[np.int64]  # (G, U) places of the uncertain parameters
    tasks: NDArray[np.float64]  # (G, T, K)
    task_episodes: NDArray[np.int64]  # (G,)
    varies: NDArray[np.int8]  # (G,) place in VARIES
    sees_parameters: NDArray[np.bool_]  # (G,)
    horizon: NDArray[np.int32]  # (G,)
    steps: NDArray[np.int32]  # (G,)
    x: NDArray[np.float64]  # (G, D)


class PhysicsWorld(World):
    """A system with uncertain physics; with ``varies="adversary"`` a game of two: nature moves the parameters."""

    params: PhysicsParams
    state: PhysicsState

    portable = False

    NUM_VARIABLES: ClassVar[int]
    """D, how many real numbers move."""

    END_REASONS: ClassVar[tuple[str, ...]] = ("running", "horizon")

    REWARD_TERMS: ClassVar[Mapping[str, float]] = {"reward": 1.0}
    """Parts of the agent's reward and their weights; nature is paid the same with the other sign."""

    PAYS: ClassVar[Mapping[str, str]] = {}
    """What each of these parts is, in words."""

    ENDINGS: ClassVar[Mapping[str, str]] = {}
    """What ends an episode, in words, by end reason; the horizon is the same for all."""

    @classmethod
    @abstractmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out what the agent decides."""

    @classmethod
    @abstractmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out what the agent sees of the system."""

    @classmethod
    def describe(cls, params: Any) -> WorldLayout:
        """Lay out the agent, and nature where it plays."""
        physics = params.PHYSICS
        told = tuple(
            Field(name=name, about=f"{name}, from 0 at {physics[name].told(low)} to 1 at {physics[name].told(high)}")
            for name, (low, high) in params.uncertain.items()
        )
        seen = cls.fields(params)
        agent = Role(
            name="agent",
            observation=ObservationLayout(fields=(*seen, *told) if params.sees_parameters else seen),
            actions=cls.actions(params),
        )
        roles, names = [agent], ["agent"]
        if params.varies == "adversary":
            heads = tuple(
                ContinuousHead(
                    name=name, low=low, high=high, unit=physics[name].unit, about=f"the {name} of the next step"
                )
                for name, (low, high) in params.uncertain.items()
            )
            observation = ObservationLayout(fields=(*seen, *told))
            roles.append(Role(name="nature", observation=observation, actions=ActionLayout(heads=heads)))
            names.append("nature")
        return WorldLayout(
            roles=tuple(roles),
            reward_terms=dict(cls.REWARD_TERMS),
            end_reasons=cls.END_REASONS,
            player_names=tuple(names),
            simultaneous=True,
        )

    @classmethod
    def fixed(cls, params: PhysicsParams) -> tuple[tuple[str, ...], int]:
        """Return which parameters are uncertain, and the number of tasks: the state has room for these."""
        return tuple(params.uncertain), len(params.tasks)

    @classmethod
    def outcome_notes(cls, params: Any) -> dict[str, str]:
        """Say what pays, what ends an episode, who chooses the physics, and what nature wants."""
        ends = {"horizon": f"truncated after {params.horizon} steps: the parameter horizon", **cls.ENDINGS}
        box = [f"{name} {low:g} to {params.PHYSICS[name].told(high)}" for name, (low, high) in params.uncertain.items()]
        return {
            **{f"term {name}": note for name, note in cls.PAYS.items()},
            **{f"end {name}": note for name, note in ends.items()},
            "uncertain": ", ".join(box),
            "physics": _chooser(params),
            "nature": _NATURE[params.varies == "adversary"],
            **({"nature's policy": _NATURES_POLICY} if params.varies == "adversary" else {}),
        }

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the one policy that nature can be played by inside the kernel."""
        return (NOMINAL,)

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return what it does."""
        about = "plays nature (varies='adversary') and leaves the parameters as they were given: a baseline"
        return {NOMINAL: (about, "ours")}

    @classmethod
    def background_seats(cls, params: PhysicsParams) -> tuple[int, ...]:
        """Return the seat of nature, where it plays."""
        return (NATURE,) if params.varies == "adversary" else ()

    def set_seats(self, seats: SeatTable) -> None:
        """Change who plays where; the nominal nature plays nature alone."""
        _check_agent_seat(seats)
        super().set_seats(seats)

    def assign_seats(self, game_seats: Sequence[SeatTable]) -> None:
        """Say for every single game who plays where; the nominal nature plays nature alone."""
        for seats in game_seats:
            _check_agent_seat(seats)
        super().assign_seats(game_seats)

    def make_state(self, num_games: int) -> PhysicsState:
        """Allocate the state."""
        G, K, U = num_games, len(self.params.PHYSICS), len(self.params.uncertain)
        return PhysicsState(
            physics=np.zeros((G, K)),
            given=np.zeros((G, K)),
            low=np.zeros((G, U)),
            high=np.zeros((G, U)),
            uncertain=np.zeros((G, U), np.int64),
            tasks=np.zeros((G, max(1, len(self.params.tasks)), K)),
            task_episodes=np.ones(G, np.int64),
            varies=np.zeros(G, np.int8),
            sees_parameters=np.zeros(G, np.bool_),
            horizon=np.ones(G, np.int32),
            steps=np.zeros(G, np.int32),
            x=np.zeros((G, self.NUM_VARIABLES)),
        )

    def write_params(self, params: PhysicsParams, games: NDArray[np.int64]) -> None:
        """Give the named games their physics."""
        state, names = self.state, list(params.PHYSICS)
        state.given[games] = params.physics()
        state.low[games], state.high[games] = np.array(list(params.uncertain.values())).T
        state.uncertain[games] = [names.index(name) for name in params.uncertain]
        if params.tasks:
            state.tasks[games] = [params.physics(**task) for task in params.tasks]
        state.task_episodes[games] = params.task_episodes
        state.varies[games] = VARIES.index(params.varies)
        state.sees_parameters[games] = params.sees_parameters
        state.horizon[games] = params.horizon


_NATURE = (
    "does not play; with varies='adversary' it is a second player, who sets the uncertain parameters in each step",
    "the second player: sets the uncertain parameters for each step, at the moment at which the agent acts, anywhere "
    "within their ends, while the others stay. It is paid minus what the agent is paid: its goal is the agent's least "
    "return. It sees what the agent sees, and the parameters",
)
"""What nature does, where it does not play and where it does."""

_NATURES_POLICY = "unless somebody is named, random_legal; nominal leaves the parameters as they were given"


def _chooser(params: PhysicsParams) -> str:
    """Say who chooses the physics, and when."""
    return {
        "never": "as given, in every episode; reset(options={'params': {'NAME': VALUE}}) changes it from then on",
        "episode": "drawn for each episode, uniformly between the ends of what is uncertain",
        "tasks": f"that of the task: {len(params.tasks)} tasks follow each other, {params.task_episodes} episodes "
        "each, then the first again",
        "adversary": "as given when an episode begins; in each step what is uncertain is set by nature",
    }[params.varies]


def _check_agent_seat(seats: SeatTable) -> None:
    """Refuse the nominal nature on the agent's seat; other tables that do not fit are for the world to refuse."""
    agents: Seat = seats[AGENT] if isinstance(seats, Sequence) and not isinstance(seats, str) and seats else ()
    if NOMINAL in choices(agents):
        raise ParameterError(
            f"seat {AGENT} (agent): {NOMINAL!r} plays nature alone, on seat {NATURE} where varies='adversary'; "
            "expected 'external' or a policy for the agent"
        )


@rule
def begin_physics(state: PhysicsState, b: Buffers, i: int) -> None:
    """Set the parameters of the episode that begins, and its clock."""
    state.steps[i] = 0
    for k in range(state.physics.shape[1]):
        state.physics[i, k] = state.given[i, k]
    if state.varies[i] == EPISODE:
        for u in range(state.low.shape[1]):
            low, high = state.low[i, u], state.high[i, u]
            state.physics[i, state.uncertain[i, u]] = low + (high - low) * draw_uniform(b, i)
    elif state.varies[i] == TASKS:
        task = (b.episode_index[i] // state.task_episodes[i]) % state.tasks.shape[1]
        for k in range(state.physics.shape[1]):
            state.physics[i, k] = state.tasks[i, task, k]


@rule
def move_nature(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Let nature set the uncertain parameters for this step, where it plays; the nominal one leaves them."""
    if b.rewards.shape[1] > NATURE and b.seats[i, NATURE] < 0:
        for u in range(state.low.shape[1]):
            state.physics[i, state.uncertain[i, u]] = actions[i, NATURE, u]


@rule
def pay(state: PhysicsState, b: Buffers, i: int, reward: float) -> None:
    """Pay the agent, take the same from nature, and count the step."""
    b.reward_terms[i, AGENT, 0] = reward
    if b.rewards.shape[1] > NATURE:
        b.reward_terms[i, NATURE, 0] = -reward
    state.steps[i] += 1


@rule
def end_at_horizon(state: PhysicsState, b: Buffers, i: int) -> None:
    """Stop an episode that has lasted long enough."""
    if state.steps[i] >= state.horizon[i]:
        end_game(b, i, HORIZON, True)


@rule
def spread(word: Word, middle: float, reach: float) -> float:
    """Map a random word to [middle - reach, middle + reach)."""
    return middle + reach * (2.0 * to_unit(word) - 1.0)


@rule
def observe_parameters(state: PhysicsState, b: Buffers, i: int, seen: int) -> None:
    """Copy the first `seen` columns to nature, and write the parameters for whoever sees them."""
    for agent in range(b.rewards.shape[1]):
        row = b.vector[i, agent]
        if agent == NATURE:
            for column in range(seen):
                row[column] = b.vector[i, AGENT, column]
        for u in range(state.low.shape[1] if agent == NATURE or state.sees_parameters[i] else 0):
            low, high = state.low[i, u], state.high[i, u]
            value = state.physics[i, state.uncertain[i, u]]
            row[seen + u] = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0
