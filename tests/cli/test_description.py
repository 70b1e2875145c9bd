"""What `dynenvs info` says, and what it knows of things that lie in the current folder."""

import io
from dataclasses import dataclass

import gymnasium
import pytest
from click.testing import CliRunner
from rich.console import Console

import dynenvs
from dynenvs import registration
from dynenvs.cli import main
from dynenvs.cli.description import Sheet, _of_outcome, as_markdown, sheets
from dynenvs.cli.tables import laid_out
from dynenvs.core.layouts import WorldLayout

GAME, GOODS = "dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"

WORLD_OF_MY_OWN = """
import dynenvs

dynenvs.register(
    dynenvs.EnvSpec(
        id="mine/Fishery-v0",
        world="examples.worlds.fishery:Fishery",
        params="examples.worlds.fishery:FisheryParams",
        about="Fishers share a stock.",
        paper="Gordon (1954)",
    )
)
"""

POLICY_OF_MY_OWN = """
from dynenvs.policies import RandomPolicy

class Mine(RandomPolicy):
    def __init__(self, env_id):
        super().__init__("mine")

class TakesNothing(RandomPolicy):
    def __init__(self):
        super().__init__("nothing")
"""


def run(*arguments):
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, arguments)


def sheet_of(env_id, title, **params):
    return next(each for each in sheets(env_id, dynenvs.make_params(env_id, **params)) if each.title == title)


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_the_columns_of_an_observation_are_all_told_and_in_order(env_id):
    observation = next(sheet for sheet in sheets(env_id, dynenvs.make_params(env_id)) if "Observation" in sheet.title)
    ends = [span.partition("-")[2] or span for span, *_ in observation.rows]
    starts = [int(span.partition("-")[0]) for span, *_ in observation.rows]
    assert starts == [0, *(int(end) + 1 for end in ends[:-1])]
    assert int(ends[-1]) + 1 == dynenvs.make_world(env_id).layout.roles[0].observation.size


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_every_parameter_has_a_meaning_and_every_background_policy_a_definition(env_id):
    assert all(meaning for _, _, meaning in sheet_of(env_id, "Parameters").rows)
    known = registration.world_type(env_id).background_policies()
    policies = {name: said for name, said, _ in sheet_of(env_id, "Background policies").rows} if known else {}
    assert set(known) <= set(policies)
    assert all(policies.values())


def test_meanings_of_parameters_that_are_inherited_come_from_where_they_were_declared():
    meanings = {name: meaning for name, _, meaning in sheet_of("dynenvs/RobustPendulum-v0", "Parameters").rows}
    assert meanings["horizon"] == "Steps after which an episode is truncated, at least 1."
    assert meanings["g"] == "Gravity in m/s^2, 1 to 30."


def test_meanings_come_from_the_docstring_of_the_parameters():
    @dataclass(frozen=True)
    class Documented:
        """Constants.

        Attributes
        ----------
        low, high : float
            Ends of
            the range.
        depth : int
            Metres.

        Notes
        -----
        other : text
            Not an attribute.
        """

        low: float = 0.0
        high: float = 1.0
        depth: int = 3

    from dynenvs.cli.description import _of_params

    assert _of_params(Documented()).rows == [
        ("low", "0.0", "Ends of the range."),
        ("high", "1.0", "Ends of the range."),
        ("depth", "3", "Metres."),
    ]


def test_markdown_keeps_bars_inside_their_cells():
    sheet = Sheet("A title", ("name", "is"), [("a|b", "c|d")])
    assert as_markdown(sheet) == "### A title\n\n| name | is |\n| --- | --- |\n| `a\\|b` | c\\|d |\n"


def test_parameters_change_what_is_described():
    result = run("info", GAME, "--markdown", "-p", "horizon_known=true", "-p", "game=rock_paper_scissors")
    assert "time_left" in result.output
    assert "0 rock, 1 paper, 2 scissors" in result.output
    assert "cooperate, 1" not in result.output


