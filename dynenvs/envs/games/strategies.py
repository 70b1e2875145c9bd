"""How background strategies play: the rules that choose a move and remember a round, for one player of one game.

Most strategies are automata, for whom both are a look-up. The others, which count for as long as the game lasts, are
programs: one short rule each, which takes note of a round in the player's registers and returns
the probability of cooperating in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import rule
from dynenvs.envs.games.automata import C, D
from dynenvs.envs.games.definitions import Program

if TYPE_CHECKING:
    from dynenvs.envs.games.background import StrategyTables
    from dynenvs.envs.games.world import RepeatedGameState

__all__ = ["NUM_REGISTERS", "choose_move", "forget", "remember_moves"]

NUM_REGISTERS = 4
"""Numbers that a program may remember; the first is the probability of cooperating in the next round."""

NEXT = 0  # register of every program
FOR_EVER = 2**31 - 1

# Numbers of the strategies' authors, whom `dynenvs.envs.games.counting` names.
PUNISHER_REACH = 20
OMEGA_DEADLOCK, OMEGA_RANDOMNESS = 3, 8
RETALIATION_LIMIT, RETALIATION_THRESHOLD = 20, 0.1
STABBER_PATIENCE, STABBER_LAST_ROUNDS = 3, 2
CROSSER_OPENING, CROSSER_TURN = 7, 180
GRUMPY_THRESHOLD = 10
WORSE_ROUNDS = 1000
FELD_ROUNDS, FELD_FLOOR = 200, 0.5
TULLOCK_OPENING, TULLOCK_WINDOW, TULLOCK_GREED = 11, 10, 0.1


@rule
def choose_move(
    state: RepeatedGameState, tables: StrategyTables, strategy: int, i: int, agent: int, uniform: float
) -> int:
    """Choose a player's move in game `i` by a number drawn from [0, 1)."""
    if tables.program[strategy] != Program.NONE:
        return C if uniform < state.registers[i, agent, NEXT] else D
    place = state.automaton[i, agent]
    move = 0
    for action in range(tables.chances.shape[1] - 1):
        move += uniform >= tables.chances[place, action]  # no branch: a processor guesses every other one wrong
    return move


@rule
def remember_moves(
    state: RepeatedGameState, tables: StrategyTables, strategy: int, i: int, agent: int, own: int, other: int
) -> None:
    """Take note of a round: the own move as executed, the other's as perceived; `state.round` does not yet count it."""
    program = tables.program[strategy]
    if program == Program.NONE:
        state.automaton[i, agent] = tables.successors[state.automaton[i, agent], own, other]
    else:
        state.registers[i, agent, NEXT] = _count(state, program, i, agent, own, other)


@rule
def forget(state: RepeatedGameState, tables: StrategyTables, strategy: int, i: int, agent: int) -> None:
    """Prepare a player of game `i` for the first round."""
    state.automaton[i, agent] = tables.first_state[strategy, agent]
    for register in range(NUM_REGISTERS):
        state.registers[i, agent, register] = 0.0
    state.registers[i, agent, NEXT] = tables.first_chance[strategy]


@rule
def _count(state: RepeatedGameState, program: int, i: int, agent: int, own: int, other: int) -> float:
    """Let a program take note of a round; return its probability of cooperating in the next."""
    memory = state.registers[i, agent]
    rounds = state.round[i] + 1
    left = state.horizon[i] - rounds if state.horizon_known[i] else FOR_EVER
    if program == Program.GO_BY_MAJORITY:
        return _lead(memory, other) >= 0
    if program == Program.HARD_GO_BY_MAJORITY:
        return _lead(memory, other) > 0
    if program == Program.GRADUAL:
        return _gradual(memory, other)
    if program == Program.PUNISHER:
        return _punisher(memory, other, rounds)
    if program == Program.ADAPTIVE_TIT_FOR_TAT:
        return _adaptive_tit_for_tat(memory, other, rounds)
    if program == Program.OMEGA_TIT_FOR_TAT:
        return _omega_tit_for_tat(memory, own, other, rounds)
    if program == Program.LIMITED_RETALIATE:
        return _limited_retaliate(memory, own, other)
    if program == Program.BACK_STABBER:
        return _back_stabber(memory, other, left)
    if program == Program.DOUBLE_CROSSER:
        return _double_crosser(memory, other, rounds, left)
    if program == Program.GRUMPY:
        return _grumpy(memory, other)
    if program == Program.THUE_MORSE:
        return _ones(rounds) % 2
    if program == Program.WORSE_AND_WORSE:
        return 1.0 - (rounds + 1) / WORSE_ROUNDS
    if program == Program.FELD:
        return _feld(other, rounds)
    if program == Program.SHUBIK:
        return _shubik(memory, own, other)
    return _tullock(memory, other, rounds)


@rule
def _lead(memory: NDArray[np.float64], other: int) -> float:
    """Count how much oftener the opponent cooperated than it defected."""
    LEAD = 1
    memory[LEAD] += 1 - 2 * other
    return memory[LEAD]


@rule
def _gradual(memory: NDArray[np.float64], other: int) -> bool:
    """Answer a defection with as many as there have been in all, and then calm the opponent with two cooperations."""
    HARM, STRIKES, CALM = 1, 2, 3
    memory[HARM] += other
    if memory[STRIKES] > 0:
        memory[STRIKES] -= 1
        memory[CALM] = 2 if memory[STRIKES] == 0 else 0
    elif memory[CALM] > 0:
        memory[CALM] -= 1
    if other == D and memory[STRIKES] == 0 and memory[CALM] == 0:
        memory[STRIKES] = memory[HARM]
    return memory[STRIKES] == 0


