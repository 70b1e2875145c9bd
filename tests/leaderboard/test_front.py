import json
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Front, read_board, read_entries, write_entry
from dynenvs.leaderboard.front import FRAMES, front_charts
from dynenvs.leaderboard.quotes import read_quotes
from dynenvs.leaderboard.site import build_site
from dynenvs.leaderboard.standings import standings

from .examples import make_board, make_entry

FRONT = {"metric": "harm", "unit": "points a day", "higher_is_better": False}
MEASURED = {"saint": (1.0, -2.0), "trader": (2.0, 0.0), "fool": (0.5, 1.0), "raider": (3.0, 4.0), "twin": (2.0, 0.0)}


def entry(name, mean, harm):
    return make_entry(name, mean=mean, metrics={"harm": Estimate(harm, harm - 0.5, harm + 0.25)})


def charts_of(tmp_path, front=FRONT, **changes):
    board = read_board(make_board(tmp_path / "noisy", front=front, **changes))
    return front_charts(board, standings(board, [entry(name, *both) for name, both in MEASURED.items()]))


def chart_of(tmp_path, front=FRONT, **changes):
    return charts_of(tmp_path, front, **changes)[0]


def published(board):
    folder = Path(__file__).parents[2] / "leaderboards" / board
    board = read_board(folder)
    return front_charts(board, standings(board, read_entries(folder)), read_quotes(folder))


def is_overlapping(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_the_front_holds_whom_nobody_beats_in_both(tmp_path):
    chart = chart_of(tmp_path)
    assert {point.name for point in chart.points if point.on_front} == {"saint", "trader", "twin", "raider"}
    places = {point.name: (point.x, point.y) for point in chart.points}
    assert places["saint"][0] < places["trader"][0] < places["raider"][0]
    assert places["saint"][1] > places["trader"][1] > places["raider"][1]  # y grows downwards
    assert chart.stairs[0] == places["saint"]
    assert chart.stairs[-1] == places["raider"]
    assert (places["trader"][0], places["saint"][1]) in chart.stairs


@pytest.mark.parametrize(
    ("high_harm", "high_score", "best"),
    [(True, True, {"raider"}), (False, False, {"saint", "fool"}), (True, False, {"fool", "raider"})],
)
def test_either_end_of_either_metric_can_be_the_better_one(tmp_path, high_harm, high_score, best):
    front = {**FRONT, "higher_is_better": high_harm}
    chart = chart_of(tmp_path, front, higher_is_better=high_score)
    assert {point.name for point in chart.points if point.on_front} == best


def test_intervals_lie_around_their_dots_within_the_chart(tmp_path):
    for chart in charts_of(tmp_path):
        for point in chart.points:
            assert chart.left <= point.x_span[0] < point.x < point.x_span[1] <= chart.frame.right
            assert chart.frame.bottom >= point.y_span[0] > point.y > point.y_span[1] >= chart.frame.top


def test_names_of_policies_in_one_place_do_not_cover_each_other(tmp_path):
    for chart in charts_of(tmp_path):
        labels = {point.name: point.label for point in chart.points}
        assert not is_overlapping(labels["trader"].box, labels["twin"].box)


@pytest.mark.parametrize("board", ["escalation_all_alike", "escalation_balanced", "robust_cart_pole"])
def test_on_a_wide_page_and_on_a_phone_every_name_has_a_place_of_its_own(board):
    charts = published(board)
    assert [chart.frame for chart in charts] == list(FRAMES)
    for chart in charts:
        boxes = [point.label.box for point in chart.points]
        assert not [pair for pair in combinations(boxes, 2) if is_overlapping(*pair)]
        assert all(left >= 0 and right <= chart.frame.width for left, _, right, _ in boxes)


def test_a_name_far_off_is_led_to_its_dot():
    points = [point for chart in published("robust_cart_pole") for point in chart.points]
    assert any(point.leader for point in points)
    for point in points:
        left, top, right, bottom = point.label.box
        assert bool(point.leader) == (abs(point.label.y - point.y) >= 20)
        if point.leader:
            assert left <= point.leader[0] <= right
            assert point.leader[1] in (pytest.approx(top), pytest.approx(bottom))


def test_the_border_crosses_no_name(tmp_path):
    chart = chart_of(tmp_path)
    for (x, y), (u, v) in pairwise(chart.stairs):
        for point in chart.points:
            left, top, right, bottom = point.label.box
            is_crossed = min(x, u) < right and left < max(x, u) and min(y, v) < bottom and top < max(y, v)
            assert not is_crossed, point.name


def test_a_ranking_shows_the_columns_that_its_board_names(tmp_path):
    metrics = {name: Estimate(1.0, 0.5, 1.5) for name in ("harm", "alarm", "luck")}
    for name, changes in (("chosen", {"columns": ["luck", "harm"]}), ("all", {"front": FRONT})):
        folder = make_board(tmp_path / "boards" / name, **changes)
        write_entry(folder, make_entry("raider", metrics=metrics))
    build_site(tmp_path / "boards", tmp_path / "site")
    shown = {}
    for name in ("chosen", "all"):
        page = (tmp_path / "site" / f"{name}.html").read_text(encoding="utf-8")
        ranking, entries = page.split('<table class="ranking">')[1].split("</table>", 1)
        shown[name] = re.findall(r'<th [^>]*class="metric"[^>]*>(\w+)', ranking)
        assert all(f"<dt>{metric}</dt>" in entries for metric in ("Alarm", "Harm", "Luck"))
    assert shown == {"chosen": ["Luck", "Harm"], "all": ["Harm", "Alarm", "Luck"]}


def test_a_page_draws_the_front_of_a_board_that_names_one(tmp_path):
    with_front = make_board(tmp_path / "boards/harmful", front=FRONT)
    without = make_board(tmp_path / "boards/harmless")
    for folder in (with_front, without):
        write_entry(folder, entry("raider", 3.0, 4.0))
    build_site(tmp_path / "boards", tmp_path / "site")
    page = (tmp_path / "site/harmful.html").read_text(encoding="utf-8")
    assert "Payoff against harm" in page
    assert "harm, points a day 4.0" in page
    assert [page.count(f'class="front {frame.name}"') for frame in FRAMES] == [1, 1]
    assert 'class="front ' not in (tmp_path / "site/harmless.html").read_text(encoding="utf-8")


def test_without_entries_that_have_the_metric_there_is_no_front(tmp_path):
    board = read_board(make_board(tmp_path / "noisy", front=FRONT))
    assert front_charts(board, standings(board, [make_entry("ppo")])) == []


def test_a_board_without_a_front_may_say_so(tmp_path):
    folder = make_board(tmp_path / "noisy", front=FRONT)
    assert read_board(folder).front == Front(**FRONT)
    values = json.loads((folder / "board.json").read_text())
    (folder / "board.json").write_text(json.dumps({**values, "front": None}))
    assert read_board(folder).front is None


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("harm", "front='harm': expected an object"),
        ({**FRONT, "unit": ""}, "front.unit='': expected text"),
        ({**FRONT, "colour": "red"}, "front.colour='red': no such field"),
    ],
)
def test_a_front_that_is_none_is_refused(tmp_path, front, message):
    with pytest.raises(CorruptFile, match=message):
        read_board(make_board(tmp_path / "noisy", front=front))


