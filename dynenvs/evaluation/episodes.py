"""Play policies and write down what happened: episodes become records.

Every matchup is played as one batch, and trial t has the same seed in all of them (common random numbers), so that
differences between policies are not differences of luck. Any record can be played again by itself: `replay`.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.narrators import Narrator, make_narrator
from dynenvs.core.checks import check_integer, shown
from dynenvs.core.errors import ParameterError
from dynenvs.core.world import MOST_GAMES
from dynenvs.evaluation.journal import Journal
from dynenvs.evaluation.playing import Outcome, play, seat_policies
from dynenvs.evaluation.progress import Played, Tally
from dynenvs.evaluation.recording import Matchup, Scribe, recorded_policies
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.policies import Policy, make_policy

__all__ = ["Matchup", "Played", "evaluate", "evaluation_seeds", "play_matchups", "play_tables", "replay", "round_robin"]

_SEED_STREAM = 0x6576616C  # "eval": training seeds count up from what the user gives, these are far away
_SEVERAL = 5  # episodes that hardly come out the same by chance

Tell = Callable[[str], None]


def _ignore(text: str) -> None:
    """Tell nobody."""


def _warn(text: str) -> None:
    """Tell whoever reads warnings."""
    warnings.warn(text, stacklevel=4)


def evaluation_seeds(seed: int, count: int) -> list[int]:
    """Derive the seeds of `count` trials from one, far from those of training.

    Raises
    ------
    ParameterError
        If `seed` is no integer in [0, 2^64), or `count` is below 1 or more than one batch holds.
    """
    check_integer("seed", seed, 0, 2**64 - 1)
    check_integer("episodes", count, 1, MOST_GAMES)
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, _SEED_STREAM], np.uint64)))
    return [int(drawn) for drawn in rng.integers(2**63, size=count)]


def evaluate(
    env_id: str,
    policies: Sequence[str | Policy],
    *,
    opponents: Sequence[str | Policy] | None = None,
    episodes: int = 1000,
    seed: int = 0,
    seat: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    transcripts: str | Path | None = None,
    narrator: str = "none",
    progress: Tell = _ignore,
    notice: Tell = _warn,
    **params: Any,
) -> Played:
    """Play fresh episodes of every policy against every opponent.

    Parameters
    ----------
    env_id : str
        A registered id.
    policies : sequence of str or Policy
        Strings of `dynenvs.make_policy`, or policies that are made already: those that are measured.
    opponents : sequence of str or Policy, optional
        Who plays all other seats, one after another; by default what the environment's record says. Ignored where
        there are no other seats.
    episodes : int
        Trials of each policy against each opponent.
    seed : int
        Gives the seeds of all trials.
    seat : int
        The seat that is measured.
    out, resume, transcripts, narrator, progress, notice
        As in `play_matchups`.
    **params
        As in `dynenvs.make_params`.

    Returns
    -------
    Played
        The list of records, one a finished episode.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        If a name does not exist, or a value is out of range.
    CorruptFile
        If what an earlier run left cannot be read.
    """
    seeds = evaluation_seeds(seed, episodes)
    matchups = _matchups(env_id, policies, opponents, seat, params)
    return play_matchups(
        env_id,
        matchups,
        seeds,
        out=out,
        resume=resume,
        transcripts=transcripts,
        narrator=narrator,
        progress=progress,
        notice=notice,
        **params,
    )


def play_tables(
    env_id: str,
    tables: Sequence[Sequence[str]],
    *,
    episodes: int = 1000,
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    transcripts: str | Path | None = None,
    narrator: str = "none",
    progress: Tell = _ignore,
    notice: Tell = _warn,
    **params: Any,
) -> Played:
    """Play fresh episodes at mixed tables, where every seat has a policy of its own.

    Parameters
    ----------
    env_id : str
        A registered id.
    tables : sequence of sequence of str
        For each table one string of `dynenvs.make_policy` a seat; one alone plays all seats.
    episodes : int
        Trials of each table.
    seed, **params
        As in `evaluate`.
    out, resume, transcripts, narrator, progress, notice
        As in `play_matchups`.

    Returns
    -------
    Played
        The list of records, one a finished episode; every seat is focal.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError, CorruptFile
        As `evaluate`; also if a table has another number of seats than the environment.
    """
    if isinstance(tables, str) or not isinstance(tables, Sequence) or not tables:
        raise ParameterError(f"tables={shown(tables)}: expected a list of tables, at least one")
    return play_matchups(
        env_id,
        [_table(env_id, names, params) for names in tables],
        evaluation_seeds(seed, episodes),
        out=out,
        resume=resume,
        transcripts=transcripts,
        narrator=narrator,
        progress=progress,
        notice=notice,
        **params,
    )


def round_robin(
    env_id: str,
    policies: Sequence[str | Policy],
    *,
    repetitions: int = 5,
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    transcripts: str | Path | None = None,
    progress: Tell = _ignore,
    notice: Tell = _warn,
    **params: Any,
) -> Played:
    """Let every policy meet every other, from both seats, and itself: a tournament of a two-player environment.

    Parameters
    ----------
    env_id : str
        A registered id of two players.
    policies : sequence of str or Policy
        As in `evaluate`.
    repetitions : int
        Episodes of each ordered pair.
    seed, **params
        As in `evaluate`.
    out, resume, transcripts, progress, notice
        As in `play_matchups`.

    Returns
    -------
    Played
        The list of records; both seats are focal.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError, CorruptFile
        As `evaluate`; also if the environment has another number of players.
    """
    given = _given("policies", policies)
    if _num_agents(env_id, params) != 2:
        raise ParameterError(f"{env_id} has {_num_agents(env_id, params)} players: expected two in a round robin")
    matchups = [
        Matchup((_made(first, env_id), _made(second, env_id)), "", (0, 1)) for first in given for second in given
    ]
    return play_matchups(
        env_id,
        matchups,
        evaluation_seeds(seed, repetitions),
        out=out,
        resume=resume,
        transcripts=transcripts,
        progress=progress,
        notice=notice,
        **params,
    )


def play_matchups(
    env_id: str,
    matchups: Sequence[Matchup],
    seeds: Sequence[int],
    *,
    out: str | Path | None = None,
    resume: bool = False,
    transcripts: str | Path | None = None,
    narrator: str = "none",
    progress: Tell = _ignore,
    notice: Tell = _warn,
    **params: Any,
) -> Played:
    """Play one episode a seed of every matchup, and record them.

    Parameters
    ----------
    env_id : str
        A registered id.
    matchups : sequence of Matchup
        Who plays whom.
    seeds : sequence of int
        One a trial.
    out : str or Path, optional
        File of records to write, ``.jsonl`` or ``.parquet``. Until the run ends, those of finished episodes stand
        beside it: a kill loses none.
    resume : bool
        Go on with the run that was to write `out`: what it finished is not played again.
    transcripts : str or Path, optional
        Folder for a transcript of each episode.
    narrator : str
        Who tells the players what happens, in words that touch no number: as in
        `dynenvs.adapters.narrators.make_narrator`.
    progress : callable
        Told what is being played.
    notice : callable
        Told what the user should know, such as episodes that could not be finished, or that all come out the same; by
        default it is a warning.
    **params
        As in `dynenvs.make_params`.

    Returns
    -------
    Played
        The list of records, one a finished episode, in the order of matchups and trials.

    Raises
    ------
    ParameterError
        If a value is out of range, or an earlier run that wrote to `out` was another one.
    CorruptFile
        If what it left cannot be read.
    """
    journal = Journal(None if out is None else Path(out), resume=resume, notice=notice)
    teller = make_narrator(narrator, env_id)
    scribes = [Scribe(env_id, matchup, seeds, params, teller) for matchup in matchups]
    _check_told_apart(scribes)
    journal.check_plan(scribe.identity(trial) for scribe in scribes for trial in range(len(seeds)))
    tally = Tally(len(scribes) * len(seeds), progress)
    folder = None if transcripts is None else Path(transcripts)
    records = Played(planned=tally.planned)
    for scribe in scribes:
        tally.tell(scribe.matchup)
        records += _play(scribe, journal, folder, tally, notice, env_id, params, teller)
    journal.close(records)
    return records


def _play(
    scribe: Scribe,
    journal: Journal,
    folder: Path | None,
    tally: Tally,
    notice: Tell,
    env_id: str,
    params: dict[str, Any],
    narrator: Narrator | None,
) -> list[EpisodeRecord]:
    """Play what is not known yet of a matchup."""
    found = {trial: journal.find(scribe.identity(trial)) for trial in range(len(scribe.seeds))}
    records = {trial: scribe.accept(record) for trial, record in found.items() if record is not None}
    trials = [trial for trial in found if trial not in records]
    tally.add(records.values())

    def ended(outcome: Outcome, games: NDArray[np.int64]) -> None:
        written = scribe.records(world, outcome, games, trials)
        journal.add(written)
        records.update((record.trial, record) for record in written)
        tally.add(written)
        tally.tell(scribe.matchup)

    if trials:
        world, players = seat_policies(env_id, scribe.matchup.policies, len(trials), **params)
        world.reset([scribe.seeds[trial] for trial in trials])
        watcher = None if folder is None else scribe.transcripts(folder, trials)
        outcome = play(world, players, ended=ended, watcher=watcher, narrator=narrator)
        _tell_unfinished(scribe, outcome, notice)
        _tell_one_and_the_same(scribe, list(records.values()), notice)
    return [records[trial] for trial in sorted(records)]


def _tell_unfinished(scribe: Scribe, outcome: Outcome, notice: Tell) -> None:
    """Name the episodes that could not be finished, by the reason."""
    for reason, count in Counter(interrupted.reason for interrupted in outcome.interrupted.values()).items():
        first = next(one for one in outcome.interrupted.values() if one.reason == reason)
        notice(f"{scribe.matchup}: {count} of {len(scribe.seeds)} episodes unfinished: {reason}: {first}")


def _tell_one_and_the_same(scribe: Scribe, records: list[EpisodeRecord], notice: Tell) -> None:
    """Say so where the episodes of a language model are one and the same game, which an interval does not show."""
    asked = any(any(record.counts.get("calls", ())) for record in records)
    games = {(record.length, record.returns, str(record.metrics)) for record in records}
    if asked and len(records) >= _SEVERAL and len(games) == 1:
        notice(
            f"{scribe.matchup}: all {len(records)} episodes came out the same: where neither game nor model has chance "
            "in it, one says as much"
        )


def _check_told_apart(scribes: Sequence[Scribe]) -> None:
    """Refuse matchups whose records nobody could tell apart."""
    seen: dict[tuple[Any, ...], Matchup] = {}
    for scribe in scribes:
        twin = seen.setdefault(scribe.identity(0), scribe.matchup)
        if twin is not scribe.matchup:
            _refuse_twins(twin, scribe.matchup)


def _refuse_twins(one: Matchup, other: Matchup) -> None:
    pairs = zip(one.policies, other.policies, strict=True)
    differ = [first.name for first, second in pairs if first.digest() != second.digest()]
    if not differ:
        raise ParameterError(f"{one} is to be played twice: expected every policy, and every opponent, once")
    raise ParameterError(
        f"two policies are called {differ[0]!r}: expected names that tell them apart, as in llm:MODEL?name=mine"
    )


def replay(record: EpisodeRecord, policies: Sequence[Policy] | Mapping[str, str] | None = None) -> bool:
    """Play the episode of a record again, alone, and say whether it ends in the very same state.

    Parameters
    ----------
    record : EpisodeRecord
        What to play.
    policies : sequence of Policy, or mapping of str to str, optional
        One a seat; or where those are whose name does not say it, as in ``{"ant": "onnx:runs/ant/policy.onnx"}``; by
        default they are made from the names in the record.

    Returns
    -------
    bool
        Whether digests agree.

    Raises
    ------
    ParameterError
        As `recorded_policies` does, where policies are made from strings.
    """
    if policies is None or isinstance(policies, Mapping):
        policies = recorded_policies(record, policies)
    world, players = seat_policies(record.env_id, policies, 1, **json.loads(record.params))
    world.reset([record.seed], episodes=[record.episode_index])
    narrator = make_narrator(record.versions.get("narrator", "none"), record.env_id)
    return play(world, players, narrator=narrator).digests == {0: record.state_digest}


def _matchups(
    env_id: str,
    policies: Sequence[str | Policy],
    opponents: Sequence[str | Policy] | None,
    seat: int,
    params: dict[str, Any],
) -> list[Matchup]:
    """Seat every policy against every opponent."""
    given = _given("policies", policies)
    num_agents = _num_agents(env_id, params)
    check_integer("seat", seat, 0, num_agents - 1)
    return [
        _matchup(_made(policy, env_id), opponent, seat, num_agents, env_id)
        for policy in given
        for opponent in _opponents(env_id, opponents, num_agents)
    ]


def _matchup(policy: Policy, opponent: str | Policy, seat: int, num_agents: int, env_id: str) -> Matchup:
    seats = [policy if agent == seat else _made(opponent, env_id) for agent in range(num_agents)]
    return Matchup(tuple(seats), opponent if isinstance(opponent, str) else opponent.name, (seat,))


def _made(policy: str | Policy, env_id: str) -> Policy:
    return make_policy(policy, env_id) if isinstance(policy, str) else policy


def _table(env_id: str, names: Sequence[str], params: dict[str, Any]) -> Matchup:
    """Seat one policy a seat; the same string is the same policy, which plays all its seats."""
    num_agents = _num_agents(env_id, params)
    seated = _names("table", names)
    seated = seated * num_agents if len(seated) == 1 else seated
    if len(seated) != num_agents:
        raise ParameterError(f"table={','.join(seated)!r}: expected {num_agents} policies, one a seat, or one for all")
    policies = {name: make_policy(name, env_id) for name in seated}
    return Matchup(tuple(policies[name] for name in seated), "", tuple(range(num_agents)))


def _opponents(env_id: str, opponents: Sequence[str | Policy] | None, num_agents: int) -> list[str | Policy]:
    if num_agents == 1:
        if opponents:
            told = f"opponents={shown(opponents)}: expected none, with these parameters {env_id} has one player"
            raise ParameterError(told)
        return [""]
    chosen = registration.spec(env_id).background if opponents is None else opponents
    return _given("opponents", [chosen] if isinstance(chosen, str) else chosen)


def _names(what: str, given: object) -> list[str]:
    """Return a list of policies' strings, or refuse what is none."""
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
    if not listed or not all(isinstance(name, str) for name in listed):
        raise ParameterError(f"{what}={shown(given)}: expected a list of policies' names, at least one")
    return listed


def _given(what: str, given: object) -> list[str | Policy]:
    """Return a list of policies and of their strings, or refuse what is none."""
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
    if not listed or not all(isinstance(one, str | Policy) for one in listed):
        raise ParameterError(f"{what}={shown(given)}: expected a list of policies' names, at least one")
    return listed


def _num_agents(env_id: str, params: dict[str, Any]) -> int:
    world_type = registration.world_type(env_id)
    return world_type.describe(registration.make_params(env_id, **params)).num_agents
