"""A person's answers: read by number, name or JSON, refused with a reason, and asked again."""

import io

import numpy as np
import pytest
from rich.console import Console

import dynenvs
from dynenvs.adapters.human import HumanPolicy, PlayerLeft
from dynenvs.adapters.players import Players
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.episodes import evaluate

from .small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds

__all__ = ["small_worlds"]

GAME = "dynenvs/RepeatedGame-v0"


class Table:
    """A world with one person on all seats, or on the first and a policy on the other, and what they were shown."""

    def __init__(self, env_id, lines, *, opponent=None, num_games=1, open_table=False, **params):
        self.console = Console(file=io.StringIO(), width=120)
        stream = io.StringIO("".join(f"{line}\n" for line in lines))
        self.human = HumanPolicy(env_id, lines=stream, console=self.console, open_table=open_table)
        num_agents = dynenvs.make_world(env_id, **params).num_agents
        seats = [-2, opponent] if opponent else [-2] * num_agents
        self.world = dynenvs.make_world(env_id, num_games, seats=seats, **params)
        self.players = Players(self.world, {-2: self.human})
        self.world.reset(0)

    def step(self):
        """Ask everyone whose turn it is, and play; return the actions."""
        actions = self.world.idle_actions.copy()
        self.players.ask(self.world.buffers.acting, actions)
        self.world.step(actions)
        return actions[0].tolist()

    @property
    def shown(self):
        return self.console.file.getvalue()


@pytest.mark.parametrize(
    ("line", "move"), [("1", 0), ("2", 1), ("cooperate", 0), ("DEFECT", 1), ('{"move": "defect"}', 1), ("  2  ", 1)]
)
def test_an_option_is_picked_by_number_by_name_or_in_json(line, move):
    assert Table(GAME, [line], opponent="tit_for_tat").step()[0] == [move]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("3", 'move: "3" is no option; expected "cooperate" or "defect"'),
        ("coop", 'move: "coop" is no option; expected "cooperate" or "defect"'),
        ('{"move": "defekt"}', 'move: "defekt" is no option'),
        ('{"move": ', "expected one JSON object and nothing else"),
        ('{"mov": "defect"}', 'the key "move" is missing'),
        ("[bold]x[/bold]", 'move: "[bold]x[/bold]" is no option'),
    ],
)
def test_a_bad_answer_is_refused_with_a_reason_and_asked_again(line, reason):
    table = Table(GAME, [line, "2"], opponent="tit_for_tat")
    assert table.step()[0] == [1]
    assert f"Not possible: {reason}" in table.shown
    assert table.shown.count("row, move?") == 2


def test_an_empty_line_is_no_answer_and_no_mistake():
    table = Table(GAME, ["", "   ", "1"], opponent="tit_for_tat")
    assert table.step()[0] == [0]
    assert "Not possible" not in table.shown


def test_the_rules_are_told_once_an_episode_and_again_when_asked_for():
    table = Table(GAME, ["1", "2", "?", "1", "1"], opponent="tit_for_tat", horizon=2)
    table.step()
    table.step()
    assert table.shown.count("Payoffs of a round:") == 1
    assert "Round 2." in table.shown
    table.world.reset()
    table.step()
    assert table.shown.count("Payoffs of a round:") == 3  # told anew, and once more for the question mark


def test_two_people_at_one_keyboard_are_asked_one_after_the_other():
    table = Table(GAME, ["1", "2"])
    assert table.step() == [[0], [1]]
    assert table.shown.index("row, move?") < table.shown.index("column, move?")


def test_several_games_are_told_apart():
    table = Table(GAME, ["1", "2", "1"], opponent="tit_for_tat", num_games=3)
    actions = table.world.idle_actions.copy()
    table.players.ask(table.world.buffers.acting, actions)
    assert actions[:, 0, 0].tolist() == [0, 1, 0]
    assert "Game 3 of 3" in table.shown


def test_what_a_seat_cannot_know_is_shown_at_an_open_table_only():
    for open_table in (True, False):
        table = Table(GAME, ["1", "1"], opponent="grudger", open_table=open_table)
        table.step()
        table.step()
        assert ("The last step brought you 3." in table.shown) == open_table
        assert ("grudger" in table.shown) == open_table  # the picture names the players


def test_numbers_are_values_and_not_places_in_a_list():
    table = Table(
        "dynenvs/PublicGoods-v0", ["7", "21", "0"], opponent="conditional_cooperator", num_players=2, endowment=20
    )
    assert table.step()[0] == [7]
    assert "a whole number from 0 to 20" in table.shown
    assert table.step()[0] == [0]
    assert "contribution: 21 is no option" in table.shown


def test_each_head_is_asked_for_by_itself():
    table = Table(LIFEBOAT, ["1", "2", "2", "1", "1", "1"])
    actions = table.step()
    assert np.shape(actions) == (3, 2)
    assert actions[:2] == [[0, 1], [1, 0]]


def test_only_who_has_the_turn_is_asked():
    table = Table(BARGAIN, ["offer 2 tokens", "accept"])
    table.step()
    assert "You are the responder" not in table.shown
    table.step()
    assert table.world.buffers.episode_returns[0].tolist() == [3.0, 2.0]


def test_a_continuous_head_takes_a_number_within_its_bounds():
    count = dynenvs.make_world(FISHERY).num_agents
    table = Table(FISHERY, ["0.25", "much", "0.5", *["0.1"] * count])
    assert table.step()[0] == [0.25]
    assert "a number from 0 to 1" in table.shown
    assert "is no number" in table.shown


def test_the_end_of_the_lines_is_a_player_who_left():
    with pytest.raises(PlayerLeft):
        Table(GAME, [], opponent="tit_for_tat").step()


def test_a_person_is_a_policy_like_any_other(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\n1\n"))
    (record,) = evaluate(GAME, ["human"], opponents=["tit_for_tat"], episodes=1, horizon=3)
    assert record.policies == ("human", "tit_for_tat")
    assert record.returns == (3 + 5 + 0, 3 + 0 + 5)


def test_nothing_stands_after_the_name_of_the_policy():
    with pytest.raises(ParameterError, match="expected 'human' and nothing after it"):
        dynenvs.make_policy("human:me", GAME)