def test_on_the_board_of_the_wargame_a_learner_beats_all_doctrines_and_peace_has_a_price():
    folder = Path(__file__).parents[2] / "leaderboards" / "escalation_balanced"
    board, entries = read_board(folder), {entry.policy: entry for entry in read_entries(folder)}
    scripted = [entry for entry in entries.values() if entry.kind == "scripted"]
    assert len(scripted) == len(board.opponents) == 7
    assert entries["maskable_ppo"].score.low > max(entry.score.high for entry in scripted)
    chart, _ = published("escalation_balanced")
    on_front = {point.name for point in chart.points if point.on_front}
    assert {"maskable_ppo", "mixed_0.3", "dove"} <= on_front


def test_on_the_board_of_nations_that_are_all_alike_every_kind_of_player_is_on_one_picture():
    folder = Path(__file__).parents[2] / "leaderboards" / "escalation_all_alike"
    chart, _ = published("escalation_all_alike")
    kinds = {point.name: point.kind for point in chart.points}
    assert set(kinds.values()) == {"scripted", "rl", "llm", "quoted"}
    assert {name for name, kind in kinds.items() if kind == "quoted"} >= {"GPT-4", "GPT-3.5", "Claude-2.0"}
    for entry in read_entries(folder):
        assert entry.episodes == entry.planned
    places = {point.name: point for point in chart.points}
    assert places["maskable_ppo"].on_front
    assert places["random"].across.value == pytest.approx(32.4, abs=1.5)  # three actions uniform over the 27 names