def test_presets_are_listed():
    assert sheet_of(GOODS, "Presets").rows[0][0] == "fehr_gaechter_2000"
    assert "Presets" not in run("info", GAME).output


@pytest.mark.parametrize("env_id", [env_id for env_id in dynenvs.env_ids() if dynenvs.spec(env_id).presets])
def test_the_page_of_presets_says_with_which_command_and_which_call_one_is_used(env_id):
    preset = next(iter(dynenvs.spec(env_id).presets))
    told = " ".join(run("info", env_id).output.split())
    assert f"To use one: dynenvs render {env_id} -p preset={preset}," in told
    assert f'gymnasium.make("{env_id}", preset="{preset}")' in told
    assert gymnasium.spec(env_id).id == env_id
    assert run("info", env_id, "-p", f"preset={preset}").exit_code == 0


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with a world and a policy in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world_of_my_own.py").write_text(WORLD_OF_MY_OWN)
    (tmp_path / "policy_of_my_own.py").write_text(POLICY_OF_MY_OWN)


@pytest.mark.usefixtures("here", "forgetful_registries")
def test_an_environment_of_ones_own_is_named_by_its_module():
    result = run("info", "world_of_my_own:mine/Fishery-v0")
    assert "Fishers share a stock." in result.output
    assert "season" in result.output


@pytest.mark.usefixtures("here")
def test_a_module_that_is_not_there_is_named():
    assert "No module named 'nowhere'" in run("info", "nowhere:mine/World-v0").output


@pytest.mark.usefixtures("here")
def test_a_policy_in_the_current_folder_is_found():
    result = run("evaluate", GAME, "python:policy_of_my_own:Mine", "--episodes", "2", "-p", "horizon=3")
    assert "2 of 2 planned episodes" in result.output


@pytest.mark.usefixtures("here")
def test_a_policy_that_takes_no_environment_is_refused_in_words():
    result = run("evaluate", GAME, "python:policy_of_my_own:TakesNothing")
    assert result.exit_code == 1
    assert "what makes a policy from an environment's id" in " ".join(result.output.split())


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_every_term_of_the_reward_and_every_end_is_said_in_words(env_id):
    layout = dynenvs.make_world(env_id).layout
    told = dict(sheet_of(env_id, "Players, reward and ends").rows)
    for what in (
        *(f"term {name}" for name in layout.reward_terms),
        *(f"end {name}" for name in layout.end_reasons[1:]),
    ):
        assert told[what], what


def test_who_punishes_is_told_what_points_cost_and_when_the_game_is_over():
    told = dict(sheet_of("dynenvs/PublicGoodsPunishment-v0", "Players, reward and ends", fine=2.5, horizon=6).rows)
    assert "1 for each point taken off others" in told["term spent"]
    assert "2.5 for each point that others took off" in told["term fined"]
    assert told["end horizon"].startswith("terminated after 6 rounds of two stages")
    assert "horizon that players do not know" in told["end cap"]


@pytest.mark.parametrize(
    ("params", "ends"),
    [
        ({"horizon": 5}, {"horizon": "not with", "cap": "truncated after 5 rounds", "chance": "not with"}),
        ({"horizon": 5, "horizon_known": True}, {"horizon": "terminated after 5 rounds", "cap": "not with"}),
        (
            {"horizon": None, "continuation": 0.9},
            {"horizon": "not with", "cap": "not with", "chance": "terminated: after"},
        ),
    ],
)
def test_the_ends_that_are_told_are_those_that_come(params, ends):
    told = dict(sheet_of(GAME, "Players, reward and ends", **params).rows)
    assert all(told[f"end {reason}"].startswith(said) for reason, said in ends.items())
    world = dynenvs.make_world(GAME, 200, autoreset="disabled", seats=["always_cooperate", "external"], **params)
    world.reset(seeds=1)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    come = {world.layout.end_reasons[code] for code in world.buffers.end_reason.ravel()}
    assert come == {reason for reason in ends if not told[f"end {reason}"].startswith("not with")}