@rule
def _punisher(memory: NDArray[np.float64], other: int, rounds: int) -> bool:
    """Answer a defection for one round, and for more the oftener the opponent has defected."""
    HARM, GRUDGE = 1, 2
    memory[HARM] += other
    memory[GRUDGE] = max(memory[GRUDGE] - 1, 0)
    if other == D and memory[GRUDGE] == 0:
        memory[GRUDGE] = 1 + PUNISHER_REACH * memory[HARM] // rounds
    return memory[GRUDGE] == 0


@rule
def _adaptive_tit_for_tat(memory: NDArray[np.float64], other: int, rounds: int) -> bool:
    """Move a belief halfway to 1 at a cooperation, to 0 at a defection; cooperate while it is at least 1/2."""
    BELIEF = 1
    if rounds == 1:
        memory[BELIEF] = 0.5
    memory[BELIEF] += 0.5 * ((1 - other) - memory[BELIEF])
    return memory[BELIEF] >= 0.5  # rounding counts: 53 cooperations in a row make it 1, and one defection forgivable


@rule
def _omega_tit_for_tat(memory: NDArray[np.float64], own: int, other: int, rounds: int) -> bool:
    """Play tit for tat, break deadlocks by two cooperations, and give up on who seems to play at random."""
    BEFORE, DEADLOCK, RANDOMNESS = 1, 2, 3
    before, memory[BEFORE] = memory[BEFORE], other
    if rounds == 1:
        return other == C
    if memory[DEADLOCK] >= OMEGA_DEADLOCK:
        memory[DEADLOCK] = OMEGA_DEADLOCK + 1 if memory[DEADLOCK] == OMEGA_DEADLOCK else 0
        return True
    memory[RANDOMNESS] += (before != other) + (own != other) - (before == C and other == C)
    if memory[RANDOMNESS] >= OMEGA_RANDOMNESS:
        return False
    memory[DEADLOCK] = memory[DEADLOCK] + 1 if before != other else 0
    return other == C


@rule
def _limited_retaliate(memory: NDArray[np.float64], own: int, other: int) -> bool:
    """Defect while it was cheated more than a tenth as often as it cheated, but not for over twenty rounds."""
    CHEATED, CHEATING, RETALIATION = 1, 2, 3
    memory[CHEATED] += own == C and other == D
    memory[CHEATING] += own == D and other == C
    wronged = memory[CHEATED] > RETALIATION_THRESHOLD * memory[CHEATING]
    if wronged and memory[RETALIATION] < RETALIATION_LIMIT:
        memory[RETALIATION] += 1
        return False
    memory[RETALIATION] = 0
    return True


@rule
def _back_stabber(memory: NDArray[np.float64], other: int, left: int) -> bool:
    """Forgive three defections, but no fourth, and defect in the last two rounds of a horizon that is known."""
    HARM = 1
    memory[HARM] += other
    return memory[HARM] <= STABBER_PATIENCE and left > STABBER_LAST_ROUNDS


@rule
def _double_crosser(memory: NDArray[np.float64], other: int, rounds: int, left: int) -> bool:
    """Play back stabber, but tit for two tats until round 180 with an opponent that opened with seven cooperations."""
    HARM, FRIEND, RUN = 1, 2, 3
    loyal = _back_stabber(memory, other, left)
    memory[RUN] = memory[RUN] + 1 if other == D else 0
    if rounds == CROSSER_OPENING and memory[HARM] == 0:
        memory[FRIEND] = 1
    if memory[FRIEND] == 1 and rounds < CROSSER_TURN and left > STABBER_LAST_ROUNDS:
        return memory[RUN] < 2
    return loyal


@rule
def _grumpy(memory: NDArray[np.float64], other: int) -> bool:
    """Grow grumpy when defections lead by over ten, and nice again when cooperations do."""
    GRUMPY = 2
    lead = _lead(memory, other)
    if lead < -GRUMPY_THRESHOLD:
        memory[GRUMPY] = 1
    elif lead > GRUMPY_THRESHOLD:
        memory[GRUMPY] = 0
    return memory[GRUMPY] == 0


@rule
def _feld(other: int, rounds: int) -> float:
    """Answer cooperation by a chance of cooperation that sinks from 1 to 1/2 in 200 rounds, and defection in kind."""
    if other == D:
        return 0.0
    return max(1.0 - (1.0 - FELD_FLOOR) * rounds / FELD_ROUNDS, FELD_FLOOR)


@rule
def _shubik(memory: NDArray[np.float64], own: int, other: int) -> bool:
    """Answer the first betrayal with one defection, the second with two, and so on."""
    BETRAYALS, STRIKES = 1, 2
    memory[STRIKES] = max(memory[STRIKES] - 1, 0)
    if own == C and other == D and memory[STRIKES] == 0:
        memory[BETRAYALS] += 1
        memory[STRIKES] = memory[BETRAYALS]
    return memory[STRIKES] == 0


@rule
def _tullock(memory: NDArray[np.float64], other: int, rounds: int) -> float:
    """Cooperate for eleven rounds, then a tenth less often than the opponent did in the last ten."""
    RECENT = 1  # the last ten moves as the digits of a binary number, 1 = defection
    recent = ((np.int64(memory[RECENT]) << 1) | other) & (2**TULLOCK_WINDOW - 1)
    memory[RECENT] = recent
    if rounds < TULLOCK_OPENING:
        return 1.0
    return max(1.0 - _ones(recent) / TULLOCK_WINDOW - TULLOCK_GREED, 0.0)


@rule
def _ones(number: int) -> int:
    """Count the ones among the binary digits of a number."""
    ones = 0
    while number > 0:
        ones += number & 1
        number >>= 1
    return ones
