"""The recorded runs of Rivera et al. (2024), read from a clone of their public repository.

The repository (github.com/jprivera44/EscalAItion, commit bdd1e51) holds, for every run of a model in a scenario,

| file | holds |
| --- | --- |
| ``results/actions_v3/{model} {scenario} A{n}.csv`` | day, self, other, action, content: what nations did, as logged |
| ``results/variables_v3/{model} {scenario} V{n}.csv`` | the ten variables by day and nation: 0 is the start, k >= 2 \
the end of day k - 1 |
| ``evals/json_v6_exponential/{model} {scenario} A{n}_raw.json`` | the escalation of each day, summed over nations |
| ``results/prompt_ablations/{model}/actions_v1/{change} A{n}.csv`` | runs with a changed prompt |

Nations and actions are read as its code reads them: a name that is not spelt exactly as in the table is -1, nobody or
nothing. File names are not: some say ``CyberAttack`` or ``Claude 2.0``, some scores carry one word more, and all
of them are found. The runs are not ours to pass on: whoever wants them clones that repository.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.envs.escalation.actions import ACTION_IDS
from dynenvs.envs.escalation.nations import NATIONS, NUM_VARIABLES
from dynenvs.envs.escalation.replay import Rows, check_rows

__all__ = ["ABLATIONS", "COMMIT", "DAYS", "RENAMED", "SOURCE", "Run", "read_ablations", "read_runs"]

FloatArray = NDArray[np.float64]
Found = TypeVar("Found")

SOURCE = "github.com/jprivera44/EscalAItion"
COMMIT = "bdd1e51"

DAYS = 14
"""Length of every recorded run."""

ABLATIONS: dict[str, str] = {
    "NoMessage": "no messages",
    "no_history": "no history",
    "NoPastActions": "no past actions",
    "#shutdown": "shut down when nuked",
    "no_goals": "no goals",
    "#freedom": "action autonomy",
    "#simulation": "low stakes",
}
"""What was changed, by the part of a file's name that tells it."""

RENAMED: dict[str, str] = {
    "Publicly criticise target nation's actions": "Publicly criticise a nation's actions",
    "Blockade basic supply": "Blockade basic supplies",
    "Occupy border city of target nation": "Occupy border city of attacked nation",
}
"""Actions that bore other names in the runs without messages, which the published scores therefore left out."""

_PLACES: dict[str, int] = {name: k for k, name in enumerate(NATIONS)}
_TARGETS: dict[str, int] = _PLACES | {"World": len(NATIONS)}

_VARIABLES = (
    "territory",
    "military capacity",
    "gdp",
    "trade",
    "resources",
    "political stability",
    "population",
    "soft power",
    "cybersecurity",
    "nuclear",
)
_ACTION_COLUMNS = ("day", "self", "other", "action")
_STATE_COLUMNS = ("day", "nation_name", *_VARIABLES)
_MOST = 1e9  # points a day
_RUN = re.compile(r"(?P<model>.*\S) (?P<scenario>\S+) A(?P<number>\d+)")


@dataclass(frozen=True, eq=False)
class Run:
    """One recorded run.

    Attributes
    ----------
    model : str
        As the logs call it, such as ``"GPT-4"``.
    scenario : str
        ``"Neutral"``, ``"Invasion"`` or ``"Cyberattack"``.
    number : int
        From 1.
    rows : ndarray of int64, shape (rows, 4)
        Day, actor, target and action in the logged order, as `dynenvs.envs.escalation.replay` takes them.
    states : dict of int to ndarray of float64, shape (8, 10)
        The recorded variables at the end of days; 0 is the start.
    totals : ndarray of float64, shape (14,)
        The published escalation of each day, summed over nations.
    """

    model: str
    scenario: str
    number: int
    rows: Rows
    states: Mapping[int, FloatArray]
    totals: FloatArray

    @property
    def name(self) -> str:
        """Model, scenario and number."""
        return f"{self.model} {self.scenario} {self.number}"


def read_runs(path: str | Path) -> tuple[Run, ...]:
    """Read all recorded runs.

    Parameters
    ----------
    path : str or Path
        A clone of the public repository; or a JSON file, ``{"runs": {name: {"a", "final", "after_day7", "es"}}}``, that
        holds the same in a compact form: rows one after another, the variables after the last day and after day 7,
        daily totals by day.

    Returns
    -------
    tuple of Run
        Sorted by model, scenario and number.

    Raises
    ------
    ParameterError
        If there is no such file or folder, or no runs in it.
    CorruptFile
        If a file is not what it should be; the message names it, the line and what stands there.
    """
    path = Path(path)
    if path.is_dir():
        runs = list(_runs_of_clone(path))
    elif path.is_file():
        runs = list(_runs_of_file(path))
    else:
        raise ParameterError(f"runs={str(path)!r}: no such file or folder; expected a clone of {SOURCE}")
    if not runs:
        raise ParameterError(f"runs={str(path)!r}: expected recorded runs, found none")
    return tuple(sorted(runs, key=lambda run: (run.model, run.scenario, run.number)))


