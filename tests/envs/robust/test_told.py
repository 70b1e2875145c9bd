"""What `dynenvs info` says of the robust worlds in words: enough to know what to do, without reading code."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.cli import main
from dynenvs.cli.description import sheets

ROBUST = [env_id for env_id in dynenvs.env_ids() if "envs.robust" in dynenvs.spec(env_id).world]
CONTROL = [env_id for env_id in ROBUST if "Robust" in env_id]
PURE = re.compile(
    "quaternion|in N m, then|in kg m2, mass|in rad/s, then|cosine|sine|from 0 at .* to 1 at|^1 if|one-hot|state of"
    "|from 0 for the first"
)
"""Fields without a unit are pure numbers, or hold several units, and say which."""

PAGE = Path(dynenvs.__file__).parent / "envs/robust/README.md"


def outcome(env_id, **params):
    told = sheets(env_id, dynenvs.make_params(env_id, **params))
    return dict(next(sheet.rows for sheet in told if sheet.title == "Players, reward and ends"))


@pytest.mark.parametrize("env_id", ROBUST)
def test_info_says_in_words_what_pays_and_what_ends_an_episode(env_id):
    told, layout = outcome(env_id), dynenvs.make_world(env_id).layout
    for name in layout.reward_terms:
        assert len(told[f"term {name}"].split()) >= 5
    for reason in layout.end_reasons[1:]:
        assert told[f"end {reason}"].startswith(("terminated: ", "truncated after "))
    assert told["end horizon"].startswith(f"truncated after {dynenvs.make_params(env_id).horizon} steps")
    assert set(told) - {"players", "reward", "ends by", "model", "uncertain", "physics", "nature"} == {
        *(f"term {name}" for name in layout.reward_terms),
        *(f"end {reason}" for reason in layout.end_reasons[1:]),
    }


@pytest.mark.parametrize("env_id", ROBUST)
def test_every_field_that_is_seen_has_a_unit_or_is_a_pure_number(env_id):
    params = {"varies": "adversary"} if env_id in CONTROL else {}
    for role in dynenvs.make_world(env_id, **params).layout.roles:
        for field in role.observation.fields:
            assert field.about
            assert field.unit or PURE.search(field.about), field.name


@pytest.mark.parametrize("env_id", CONTROL)
def test_every_parameter_has_a_unit_that_its_meaning_names(env_id):
    params = dynenvs.make_params(env_id)
    (table,) = [sheet for sheet in sheets(env_id, params) if sheet.title == "Parameters"]
    meanings = {name: meaning for name, _, meaning in table.rows}
    for name, parameter in params.PHYSICS.items():
        if name == "friction":  # a pure number
            continue
        unit = {"s": "Seconds"}.get(parameter.unit, parameter.unit)
        assert unit
        assert unit in meanings[name], name


@pytest.mark.parametrize("env_id", CONTROL)
def test_info_says_who_chooses_the_physics_and_what_nature_wants_and_does(env_id):
    known = dynenvs.make_params(env_id)
    first = next(iter(known.uncertain))
    assert "reset(options={'params': {'NAME': VALUE}})" in outcome(env_id)["physics"]
    assert "with varies='adversary' it is a second player" in outcome(env_id)["nature"]
    assert "drawn for each episode" in outcome(env_id, varies="episode")["physics"]
    tasks = ({first: known.uncertain[first][0]}, {})
    assert (
        "2 tasks follow each other, 3 episodes each"
        in (outcome(env_id, varies="tasks", tasks=tasks, task_episodes=3)["physics"])
    )
    told = outcome(env_id, varies="adversary")
    assert "set by nature" in told["physics"]
    for words in ("goal is the agent's least return", "sets the uncertain parameters for each step"):
        assert words in told["nature"]
    assert "nominal leaves the parameters" in told["nature's policy"]
    assert all(name in told["uncertain"] for name in known.uncertain)
    heads = dynenvs.make_world(env_id, varies="adversary").layout.roles[1].actions.heads
    assert [head.unit for head in heads] == [known.PHYSICS[name].unit for name in known.uncertain]


def test_a_terminal_shows_it():
    asked = CliRunner(env={"COLUMNS": "300"})
    shown = asked.invoke(main, ["info", "dynenvs/RobustCartPole-v0", "-p", "varies=adversary"]).output
    assert re.search(r"end fell +terminated: the cart is more than 2.4 m from the middle", shown)
    assert re.search(r"term reward +1 for each step, the one in which the pole falls too", shown)
    assert "masspole 0.05 to 2 kg" in shown


@pytest.mark.parametrize("env_id", CONTROL)
def test_the_page_says_the_same(env_id):
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for name, told in outcome(env_id).items():
        if name.startswith(("term ", "end ")) and name != "end horizon":
            assert told.removeprefix("terminated: ") in page, (name, told)
