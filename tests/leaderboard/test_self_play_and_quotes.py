"""Boards on which a policy holds all seats, and results of others beside the entries."""

import json

import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import read_board, read_entries, write_entry
from dynenvs.leaderboard.front import front_charts
from dynenvs.leaderboard.quotes import Quote, Quotes, read_quotes, write_quotes
from dynenvs.leaderboard.site import build_site
from dynenvs.leaderboard.standings import standings

from .examples import make_board, make_entry

FRONT = {"metric": "cooperation", "unit": "share", "higher_is_better": True}
QUOTES = Quotes(
    title="large models",
    source="Somebody (2020), computed from their logs.",
    command="dynenvs reproduce it",
    quotes=(
        Quote(
            policy="Large1",
            episodes=15,
            score=Estimate(3.2, 3.1, 3.3),
            metrics={"cooperation": Estimate(0.9, 0.8, 1.0)},
        ),
    ),
)


@pytest.fixture
def board(tmp_path):
    folder = make_board(tmp_path / "boards/alike", self_play=True, opponents=[], episodes=3, params={}, front=FRONT)
    result = CliRunner().invoke(main, ["leaderboard", "enter", str(folder), "tit_for_tat", "always_defect"])
    assert result.exit_code == 0, result.output
    return folder


def test_who_plays_itself_earns_what_both_seats_earn(board):
    defect, reciprocate = read_entries(board)
    assert (defect.policy, defect.score.value, defect.episodes, defect.planned) == ("always_defect", 1.0, 3, 3)
    assert (reciprocate.policy, reciprocate.score.value, reciprocate.by_opponent) == ("tit_for_tat", 3.0, {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"self_play": True}, r"opponents=\['grudger', 'random'\]: expected none beside self_play"),
        ({"grid": 3}, r"opponents=\['grudger', 'random'\]: expected none beside grid"),
        ({"self_play": True, "grid": 3, "opponents": []}, "grid=3: expected no grid beside self_play"),
        ({"self_play": "yes", "opponents": []}, "self_play='yes': expected true or false"),
        ({"grid": 1, "opponents": []}, "grid=1: expected an integer, at least 2"),
    ],
)
def test_a_board_has_opponents_or_copies_or_models(tmp_path, changes, message):
    with pytest.raises(CorruptFile, match=message):
        read_board(make_board(tmp_path / "noisy", **changes))


def test_quotes_survive_a_round_trip_and_are_no_entries(board):
    assert read_quotes(board) is None
    write_quotes(board, QUOTES)
    assert read_quotes(board) == QUOTES
    assert [entry.policy for entry in read_entries(board)] == ["always_defect", "tit_for_tat"]


def test_a_page_draws_quotes_among_the_entries_and_says_where_they_come_from(board, tmp_path):
    write_quotes(board, QUOTES)
    build_site(tmp_path / "boards", tmp_path / "site")
    page = (tmp_path / "site/alike.html").read_text()
    assert page.count("Large1") >= 3  # a dot, its words, a row
    assert "Somebody (2020), computed from their logs." in page
    assert "dynenvs reproduce it" in page
    assert "copies of itself" in page
    assert 'data-policy="Large1"' not in page  # nobody played it here: it has no rank


def test_quotes_take_part_in_the_front(board):
    places = standings(read_board(board), read_entries(board))
    points = front_charts(read_board(board), places, QUOTES)[0].points
    assert [(point.name, point.kind) for point in points][-1] == ("Large1", "quoted")
    assert [point.name for point in points if point.on_front] == ["tit_for_tat", "Large1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda quotes: quotes.pop("source"), "source: expected this field, found none"),
        (lambda quotes: quotes.update(date="today"), "date='today': no such field"),
        (
            lambda quotes: quotes["quotes"]["Large1"].update(episodes=0),
            r"quotes\.Large1\.episodes=0: expected an int",
        ),
        (lambda quotes: quotes["quotes"]["Large1"]["score"].update(low=4), r"score\.low=4: expected at most the mean"),
        (lambda quotes: quotes["quotes"]["Large1"]["metrics"].clear(), "'Large1' has no 'cooperation', which the"),
    ],
)
def test_bad_quotes_are_named_with_key_value_and_expectation(board, change, message):
    path = write_quotes(board, QUOTES)
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    with pytest.raises(CorruptFile, match=message):
        read_quotes(board)


def test_an_entry_of_another_kind_of_board_is_refused(board):
    path = write_entry(board, make_entry(planned=3, episodes=3, by_opponent={}))
    values = json.loads(path.read_text())
    values["models"] = {"axes": {"length": [1, 2]}, "means": [3, 4]}
    path.write_text(json.dumps(values))
    with pytest.raises(CorruptFile, match="expected the means of all models if, and only if, the board has a grid"):
        read_entries(board)