def read_ablations(path: str | Path, *, renamed: bool = False) -> dict[tuple[str, str], tuple[Rows, ...]]:
    """Read the rows of the runs with a changed prompt.

    Parameters
    ----------
    path : str or Path
        A clone of the public repository; a JSON file holds none of them.
    renamed : bool
        Whether to take the names in `RENAMED` for the actions that they stand for.

    Returns
    -------
    dict of (str, str) to tuple of ndarray of int64
        By model in small letters, such as ``"gpt-4"``, and value in `ABLATIONS`; empty where there are none.

    Raises
    ------
    CorruptFile
        If a file is not what it should be.
    """
    ids = ACTION_IDS | {name: ACTION_IDS[known] for name, known in RENAMED.items()} if renamed else ACTION_IDS
    found: dict[tuple[str, str], list[Rows]] = {}
    for file in sorted(Path(path).glob("results/prompt_ablations/*/actions_v1/* A*.csv")):
        for part, ablation in ABLATIONS.items():
            if part in file.name:
                found.setdefault((file.parents[1].name, ablation), []).append(_read_rows(file, ids))
    return {key: tuple(rows) for key, rows in found.items()}


# A clone.


def _runs_of_clone(clone: Path) -> Iterator[Run]:
    folder = clone / "results" / "actions_v3"
    if not folder.is_dir():
        raise ParameterError(f"runs={str(clone)!r}: expected a clone of {SOURCE}, with the folder results/actions_v3")
    variables = _by_name(clone / "results" / "variables_v3", ".csv")
    scores = _by_name(clone / "evals" / "json_v6_exponential", "_raw.json")
    for file in sorted(folder.glob("*.csv")):
        name = _RUN.fullmatch(file.stem)
        if name is None:
            raise CorruptFile(f"{file}: expected a name such as 'GPT-4 Neutral A1.csv'")
        run = f"{name['model']} {name['scenario']}"
        yield Run(
            model=name["model"].replace(" ", "-"),
            scenario=name["scenario"].capitalize(),
            number=int(name["number"]),
            rows=_read_rows(file, ACTION_IDS),
            states=_read_states(variables(f"{run} V{name['number']}")),
            totals=_read_totals(scores(f"{run} A{name['number']}")),
        )


def _by_name(folder: Path, ending: str) -> Callable[[str], Path]:
    """Find the logs of a folder by name, though it may be spelt in another way than those of the same run elsewhere."""
    files = sorted(folder.glob(f"*{ending}"), key=lambda file: (-len(file.name), file.name))
    known = {_alike(file.name.removesuffix(ending).partition("_")[0]): file for file in files}
    return lambda name: known.get(_alike(name), folder / f"{name}{ending}")


def _alike(name: str) -> str:
    """Forget about capital letters and hyphens."""
    return name.lower().replace("-", " ")


def _read_rows(file: Path, ids: Mapping[str, int]) -> Rows:
    rows = []
    for line, row in _table(file, _ACTION_COLUMNS):
        day = _parsed(file, line, "day", row["day"], int)
        actor, target = _PLACES.get(row["self"], -1), _TARGETS.get(row["other"], -1)
        rows.append((day, actor, target, ids.get(row["action"], -1)))
    return _checked_rows(file, rows)


def _read_states(file: Path) -> dict[int, FloatArray]:
    states: dict[int, FloatArray] = {}
    for line, row in _table(file, _STATE_COLUMNS):
        label = _parsed(file, line, "day", row["day"], int)
        nation = row["nation_name"]
        if label == 1 or not 0 <= label <= DAYS + 1 or nation not in _PLACES:
            raise CorruptFile(f"{file}, line {line}: day={label}, nation {nation!r}: expected 0 or 2 to {DAYS + 1}")
        state = states.setdefault(max(0, label - 1), np.full((len(NATIONS), NUM_VARIABLES), np.nan))
        state[_PLACES[nation]] = [_parsed(file, line, name, row[name], float) for name in _VARIABLES]
    for day in range(DAYS + 1):
        if day not in states or not np.isfinite(states[day]).all():
            raise CorruptFile(f"{file}: expected finite variables of all {len(NATIONS)} nations after day {day}")
    return states


