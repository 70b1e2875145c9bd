"""``dynenvs leaderboard``: measure entries of a board, and build the pages of all boards."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dynenvs.cli.options import run_options
from dynenvs.cli.progress import check_whole, telling

if TYPE_CHECKING:
    from dynenvs.leaderboard.boards import Board, Entry


@click.group()
def leaderboard() -> None:
    """Enter policies on boards, and build the boards' pages."""


@leaderboard.command()
@click.argument("board_dir", type=click.Path(path_type=Path, file_okay=False), metavar="BOARD")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--kind", type=click.Choice(["scripted", "rl", "llm"]), default="scripted", show_default=True)
@click.option("--replace", is_flag=True, help="Also write over an entry of another policy of the same name.")
@run_options
def enter(
    board_dir: Path,
    policies: tuple[str, ...],
    kind: str,
    replace: bool,
    out: Path | None,
    resume: bool,
    transcripts: Path | None,
) -> None:
    """Play every POLICY as the board in folder BOARD says, and write its entry there."""
    from dynenvs.leaderboard.boards import read_board, write_entry

    console, board = Console(), read_board(board_dir)
    if board.grid is not None and (out or resume or transcripts):
        raise click.UsageError(f"{board.id} ranks by a worst case: expected neither --out, --resume nor --transcripts")
    if not replace:
        _check_places(board, board_dir, policies)
    made = {"kind": kind, "created": datetime.datetime.now(tz=datetime.UTC).date()}
    commands = {
        policy: shlex.join(["dynenvs", "leaderboard", "enter", str(board_dir), policy, "--kind", kind])
        for policy in policies
    }
    if board.grid is not None:
        entries = _worst_cases(console, board, commands, made)
    else:
        entries = _of_records(console, board, commands, made, out=out, resume=resume, transcripts=transcripts)
    for entry in entries:
        told = f"{entry.policy}: {entry.score.value:.3f}  {write_entry(board_dir, entry)}"
        console.print(told, markup=False, soft_wrap=True)


def _check_places(board: Board, board_dir: Path, policies: tuple[str, ...]) -> None:
    """Refuse policies in whose place another one stands, before anything is played."""
    from dynenvs.leaderboard.boards import read_entries
    from dynenvs.policies import make_policy

    taken = {entry.policy: entry for entry in read_entries(board_dir)}
    for policy in (make_policy(spec, board.env_id) for spec in policies):
        entry = taken.get(policy.name)
        if entry is not None and entry.policy_digest != policy.digest():
            raise click.ClickException(
                f"{policy.name!r} stands on board {board.id!r} already, with the digest {entry.policy_digest}; that of "
                f"yours is {policy.digest()}: expected another name, or --replace"
            )


def _of_records(
    console: Console, board: Board, commands: dict[str, str], made: dict[str, Any], *, out: Path | None, **options: Any
) -> Iterator[Entry]:
    """Play all policies, and give the entry of each one's records."""
    from dynenvs.evaluation.episodes import evaluate, play_tables
    from dynenvs.evaluation.exploitability import check_exploitable
    from dynenvs.leaderboard.boards import entry_from_records
    from dynenvs.policies import make_policy

    if board.exploitability is not None:
        check_exploitable(board.env_id, **board.params)
    names = {make_policy(policy, board.env_id).name: policy for policy in commands}
    with telling(console, out) as tell:
        run: dict[str, Any] = {
            "episodes": board.episodes,
            "seed": board.seed,
            "out": out,
            "progress": tell,
            "notice": lambda text: console.print(text, markup=False),
            **options,
            **board.params,
        }
        if board.self_play:
            records = play_tables(board.env_id, [[policy] for policy in commands], **run)
        else:
            records = evaluate(board.env_id, list(commands), opponents=board.opponents, **run)
    for name, policy in names.items():
        entry = entry_from_records(board, records, name, command=commands[policy], **made)
        yield entry if board.exploitability is None else _exploited(console, board, entry, policy)
    check_whole(records, out)


def _exploited(console: Console, board: Board, entry: Entry, policy: str) -> Entry:
    """Look for the best reply to a policy."""
    from dynenvs.evaluation.exploitability import exploit
    from dynenvs.leaderboard.boards import exploited

    with telling(console) as tell:
        tell(f"looking for the best reply to {policy}")
        search = {"episodes": board.exploitability or 0, "seed": board.seed, **board.params}
        return exploited(entry, exploit(policy, board.env_id, **search))


def _worst_cases(console: Console, board: Board, commands: dict[str, str], made: dict[str, Any]) -> Iterator[Entry]:
    """Measure each policy in all models, and give its entry."""
    from dynenvs.evaluation.robustness import measure_robustness
    from dynenvs.leaderboard.worst_cases import LEVEL, entry_from_robustness
    from dynenvs.registration import make_params

    a_box = hasattr(make_params(board.env_id, **board.params), "param_set")  # a family has the models that it has
    for policy, command in commands.items():
        with telling(console) as tell:
            tell(f"playing {policy} in all models")
            found = measure_robustness(
                board.env_id,
                policy,
                grid=board.grid if a_box else None,
                episodes=board.episodes,
                seed=board.seed,
                level=LEVEL,
                metric=board.metric,
                **board.params,
            )
        yield entry_from_robustness(board, found, command=command, **made)


@leaderboard.command()
@click.option("--boards", default="leaderboards", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", default="site", show_default=True, type=click.Path(path_type=Path, file_okay=False))
def build(boards: Path, out: Path) -> None:
    """Build the static site of all boards."""
    from dynenvs.leaderboard.site import build_site

    click.echo(f"open {build_site(boards, out)}")
