from dynenvs.leaderboard.boards import read_board
from dynenvs.leaderboard.standings import standings

from .examples import make_board, make_entry


def places(tmp_path, *scores, **changes):
    board = read_board(make_board(tmp_path / "board", **changes))
    return standings(board, [make_entry(name, mean=mean, half=half) for name, mean, half in scores])


def summary(standing):
    return standing.entry.policy, standing.rank, standing.best, standing.worst


def test_intervals_that_overlap_leave_ranks_open(tmp_path):
    result = places(tmp_path, ("a", 3.0, 0.1), ("b", 2.0, 0.3), ("c", 2.2, 0.3), ("d", 1.0, 0.1))
    assert [summary(place) for place in result] == [("a", 1, 1, 1), ("c", 2, 2, 3), ("b", 3, 2, 3), ("d", 4, 4, 4)]


def test_lower_can_be_better(tmp_path):
    result = places(tmp_path, ("a", 3.0, 0.1), ("b", 2.0, 0.1), higher_is_better=False)
    assert [summary(place) for place in result] == [("b", 1, 1, 1), ("a", 2, 2, 2)]


def test_equals_share_a_rank_in_the_order_of_their_names(tmp_path):
    result = places(tmp_path, ("c", 1.0, 0.0), ("b", 2.0, 0.0), ("a", 2.0, 0.0))
    assert [summary(place) for place in result] == [("a", 1, 1, 2), ("b", 1, 1, 2), ("c", 3, 3, 3)]


def test_no_entry_has_no_place(tmp_path):
    assert places(tmp_path) == []
