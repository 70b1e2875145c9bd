"""The page of a replay in a real browser: stepped through, dark, narrow, without script, and attacked."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

import dynenvs
from dynenvs.cli.render import Game as Episode
from dynenvs.cli.render import of_record, of_transcript, play, write_page
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.transcripts import read_transcript
from dynenvs.registration import room
from dynenvs.rendering.replay import replay_page
from dynenvs.rendering.scenes import scene_of

from .attacks import ATTACKS
from .screens import PHONE, assert_fits

pytestmark = pytest.mark.browser

GAME = "dynenvs/Escalation-v0"
DRAWING = room(GAME, "rendering")
MIXED = ("dove", "hawk", "tit_for_tat_diplomat", "deterrer", "opportunist", "random", "dove", "hawk")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    page = tmp_path_factory.mktemp("replays") / "game.html"
    params = {"scenario": "invasion"}
    moments = play(GAME, MIXED, steps=200, seed=3, params=params)
    write_page(DRAWING, Episode(GAME, {"seed": 3, **params}, moments), page)
    return page


@pytest.fixture(scope="module")
def days():
    """What happens in the game of the page, day by day."""
    return [
        (scene_of(DRAWING, world), world.state.values[0].copy())
        for world in play(GAME, MIXED, steps=200, seed=3, params={"scenario": "invasion"})
    ]


def place(page):
    return page.locator("#place").inner_text()


def row(page, nation):
    return page.locator("#table tbody tr", has=page.get_by_role("rowheader", name=nation, exact=True))


def test_it_opens_before_the_first_day_and_says_what_is_played(fresh, visit):
    page = visit(fresh)
    assert place(page) == "Before day 1 of 14"
    assert page.title() == "dove vs hawk vs tit_for_tat_diplomat vs deterrer vs opportunist vs random · dynenvs replay"
    assert page.locator("#env").inner_text() == GAME
    assert "scenario\ninvasion" in page.locator("#facts").inner_text()
    assert "Orange has sent its army" in page.locator("#words").inner_text()
    assert page.locator("#events").inner_text() == "Nothing yet."


def test_the_slider_leads_to_a_day_with_its_numbers_and_actions(fresh, days, visit):
    page = visit(fresh)
    for day in (4, 9):
        page.get_by_role("slider").fill(str(day))
        scene, values = days[day]
        assert place(page) == f"Day {day} of 14"
        events = page.locator("#events li")
        assert events.count() == len(scene.events)
        assert scene.events[0].text in events.first.inner_text()
        assert scene.events[0].kind in events.first.inner_text()
        cells = row(page, "Purple").locator("td").all_inner_texts()
        assert cells[0] == "dove"
        assert float(cells[2].split("\n")[0]) == pytest.approx(values[0, 1])
        assert page.locator("#cursor").get_attribute("x1") != "44"
        mean = page.locator("#legend li").last
        assert mean.inner_text().startswith("mean")
        assert float(mean.locator("b").inner_text().replace("\N{MINUS SIGN}", "-")) == pytest.approx(
            scene.curves[-1].value, abs=0.01
        )


def test_every_day_has_its_picture(fresh, visit):
    page = visit(fresh)
    shown = set()
    for _ in range(15):
        page.wait_for_function("document.getElementById('picture').complete")
        assert page.evaluate("document.getElementById('picture').naturalWidth") == 690
        shown.add(page.locator("#picture").get_attribute("src"))
        page.keyboard.press("ArrowRight")
    assert len(shown) == 15


def test_the_keyboard_steps_and_plays(fresh, visit):
    page = visit(fresh)
    page.clock.install()
    page.reload()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place(page) == "Day 2 of 14"
    assert page.url.endswith("#2")
    page.keyboard.press("ArrowLeft")
    assert place(page) == "Day 1 of 14"
    page.keyboard.press("Space")
    page.clock.run_for(1200)
    assert place(page) == "Day 2 of 14"
    page.clock.run_for(60_000)
    assert place(page) == "Day 14 of 14, over"
    assert page.get_by_role("button", name="Play", exact=True).is_visible()
    page.keyboard.press("Home")
    assert place(page) == "Before day 1 of 14"
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert place(page) == "Day 14 of 14, over"


def test_all_is_reached_by_tab(fresh, visit):
    page = visit(fresh)
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached == ["theme", "first", "back", "play", "on", "last", "slider", "events", "words", "scroll"]
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Pause").is_visible()


def test_buttons_strip_and_chart_lead_to_the_same_days(fresh, visit):
    page = visit(fresh)
    page.get_by_role("button", name="One on").click()
    assert place(page) == "Day 1 of 14"
    page.locator(".cell[title='Day 6 of 14']").click()
    assert place(page) == "Day 6 of 14"
    box = page.locator("#chart").bounding_box()
    x = box["x"] + (44 + (590 - 44) * 10 / 14) / 600 * box["width"]
    page.mouse.click(x, box["y"] + box["height"] / 2)
    assert place(page) == "Day 10 of 14"
    page.get_by_role("button", name="Last moment").click()
    assert place(page) == "Day 14 of 14, over"


@pytest.mark.parametrize("day", [0, 7, 14])
def test_the_knob_stands_over_its_day(fresh, visit, day):
    page = visit(fresh)
    page.get_by_role("slider").fill(str(day))
    slider, cell = (page.locator(name).bounding_box() for name in ("#slider", ".cell.here"))
    knob = slider["x"] + 8 + (slider["width"] - 16) * day / 14
    assert knob == pytest.approx(cell["x"] + cell["width"] / 2, abs=1.5)


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_page_and_map_follow_the_system_until_a_theme_is_chosen(fresh, visit, scheme, other):
    page = visit(fresh, color_scheme=scheme)
    shades = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}
    seas = {"light": "%23eef3f7", "dark": "%2318212b"}
    for theme in (scheme, other):
        expect(page.locator("body")).to_have_css("background-color", shades[theme])
        expect(page.locator("#picture")).to_have_attribute("src", re.compile(seas[theme]))
        page.get_by_role("button", name=f"{other} theme").click() if theme == scheme else None


@pytest.mark.parametrize("width", [360, 768])
def test_narrow_screens_need_no_sideways_scrolling(fresh, visit, width):
    page = visit(fresh, viewport={"width": width, "height": 740})
    for _ in range(15):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("day", [0, 7])
def test_a_phone_shows_all_in_letters_and_buttons_of_a_good_size(fresh, visit, day):
    page = visit(fresh, **PHONE)
    page.get_by_role("slider").fill(str(day))
    assert_fits(page)


def test_on_a_phone_the_nation_stays_in_sight_while_its_numbers_go_by(fresh, visit):
    page = visit(fresh, **PHONE)
    box, nation = page.locator(".scroll"), page.locator("#table tbody th").first
    before = nation.bounding_box()
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert nation.bounding_box() == before
    last = page.locator("#table tbody tr").first.locator("td").last.bounding_box()
    assert before["x"] + before["width"] <= last["x"] < 375


def test_the_chart_is_drawn_anew_when_the_page_becomes_narrow(fresh, visit):
    page = visit(fresh)
    page.get_by_role("slider").fill("7")
    numbers = page.locator("#chart text")
    wide = numbers.count()
    page.set_viewport_size(PHONE["viewport"])
    expect(page.locator("#chart")).to_have_attribute("viewBox", "0 0 343 200")
    assert 8 < numbers.count() < wide
    days = page.locator("#chart text[text-anchor=middle]")
    places = [day.bounding_box() for day in days.all()]
    assert all(one["x"] + one["width"] < other["x"] for one, other in pairwise(places))
    cursor = page.locator("#cursor").bounding_box()["x"]
    assert cursor == pytest.approx(16 + 44 + (333 - 44) * 7 / 14, abs=2)
    page.locator("#chart").click(position={"x": 44 + (333 - 44) * 10 / 14, "y": 50})
    assert place(page) == "Day 10 of 14"


def test_a_phone_can_look_at_the_picture_in_its_full_size(fresh, visit):
    page = visit(fresh, **PHONE)
    button, picture = page.get_by_role("button", name="Larger picture"), page.locator("#picture")
    assert picture.bounding_box()["width"] == 343
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert picture.bounding_box()["width"] == 690
    assert_fits(page)
    button.click()
    assert picture.bounding_box()["width"] == 343


def test_without_script_the_page_says_what_it_needs(fresh, visit):
    page = visit(fresh, java_script_enabled=False)
    assert page.get_by_text("This page shows its replay with a script").is_visible()
    assert not page.locator("main").is_visible()


def test_a_record_and_its_transcript_give_the_same_days(tmp_path, visit):
    (record,) = evaluate(
        GAME, ["random_legal"], opponents=["hawk"], episodes=1, seed=5, transcripts=tmp_path / "said", days=3
    )
    (transcript,) = (tmp_path / "said").iterdir()
    games = {"record": of_record(record, {}), "transcript": of_transcript(read_transcript(transcript))}
    shown = {}
    for name, game in games.items():
        write_page(DRAWING, game, tmp_path / f"{name}.html")
        page = visit(tmp_path / f"{name}.html")
        assert page.get_by_role("heading", level=1).inner_text() == "random_legal vs hawk"
        page.keyboard.press("End")
        assert place(page) == "Day 3 of 3, over"
        shown[name] = page.locator("main").inner_text()
    assert shown["record"] == shown["transcript"]


def test_hostile_words_are_shown_as_text(tmp_path, visit):
    world = dynenvs.make_world(GAME, seats=["wait"] * 8, days=1)
    world.reset(0)
    scenes = [scene_of(DRAWING, world)]
    for text in ATTACKS:
        world.say(0, 2, text)
    world.step(world.idle_actions)
    scenes.append(scene_of(DRAWING, world))
    path = tmp_path / "hostile.html"
    path.write_text(replay_page(scenes, title=ATTACKS[0], env_id=ATTACKS[1], facts=[(ATTACKS[2], ATTACKS[3])]))
    page = visit(path)
    page.keyboard.press("End")
    assert page.get_by_role("heading", level=1).inner_text() == ATTACKS[0]
    assert [said.removeprefix("Pink\n") for said in page.locator("blockquote").all_inner_texts()] == ATTACKS
    assert page.evaluate("window.attacked") is None
    assert page.locator("main script, main style, main img:not(#picture), [onerror], [onload]").count() == 0


def test_worlds_without_scenes_of_their_own_are_stepped_through_as_well(tmp_path, visit):
    env_id = "dynenvs/RepeatedGame-v0"
    moments = play(env_id, ("tit_for_tat", "bully"), steps=5, seed=1, params={})
    write_page(room(env_id, "rendering"), Episode(env_id, {}, moments), tmp_path / "game.html")
    page = visit(tmp_path / "game.html", color_scheme="dark")
    page.keyboard.press("End")
    assert place(page) == "Step 5"
    assert page.locator("#legend li").all_inner_texts()[0].startswith("row: tit_for_tat")
    assert not page.locator("#table-section").is_visible()
    assert not page.locator("#events-section").is_visible()
