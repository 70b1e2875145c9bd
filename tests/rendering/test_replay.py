"""Replays as pages: made from scenes, of any world that draws."""

import json
import re

import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.registration import room
from dynenvs.rendering.replay import replay_page
from dynenvs.rendering.scenes import scene_of

DRAWN = [env_id for env_id in dynenvs.env_ids() if dynenvs.spec(env_id).rendering]


def scenes(env_id, steps=3):
    policies = dynenvs.make_world(env_id).background_policies() if agents(env_id) > 1 else ()
    world = dynenvs.make_world(env_id, seats=[*policies[:1], "external"][:1] * agents(env_id))
    world.reset(1)
    yield scene_of(room(env_id, "rendering"), world)
    for _ in range(steps):
        world.step(world.idle_actions)
        yield scene_of(room(env_id, "rendering"), world)


def agents(env_id):
    return dynenvs.make_world(env_id).num_agents


def said(page):
    return json.loads(re.search(r'<script type="application/json" id="replay">(.*?)</script>', page)[1])


@pytest.mark.parametrize("env_id", DRAWN)
def test_every_environment_that_draws_has_a_page(env_id):
    page = replay_page(scenes(env_id), title="a game", env_id=env_id)
    document = said(page)
    assert len(document["scenes"]) == len(document["pictures"]) == len(document["nights"]) == 4
    assert document["scenes"][0]["label"] != document["scenes"][1]["label"]
    assert all(len(scene["values"]) == len(document["curves"]) > 0 for scene in document["scenes"])
    assert replay_page(scenes(env_id), title="a game", env_id=env_id) == page


def test_pictures_share_their_lines():
    document = said(replay_page(scenes(DRAWN[0]), title="a game", env_id=DRAWN[0]))
    assert len(document["lines"]) == len(set(document["lines"]))
    drawn = "\n".join(document["lines"][line] for line in document["pictures"][0])
    assert drawn.startswith("<svg")
    assert drawn.endswith("</svg>")


def test_a_page_names_nothing_outside_itself():
    page = replay_page(scenes(DRAWN[0]), title="a game", env_id=DRAWN[0])
    links = set(re.findall(r"https?://[^'\"\s\\]+", page))
    assert links == {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches


def test_a_title_is_text():
    page = replay_page(scenes(DRAWN[0]), title="</title><script>", env_id="<b>", facts=[("<i>", "</script>")])
    assert "<title>&lt;/title&gt;&lt;script&gt; · dynenvs replay</title>" in page
    assert page.count("</script>") == 2
    assert said(page)["facts"] == [["<i>", "</script>"]]


def test_a_replay_of_nothing_is_refused():
    with pytest.raises(ParameterError, match="expected at least one scene"):
        replay_page([], title="a game", env_id="x")
