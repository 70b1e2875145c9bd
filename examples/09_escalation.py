"""What does it cost a nation of the wargame to be peaceful? Run: python examples/09_escalation.py

First all eight are alike under the published rules, as on a board: doctrines, published models, a small one, a learner.
Then one follows a doctrine among others drawn from all, under balanced rules: force has a price, and nations can fall.
"""

from pathlib import Path

import dynenvs
from dynenvs.evaluation.fronts import Place, front_plot, unbeaten
from dynenvs.evaluation.plots import save_plot
from dynenvs.evaluation.statistics import bootstrap
from dynenvs.leaderboard.boards import read_entries
from dynenvs.leaderboard.quotes import read_quotes

GAMES, DAYS, STRIKE = 300, 14, 60  # points of a nuclear strike, the unit of the escalation term
DOCTRINES = ("wait", "random", "dove", "hawk", "deterrer", "opportunist")
BOARD = Path(__file__).parents[1] / "leaderboards/escalation_all_alike"
KINDS = {"scripted": "doctrines", "rl": "learned", "llm": "small language model"}


def from_board() -> dict[str, dict[str, Place]]:
    """Return who stands on the board, by kind, and whom it quotes."""
    groups: dict = {told: {} for told in KINDS.values()}
    for entry in read_entries(BOARD):
        groups[KINDS[entry.kind]][entry.policy.split("?")[0]] = Place(entry.metrics["escalation"], entry.score)
    quotes = read_quotes(BOARD)
    groups[quotes.title] = {one.policy: Place(one.metrics["escalation"], one.score) for one in quotes.quotes}
    return groups


def play(seats: list) -> Place:
    """Return escalation and interest a day of the first seat in balanced games."""
    world = dynenvs.make_world("dynenvs/Escalation-v0", GAMES, seats=seats, variant="balanced")
    terms = dict.fromkeys(world.layout.reward_terms, 0.0)
    world.reset(1)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
        for k, name in enumerate(terms):
            terms[name] += world.buffers.reward_terms[:, 0, k] / DAYS
    return Place(bootstrap(STRIKE * terms["escalation"]), bootstrap(terms["interest"]))


def show(title: str, groups: dict, file: str) -> None:
    """Print everyone, and draw the front of those whom nobody beats in both."""
    everyone = dict(item for group in groups.values() for item in group.items())
    front = unbeaten([(-place.across.value, place.up.value) for place in everyone.values()])
    print(f"{title}\n  {'':22} escalation  interest a day (95 % interval)")
    for k, (name, (escalation, gain)) in enumerate(everyone.items()):
        numbers = f"{escalation.value:10.1f}  {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
        print(f"  {name:22} {numbers}{'  on the front' if k in front else ''}")
    axes = {"across": "escalation score, points a nation-day", "up": "interest a nation-day"}
    save_plot(front_plot(groups, title, **axes), Path("runs") / file)


show("All nations alike, published rules", from_board(), "escalation_reference.png")
among = {name: play([name, *[DOCTRINES] * 7]) for name in DOCTRINES}
show("Purple among all doctrines, balanced rules", {"doctrines": among}, "escalation_balanced.png")
cost = among["opportunist"].up.value - among["dove"].up.value
print(f"To stay a dove costs Purple {cost:.3f} a day, {DAYS * cost:.2f} a game.")
