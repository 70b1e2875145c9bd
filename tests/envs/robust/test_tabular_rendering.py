"""Pictures of explicit processes."""

import numpy as np
import pytest

import dynenvs
from dynenvs.envs.robust import TabularMDP, garnet, problem, solve
from dynenvs.envs.robust.families import FAMILIES
from dynenvs.envs.robust.problems import PROBLEMS
from dynenvs.envs.robust.tabular_rendering import BAD, HERE, LARGEST, STATES, WALL, ansi, frame
from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Arrow, Bar, Circle, Rect, Text, primitives

ID = "dynenvs/TabularMDP-v0"


def made(**params):
    world = dynenvs.make_world(ID, **params)
    world.reset(1)
    return world


def cells(picture):
    """Return the rectangles of the states, in order."""
    return [one for one in picture.shapes if isinstance(one, Rect) and one.stroke and one.x < STATES.right]


def rows_of(picture):
    return len({round(cell.y) for cell in cells(picture)})


def words(picture):
    return [one.text for one in picture.shapes if isinstance(one, Text)]


@pytest.mark.parametrize("mdp", [*PROBLEMS, *FAMILIES, garnet(1, 1, 1), garnet(200, 9, 9)], ids=str)
def test_every_process_is_drawn_within_its_frame_and_drawing_changes_nothing(mdp):
    world, rng = made(mdp=mdp), np.random.default_rng(0)
    for _ in range(8):
        before, picture = world.digest(), frame(world)
        for shape in primitives(picture.shapes):
            points = getattr(shape, "points", None) or [(shape.x, shape.y)]
            assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in points), shape
        assert len(cells(picture)) == world.params.models.models[0].num_states
        assert f"state {world.params.models.models[0].state_names[world.state.s[0]]}" in ansi(world)
        assert world.digest() == before
        world.step(world.sample_actions(rng))


@pytest.mark.parametrize(("mdp", "rows", "walls"), [("frozenlake4x4", 4, 0), ("windy_walk", 6, 6)])
def test_a_grid_is_drawn_as_a_grid_with_its_walls_and_ends(mdp, rows, walls):
    picture = frame(made(mdp=mdp))
    drawn = cells(picture)
    assert rows_of(picture) == rows
    assert len({round(cell.x) for cell in drawn}) == len(drawn) // rows
    assert {round(cell.width - cell.height, 6) for cell in drawn} == {0}
    assert [cell.fill for cell in drawn].count(WALL) == walls
    goal = drawn[-1] if mdp == "frozenlake4x4" else drawn[5]
    assert goal.fill == palette.mix(palette.FOLLOWING[1], palette.PAPER, 0.25)
    assert [cell.fill for cell in drawn].count(BAD) == (4 if mdp == "frozenlake4x4" else 0)


@pytest.mark.parametrize("mdp", ["riverswim6_osband", "machine20", "garnet_8_3_3_seed0", "two_doors"])
def test_what_is_no_grid_is_not_taken_for_one(mdp):
    assert "\n" not in ansi(made(mdp=mdp))
    assert all(cell.height <= STATES.height for cell in cells(frame(made(mdp=mdp))))
    assert rows_of(frame(made(mdp="two_doors"))) == 1
    assert cells(frame(made(mdp="two_doors")))[0].width <= LARGEST


def test_a_grid_is_a_map_in_text():
    world = made(mdp="windy_walk")
    first, *rows = ansi(world).split("\n")
    assert first == "windy_walk, model 0 of 25, step 0, state 0, rewards 0"
    assert rows[:4] == ["@ . . . . G", ". # # # . .", ". . . . . .", ". # # # . ."]
    world.step([[1]])
    _, move, *rows = ansi(world).split("\n")
    assert move == "last move: south from 0, which leads here with probability 1"
    assert [row[0] for row in rows[:2]] == [".", "@"]


def test_states_are_the_darker_the_more_they_are_worth():
    swim = problem("riverswim6_osband")
    value = solve(swim, "nominal").value
    fills = [cell.fill for cell in cells(frame(made(mdp=swim)))]
    light = [sum(bytes.fromhex(fill[1:])) for fill in fills]
    assert np.argsort(value).tolist() == np.argsort(light)[::-1].tolist()
    assert {f"{value.min():.3g}", f"{value.max():.3g}"} <= set(words(frame(made(mdp=swim))))


FORK = TabularMDP(
    P=[[[0, 0.7, 0.3, 0], [1, 0, 0, 0]], [[0, 0, 0, 1]] * 2, [[0, 0, 0, 1]] * 2, [[0, 0, 0, 1]] * 2],
    R=[[[0, 5, -2, 0], [0, 0, 0, 0]], [[0] * 4] * 2, [[0] * 4] * 2, [[0] * 4] * 2],
    gamma=0.9,
    state_names=("fork", "left", "right", "home"),
    action_names=("go", "stay"),
)


def test_the_last_move_is_drawn_with_the_chances_that_it_had():
    world = made(mdp=FORK)
    assert not [one for one in frame(world).shapes if isinstance(one, Arrow)]
    assert "none yet" in words(frame(world))
    world.step([[0]])
    picture, here = frame(world), int(world.state.s[0])
    arrows = {one.color: one for one in picture.shapes if isinstance(one, Arrow)}
    assert set(arrows) == {HERE, palette.ALARM}
    drawn = cells(picture)
    for color, state in ((HERE, here), (palette.ALARM, 3 - here)):
        x, y = arrows[color].end
        assert drawn[state].x < x < drawn[state].x + drawn[state].width
        assert drawn[state].y < y < drawn[state].y + drawn[state].height
    bars = [(one.share, one.color) for one in picture.shapes if isinstance(one, Bar)]
    assert bars == [(0.7, HERE if here == 1 else palette.ALARM), (0.3, HERE if here == 2 else palette.ALARM)]
    assert {"go from fork", "0.7", "0.3", "+5", "\N{MINUS SIGN}2"} <= set(words(picture))


def test_where_a_move_led_nowhere_the_cell_has_a_ring():
    world = made(mdp=FORK)
    world.step([[1]])
    assert [one.stroke for one in frame(world).shapes if isinstance(one, Circle) and one.fill is None] == [HERE]
    assert "stay from fork" in words(frame(world))


def test_the_panel_tells_what_each_action_promises_and_the_best_one_is_bold():
    picture = frame(made(mdp=FORK))
    bold = [one.text for one in picture.shapes if isinstance(one, Text) and one.weight == "bold"]
    assert {"go", "2.9"} <= set(bold)  # 0.7 x 5 - 0.3 x 2
    assert {"stay", "2.61"} <= set(words(picture)) - set(bold)  # 0.9 of that


def test_a_new_episode_forgets_the_last_move():
    world = made(mdp=FORK)
    world.step([[0]])
    world.reset()
    assert "none yet" in words(frame(world))
