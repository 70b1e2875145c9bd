"""Records and transcripts of one matchup: what is known before it is played, and what came of it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.narrators import Narrator
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.core.world import World
from dynenvs.evaluation.playing import Outcome, seat_table
from dynenvs.evaluation.records import EpisodeRecord, canonical_json
from dynenvs.evaluation.transcripts import TranscriptWriter, file_name
from dynenvs.policies import Policy, ReportingPolicy, make_policy

__all__ = ["Matchup", "Scribe", "library_versions", "recorded_policies"]


@dataclass(frozen=True)
class Matchup:
    """Who sits where, and who of them is measured.

    Attributes
    ----------
    policies : tuple of Policy
        One a seat.
    label : str
        Name of the opponents' side.
    focal : tuple of int
        Seats that are measured.
    """

    policies: tuple[Policy, ...]
    label: str
    focal: tuple[int, ...]

    def __str__(self) -> str:
        focal = ", ".join(dict.fromkeys(self.policies[agent].name for agent in self.focal))
        return f"{focal} against {self.label}" if self.label else focal


class Scribe:
    """Writes the records of a matchup; trial t has seed t.

    Parameters
    ----------
    env_id : str
        A registered id.
    matchup : Matchup
        Who plays.
    seeds : sequence of int
        One a trial.
    params : dict
        As in `dynenvs.make_params`.
    narrator : Narrator, optional
        Who tells the players what happens; records name it among the versions.
    """

    def __init__(
        self,
        env_id: str,
        matchup: Matchup,
        seeds: Sequence[int],
        params: dict[str, Any],
        narrator: Narrator | None = None,
    ) -> None:
        self.matchup, self.seeds = matchup, list(seeds)
        self._params = _json_params(params)
        self._metrics_room = registration.room(env_id, "metrics")
        self._shared: dict[str, Any] = {
            "env_id": env_id,
            "params": canonical_json(self._params),
            "rules_digest": registration.rules_digest(env_id, **params),
            "planned": len(self.seeds),
            "matchup": matchup.label,
            "policies": tuple(policy.name for policy in matchup.policies),
            "policy_digests": tuple(policy.digest() for policy in matchup.policies),
            "focal": matchup.focal,
            "versions": {
                **library_versions(),
                **_policy_versions(matchup.policies),
                **({} if narrator is None else {"narrator": narrator.name}),
            },
        }

    def identity(self, trial: int) -> tuple[Any, ...]:
        """Return the identity that the record of a trial will have."""
        task = tuple(self._shared[name] for name in ("env_id", "params", "matchup", "policies", "focal"))
        return (*task, self.seeds[trial], 0, trial)

    def accept(self, found: EpisodeRecord) -> EpisodeRecord:
        """Take over the record of an episode that an earlier run finished.

        Raises
        ------
        ParameterError
            If it was played under other rules, or by others of the same names.
        """
        for name in ("rules_digest", "policy_digests"):
            theirs, ours = getattr(found, name), self._shared[name]
            if theirs != ours:
                raise ParameterError(f"trial {found.trial} was played with {name}={theirs!r}: expected {ours!r}")
        told = found.versions.get("narrator"), self._shared["versions"].get("narrator")
        if told[0] != told[1]:
            raise ParameterError(f"trial {found.trial} was played with narrator={told[0]!r}: expected {told[1]!r}")
        return replace(found, planned=len(self.seeds))

    def records(
        self, world: World, outcome: Outcome, games: NDArray[np.int64], trials: Sequence[int]
    ) -> list[EpisodeRecord]:
        """Write records of games that have just ended.

        Parameters
        ----------
        world : World
            Where they stand as their last step left them.
        outcome : Outcome
            What else is known of them.
        games : ndarray of int64, shape (games,)
            Which they are.
        trials : sequence of int
            The trial that each game of the world is.
        """
        b, layout, room = world.buffers, world.layout, self._metrics_room
        metrics = room.metrics(world, games) if room else {}
        counts = room.counts(world, games) if room and hasattr(room, "counts") else {}
        return [
            EpisodeRecord(
                **self._shared,
                seed=self.seeds[trials[game]],
                episode_index=int(b.episode_index[game]),
                trial=trials[game],
                returns=tuple(b.episode_returns[game]),
                length=int(b.episode_lengths[game]),
                reward_terms={name: tuple(outcome.terms[game, :, k]) for k, name in enumerate(layout.reward_terms)},
                metrics={name: tuple(values[row]) for name, values in metrics.items()},
                counts={**{name: tuple(values[row]) for name, values in counts.items()}, **self._policy_counts(game)},
                end_reasons=tuple(layout.end_reasons[code] for code in b.end_reason[game]),
                state_digest=outcome.digests[game],
                wall_time=outcome.seconds[game],
            )
            for row, game in enumerate(games.tolist())
        ]

    def transcripts(self, folder: Path, trials: Sequence[int]) -> TranscriptWriter:
        """Make a writer for the games of a world, each of which is one of the trials."""
        heads = {game: self.head(trial) for game, trial in enumerate(trials)}
        return TranscriptWriter(lambda game: folder / self._file_name(trials[game]), heads.__getitem__)

    def head(self, trial: int) -> dict[str, Any]:
        """Say what the head of a trial's transcript says, beside the digest of the first state."""
        policies = self.matchup.policies
        known = ("env_id", "rules_digest", "matchup", "policies", "policy_digests", "focal", "versions")
        return {
            **{name: self._shared[name] for name in known},
            "params": self._params,
            "seed": self.seeds[trial],
            "episode_index": 0,
            "trial": trial,
            "seats": seat_table(policies),
            "about": [policy.about() if isinstance(policy, ReportingPolicy) else {} for policy in policies],
        }

    def _file_name(self, trial: int) -> str:
        identity = hashlib.sha256(repr(self.identity(trial)).encode()).hexdigest()[:8]
        return file_name(self._shared["policies"], trial, identity)

    def _policy_counts(self, game: int) -> dict[str, tuple[float, ...]]:
        """Collect what policies counted, by name; 0 for seats that do not."""
        policies = self.matchup.policies
        counted = [
            policy.counts(game, agent) if isinstance(policy, ReportingPolicy) else {}
            for agent, policy in enumerate(policies)
        ]
        names = dict.fromkeys(name for its in counted for name in its)
        return {name: tuple(its.get(name, 0.0) for its in counted) for name in names}