def _read_totals(file: Path) -> FloatArray:
    days = _json(file)
    if not isinstance(days, list) or not all(isinstance(day, dict) and {"Day", "Total"} <= day.keys() for day in days):
        raise CorruptFile(f"{file}: expected a list of days, each with 'Day' and 'Total'")
    return _totals(file, {str(day["Day"]): day["Total"] for day in days})


# The compact form.


def _runs_of_file(file: Path) -> Iterator[Run]:
    loaded = _json(file)
    if not isinstance(loaded, dict) or not isinstance(loaded.get("runs"), dict):
        raise CorruptFile(f"{file}: expected an object with 'runs'")
    for name, run in loaded["runs"].items():
        model, scenario, number = _split(file, name)
        place = f"{file}, {name!r}"
        if not isinstance(run, dict) or not {"a", "final", "after_day7", "es"} <= run.keys():
            raise CorruptFile(f"{place}: expected 'a', 'final', 'after_day7' and 'es'")
        codes = _array(place, "a", run["a"], "i")
        if codes.ndim != 1 or len(codes) % 4:
            raise CorruptFile(f"{place}: a: expected day, actor, target and action, one after another")
        states = {day: _array(place, key, run[key], "if") for day, key in ((7, "after_day7"), (DAYS, "final"))}
        for day, state in states.items():
            if state.shape != (len(NATIONS), NUM_VARIABLES) or not np.isfinite(state).all():
                raise CorruptFile(f"{place}: day {day}: expected ten finite variables of each of the eight nations")
        rows = _checked_rows(place, codes.reshape(-1, 4))
        yield Run(model, scenario, number, rows, states, _totals(place, run["es"]))


def _split(file: Path, name: str) -> tuple[str, str, int]:
    words = name.split()
    if len(words) != 3 or not words[2].isdecimal():
        raise CorruptFile(f"{file}: run {name!r}: expected model, scenario and number")
    return words[0], words[1].capitalize(), int(words[2])


def _array(place: str, name: str, values: Any, kinds: str) -> NDArray[Any]:
    """Make an array of numbers of the kinds in `kinds`, as NumPy's dtypes name them."""
    try:
        array = np.array(values)
    except ValueError as error:
        raise CorruptFile(f"{place}: {name}: expected numbers ({error})") from error
    if array.size and array.dtype.kind not in kinds:
        raise CorruptFile(f"{place}: {name}: expected {'integers' if kinds == 'i' else 'numbers'}")
    return array.astype(np.int64 if kinds == "i" else np.float64)


# Tables, numbers and JSON; each complaint names the place.


def _table(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines of a CSV file, each with its number."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            reader = csv.DictReader(opened)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise CorruptFile(f"{file}, line 1: expected the columns {', '.join(columns)}; no {missing[0]!r}")
            for row in reader:
                short = [name for name in columns if row[name] is None]
                if short:
                    raise CorruptFile(f"{file}, line {reader.line_num}: no {short[0]!r}")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(file, error) from error


def _parsed(file: Path, line: int, name: str, text: str, number: Callable[[str], Found]) -> Found:
    try:
        return number(text)
    except ValueError as error:
        raise CorruptFile(f"{file}, line {line}: {name}={text!r}: expected a number") from error


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> CorruptFile:
    reason = "no such file" if isinstance(error, FileNotFoundError) else str(error)
    return CorruptFile(f"{file}: expected a log of {SOURCE}, but {reason}")


def _totals(place: object, by_day: Any) -> FloatArray:
    """Bring daily totals, by day as text, into order."""
    if not isinstance(by_day, dict) or set(by_day) != {str(day) for day in range(1, DAYS + 1)}:
        raise CorruptFile(f"{place}: expected a total for each of the days 1 to {DAYS}")
    for day, total in by_day.items():
        if isinstance(total, bool) or not isinstance(total, (int, float)) or not abs(total) <= _MOST:
            raise CorruptFile(f"{place}: day {day}: total={total!r}: expected a number")
    return np.array([by_day[str(day)] for day in range(1, DAYS + 1)], np.float64)


def _checked_rows(place: object, rows: Any) -> Rows:
    try:
        checked = check_rows(rows)
    except ParameterError as error:
        raise CorruptFile(f"{place}: {error}") from error
    if len(checked) and checked[-1, 0] > DAYS:
        raise CorruptFile(f"{place}: day {checked[-1, 0]}: expected days 1 to {DAYS}")
    return checked
