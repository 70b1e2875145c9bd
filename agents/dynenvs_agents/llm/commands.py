"""``dynenvs chat`` and ``dynenvs transcript``: watch language models play, now or later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dynenvs.cli.options import env_argument, narrator_option, param_option

if TYPE_CHECKING:
    from dynenvs.evaluation.recording import Matchup
    from dynenvs.evaluation.transcripts import Transcript

__all__ = ["chat", "transcript"]

FILE = click.Path(path_type=Path, dir_okay=False)
MODEL = "Who plays: smollm2, a .gguf file, NAME?base_url=..., or scripted:FILE for its lines; llm: may stand before it."
OPTIONS = """Options of a model stand behind it, as in smollm2?memory=window:5&persona=A%20banker: memory repairs
max_tokens temperature reflection persona goal history reminder_every messages prompts logprobs trial name; of servers
base_url api_key_env concurrency timeout retries extra_body; in this process n_ctx n_threads; of a run prices budget_usd
budget_tokens budget_calls cache. A value is written as in a URL; docs/language_models.md explains them."""


@click.command(epilog=OPTIONS)
@env_argument
@click.option("--model", required=True, help=MODEL)
@click.option("--seat", default=0, show_default=True, help="The model's seat.")
@click.option("--opponent", help="The policy on the other seats, llm:MODEL for one; by default the environment's.")
@click.option("--seed", default=0, show_default=True, help="Seed of the episode.")
@narrator_option
@param_option
@click.option("--transcript", "path", type=FILE, help="Write the transcript: a .jsonl file.")
def chat(
    env_id: str,
    model: str,
    seat: int,
    opponent: str | None,
    seed: int,
    narrator: str,
    params: dict[str, Any],
    path: Path | None,
) -> None:
    """Let a language model play one episode of ENV, and watch what it is asked and answers."""
    from dynenvs.adapters.narrators import make_narrator
    from dynenvs.evaluation.playing import Watcher, play, seat_policies
    from dynenvs.evaluation.recording import Scribe
    from dynenvs.evaluation.transcripts import TranscriptWriter
    from dynenvs_agents.llm.screen import Screen, Watchers

    if path is not None and path.suffix != ".jsonl":
        raise click.BadParameter(f"{str(path)!r}: expected a name that ends in .jsonl", param_hint="--transcript")
    if path is not None and path.exists():
        raise click.BadParameter(f"{str(path)!r} is there already: give another name", param_hint="--transcript")
    matchup = _matchup(env_id, f"llm:{model.removeprefix('llm:')}", seat, opponent, params)
    teller = make_narrator(narrator, env_id)
    world, players = seat_policies(env_id, matchup.policies, 1, **params)
    world.reset(seed)
    watchers: list[Watcher] = [Screen(Console(highlight=False), matchup.policies)]
    if path is not None:
        scribe = Scribe(env_id, matchup, [seed], params, teller)
        watchers.append(TranscriptWriter(lambda game: path, scribe.head))
    outcome = play(world, players, watcher=Watchers(watchers), narrator=teller)
    if path is not None:
        click.echo(f"transcript: {path}")
    if outcome.interrupted:
        raise click.exceptions.Exit(1)


def _matchup(env_id: str, model: str, seat: int, opponent: str | None, params: dict[str, Any]) -> Matchup:
    """Put the model on its seat, and the opponent on the others."""
    from dynenvs.core.checks import check_integer
    from dynenvs.evaluation.recording import Matchup
    from dynenvs.policies import make_policy
    from dynenvs.registration import make_params, spec, world_type

    num_agents = world_type(env_id).describe(make_params(env_id, **params)).num_agents
    check_integer("seat", seat, 0, num_agents - 1)
    usual = spec(env_id).background
    other = opponent or (usual if isinstance(usual, str) and usual != "external" else "random_legal")
    policies = [make_policy(model if agent == seat else other, env_id) for agent in range(num_agents)]
    return Matchup(tuple(policies), other if num_agents > 1 else "", (seat,))


@click.group()
def transcript() -> None:
    """Look at transcripts of games, and play them again."""


@transcript.command()
@click.argument("path", type=FILE, metavar="TRANSCRIPT")
@click.option("--out", type=FILE, help="The page; by default beside the transcript, with .html at its end.")
def show(path: Path, out: Path | None) -> None:
    """Write a page that shows TRANSCRIPT step by step: one file, which opens without a server."""
    from dynenvs.evaluation.transcripts import replay_transcript
    from dynenvs_agents.llm.viewer import write_transcript_page

    page = path.with_suffix(".html") if out is None else out
    if page.suffix not in (".html", ".htm"):
        raise click.BadParameter(f"{str(page)!r}: expected a name that ends in .html", param_hint="--out")
    if page.exists() and page.samefile(_there(path)):
        raise click.BadParameter(f"{str(page)!r}: the transcript would be written over", param_hint="--out")
    write_transcript_page(_there(path), page)
    click.echo(f"open {page}")
    verdict = replay_transcript(path)
    if not verdict.agrees:
        click.echo(f"warning: it does not play again: {verdict.detail}", err=True)


@transcript.command()
@click.argument("paths", nargs=-1, required=True, type=FILE, metavar="TRANSCRIPT...")
def replay(paths: tuple[Path, ...]) -> None:
    """Play every TRANSCRIPT again without its models, and say whether all states come out the same."""
    from dynenvs.evaluation.transcripts import read_transcript, replay_transcript

    verdicts = [replay_transcript(_there(path)) for path in paths]
    for path, verdict in zip(paths, verdicts, strict=True):
        agreed = "1 step agrees" if verdict.steps == 1 else f"{verdict.steps} steps agree"
        said = f"{agreed}{_left_open(read_transcript(path))}" if verdict.agrees else verdict.detail
        click.echo(f"{path}: {said}")
    if not all(verdict.agrees for verdict in verdicts):
        raise click.exceptions.Exit(1)


def _left_open(transcript: Transcript) -> str:
    """Say how a transcript ends that is not of a whole game."""
    if transcript.finished:
        return ""
    return f"; unfinished: {transcript.end['unfinished']}" if transcript.end else "; it breaks off there"


def _there(path: Path) -> Path:
    """Return the path of a file that exists."""
    if not path.is_file():
        raise click.ClickException(f"{path}: no such file")
    return path