def recorded_policies(record: EpisodeRecord, named: Mapping[str, str] | None = None) -> list[Policy]:
    """Make the policies of a record once more.

    Parameters
    ----------
    record : EpisodeRecord
        It holds what each policy is called, and the digest of what was run.
    named : mapping of str to str, optional
        Strings of policies, as `make_policy` takes them, by what the record calls them: for those whose name does not
        say where they are, such as that of an ONNX file.

    Returns
    -------
    list of Policy
        One a seat.

    Raises
    ------
    ParameterError
        If the record names no such policy, or one cannot be made from its name, or is another by its digest.
    """
    named = {} if named is None else named
    for name in named:
        if name not in record.policies:
            known = ", ".join(map(repr, dict.fromkeys(record.policies)))
            raise ParameterError(f"policy {name!r}: nobody in the record is called so; expected one of {known}")
    return [
        _recorded_policy(record.env_id, name, digest, named)
        for name, digest in zip(record.policies, record.policy_digests, strict=True)
    ]


def _recorded_policy(env_id: str, name: str, digest: str, named: Mapping[str, str]) -> Policy:
    where = f"--policy {name}=onnx:PATH, or in Python replay(record, {{{name!r}: 'onnx:PATH'}})"
    try:
        policy = make_policy(named.get(name, name), env_id)
    except UnknownPolicy as error:
        if name in named:
            raise
        raise ParameterError(
            f"policy {name!r}: the record holds its name, which does not say where it is; {where}"
        ) from error
    if policy.digest() != digest:
        found = f"{named.get(name, name)!r} has the digest {policy.digest()}"
        raise ParameterError(f"policy {name!r}: {found}, what was run had {digest}; expected that one, as in {where}")
    return policy


def _json_params(params: dict[str, Any]) -> dict[str, Any]:
    """Bring parameters into JSON's types: tuples and arrays become lists, an object what it is called in records."""
    parsed: dict[str, Any] = json.loads(json.dumps(params, default=_json_value))
    return parsed


def _json_value(value: Any) -> Any:
    return value.reference if hasattr(value, "reference") else np.asarray(value).tolist()


def library_versions() -> dict[str, str]:
    """Return versions of what plays, by name, and the kind of machine."""
    packages = {name: metadata.version(name) for name in ("dynenvs", "numpy", "numba")}
    return {**packages, "python": platform.python_version(), "machine": platform.machine()}


def _policy_versions(policies: Sequence[Policy]) -> dict[str, str]:
    """Collect versions that policies tell, each after the seat that it holds for."""
    return {
        f"agent_{agent}.{name}": version
        for agent, policy in enumerate(policies)
        if isinstance(policy, ReportingPolicy)
        for name, version in policy.versions().items()
    }