ANT = "dynenvs/RobustAnt-v0"


def info(*arguments, columns="80"):
    result = CliRunner(env={"COLUMNS": columns}).invoke(main, ["info", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ((), "Background policies: 1, which can sit on no seat with these parameters; random_legal can sit on any"),
        (
            ("-p", "varies=adversary"),
            "Background policies: 1, which can sit on seat 1 (nature) alone; random_legal can sit on any",
        ),
    ],
)
def test_a_policy_of_nature_alone_is_said_to_be_one(params, told):
    output = " ".join(info("dynenvs/RobustCartPole-v0", *params).split())
    assert told in output
    assert "nominal plays nature (varies='adversary') and leaves the parameters as they were given" in output


def test_policies_that_can_sit_anywhere_are_said_to():
    assert "65, each of which can sit on a seat, as can random_legal" in info(GAME)


@pytest.mark.parametrize(
    ("env_id", "params"),
    [(env_id, {}) for env_id in dynenvs.env_ids()]
    + [(env_id, {"varies": "adversary"}) for env_id in dynenvs.env_ids() if "/Robust" in env_id],
)
def test_the_seats_of_background_policies_are_those_that_take_them(env_id, params):
    world = dynenvs.make_world(env_id, **params)
    taken = []
    for name in world.background_policies()[:1]:
        for seat in range(world.num_agents):
            seats = ["external"] * world.num_agents
            seats[seat] = name
            try:
                world.set_seats(seats)
                taken.append(seat)
            except dynenvs.core.errors.ParameterError:
                pass
    assert not taken or tuple(taken) == type(world).background_seats(world.params)


def test_a_weight_below_zero_is_taken_away():
    rows = dict(sheet_of(ANT, "Players, reward and ends").rows)
    assert rows["reward"] == "1 x forward + 1 x healthy - 0.5 x effort - 0.0005 x contact"
    layout = WorldLayout(
        roles=dynenvs.make_world(GAME).layout.roles,
        reward_terms={"toil": -1.0, "harvest": 2.0, "luck": 0.0},
        end_reasons=("running", "end"),
        player_names=("a", "b"),
    )
    assert dict(_of_outcome(layout, {}).rows)["reward"] == "-1 x toil + 2 x harvest + 0 x luck"


def test_names_stay_whole_in_a_terminal_of_80_columns():
    output = info(ANT, "-p", "varies=adversary")
    assert max(map(len, output.splitlines())) <= 240  # a line on presets is not wrapped, so that it can be copied
    observed = [line for line in output.splitlines() if line.startswith("  107 ")]
    assert observed == ["  107       front_right_leg_mass   [0, 1]                front_right_leg_mass,  "]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("onnx:runs/ant/policy.onnx", ["onnx:runs/ant/policy.onnx"]),
        (
            "onnx:runs/my_long_folder/ant_of_ppo/policy.onnx",
            ["onnx:runs/", "my_long_folder/", "ant_of_ppo/", "policy.onnx"],
        ),
        ("llm:m?a=1&b=2", ["llm:m?a=1&b=2"]),
        ("x" * 60, ["x" * 32, "x" * 28]),
    ],
)
def test_a_name_is_broken_where_a_piece_ends_and_numbers_give_way_first(name, lines):
    numbers = "6.333", "6.667 (4 to 11)", "6.333 (4 to 8)", "34.75 (29.5 to 39.62)"
    table = laid_out(("policy", "worst case", "worst, other starts", "CVaR", "mean"), [(name, *numbers)], 80)
    console = Console(width=80, file=io.StringIO())
    console.print(table)
    printed = console.file.getvalue()
    assert max(map(len, printed.splitlines())) <= 80
    below = printed.rpartition("─")[2]
    cells = [line[2:].split("  ")[0].strip() for line in below.splitlines()]
    assert [cell for cell in cells if cell] == lines
