"""The page of a transcript in a real browser: stepped through, dark, narrow, without script, and attacked."""

import json

import pytest
from playwright.sync_api import expect

from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs_agents.llm.models import Reply, Usage
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.scripted import ScriptedModel
from dynenvs_agents.llm.viewer import write_transcript_page

from ..agents.llm.spoken_games import COOPERATE, GAME, transcript_of, varied_transcript
from .attacks import ATTACKS
from .screens import PHONE, assert_fits

pytestmark = pytest.mark.browser


def page_of(path):
    page = path.with_suffix(".html")
    write_transcript_page(path, page)
    return page


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    return page_of(varied_transcript(tmp_path_factory.mktemp("transcripts")))


def place(page):
    return page.locator("#place").inner_text()


def card(page, name="llm:scripted"):
    return page.locator("article", has=page.get_by_role("heading", name=name))


def go_to(page, step):
    page.keyboard.press("Home")
    for _ in range(step):
        page.keyboard.press("ArrowRight")


def test_it_opens_at_the_first_step_and_says_what_was_played(varied, visit):
    page = visit(varied)
    assert page.title() == "llm:scripted vs tit_for_tat · dynenvs transcript"
    assert page.get_by_role("heading", level=1).inner_text() == "llm:scripted vs tit_for_tat"
    assert place(page) == "Step 1 of 6"
    facts = page.locator("#facts").inner_text()
    assert "Valid replies\n5 of 8" in facts
    assert "Plays again\nyes, to the same states" in facts
    assert "Fallbacks\n1" in facts


def test_a_seed_is_told_to_the_last_digit(tmp_path, visit):
    page = visit(page_of(transcript_of(tmp_path, [COOPERATE], seed=2**63 + 1)))
    assert "Seed\n9223372036854775809\n" in page.locator("#facts").inner_text()


def test_rules_that_were_sent_before_are_folded_away(tmp_path, visit):
    page = visit(page_of(transcript_of(tmp_path, [COOPERATE], horizon=2, history=False)))
    assert page.get_by_text("Payoffs of a round:").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.get_by_text("Round 2.").is_visible()
    assert not page.get_by_text("Payoffs of a round:").is_visible()
    page.get_by_text("1 message before").click()
    assert page.get_by_text("Payoffs of a round:").is_visible()


def test_the_keyboard_steps_through_the_game(varied, visit):
    page = visit(varied)
    page.keyboard.press("ArrowRight")
    assert place(page) == "Step 2 of 6"
    assert page.url.endswith("#2")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert place(page) == "Step 6 of 6"
    page.keyboard.press("ArrowLeft")
    assert place(page) == "Step 5 of 6"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert place(page) == "Start, 6 steps"
    assert "The game has not begun." in card(page).inner_text()


def test_the_knob_stands_over_the_cell_of_its_step(varied, visit):
    page = visit(varied)
    last = int(page.get_by_role("slider").get_attribute("max"))
    slider = page.get_by_role("slider").bounding_box()
    for step in range(last + 1):
        cell = page.locator(".strip").first.locator(".cell").nth(step).bounding_box()
        knob = slider["x"] + 8 + (slider["width"] - 16) * step / last
        assert abs(knob - (cell["x"] + cell["width"] / 2)) < 3


def test_the_slider_the_buttons_and_the_strip_lead_to_the_same_steps(varied, visit):
    page = visit(varied)
    page.get_by_role("slider").fill("4")
    assert place(page) == "Step 4 of 6"
    page.get_by_role("button", name="One step on").click()
    assert place(page) == "Step 5 of 6"
    page.locator(".cell[title^='Step 2:']").click()
    assert place(page) == "Step 2 of 6"
    assert page.get_by_role("slider").input_value() == "2"
    page.get_by_role("button", name="Last step").click()
    assert place(page) == "Step 6 of 6"


def test_a_link_leads_to_a_step(varied, visit):
    page = visit(varied)
    page.goto(varied.as_uri() + "#3")
    assert place(page) == "Step 3 of 6"
    page.goto(varied.as_uri() + "#nonsense")
    assert place(page) in ("Start, 6 steps", "Step 1 of 6")


def test_it_plays_by_itself_until_the_end(varied, visit):
    page = visit(varied)
    page.clock.install()
    page.reload()
    page.keyboard.press("Space")
    page.clock.run_for(1000)
    assert place(page) == "Step 2 of 6"
    page.clock.run_for(60_000)
    assert place(page) == "Step 6 of 6"
    assert page.get_by_role("button", name="Play", exact=True).is_visible()


def test_each_step_shows_what_was_asked_answered_and_made_of_it(varied, visit):
    page = visit(varied)
    first = card(page)
    assert "Payoffs of a round:" in first.inner_text()
    assert first.locator(".answer").inner_text() == COOPERATE
    go_to(page, 3)
    assert card(page).locator(".badge").all_inner_texts() == ["embedded"]
    go_to(page, 4)
    repaired = card(page)
    assert repaired.get_by_role("heading", level=3).all_inner_texts() == ["Decision", "Repair"]
    assert repaired.locator(".badge").all_inner_texts() == ["not json", "json"]
    assert "expected one JSON object and nothing else" in repaired.locator(".reason").inner_text()
    go_to(page, 5)
    assert card(page).locator(".badge").all_inner_texts() == ["by the world's rule", "lost to thinking", "not json"]
    assert card(page).locator(".nothing").inner_text() == "no answer"
    kinds = page.locator(".strip .cell:not(.start)").evaluate_all("cells => cells.map((cell) => cell.classList[1])")
    assert kinds == ["clean", "clean", "recovered", "repaired", "fallback", "clean"]


def test_prompts_fold_and_stay_as_they_were_put(varied, visit):
    page = visit(varied)
    assert page.get_by_text("Payoffs of a round:").is_visible()
    page.keyboard.press("p")
    assert not page.get_by_text("Payoffs of a round:").is_visible()
    page.keyboard.press("ArrowRight")
    assert not page.get_by_text("Round 2.").is_visible()
    page.get_by_text("Asked", exact=True).click()
    assert page.get_by_text("Round 2.").is_visible()


def test_the_conversation_before_can_be_unfolded_in_full(varied, visit):
    page = visit(varied)
    go_to(page, 4)
    page.get_by_text("7 messages before").click()
    told = card(page).locator(".exchange").first.locator(".past .message").all_inner_texts()
    assert len(told) == 7
    assert told[0].startswith("system")
    assert "Payoffs of a round:" in told[0]
    assert COOPERATE in told[2]


def test_thinking_and_details_are_there_and_folded(varied, visit):
    page = visit(varied)
    go_to(page, 2)
    thinking = page.get_by_text("If I defect now, I earn five.")
    assert not thinking.is_visible()
    page.get_by_text("Thinking, 29 characters").click()
    assert thinking.is_visible()
    page.get_by_text("Details").click()
    assert '"structured": "json_schema"' in card(page).locator(".details pre").inner_text()
    assert "400 + 30 tokens · 0.5 s · 2 attempts" in card(page).inner_text()


def test_likely_and_unlikely_tokens_are_told_apart(varied, visit):
    page = visit(varied)
    go_to(page, 6)
    tokens = page.locator(".token")
    assert tokens.all_inner_texts() == ['{"move": "', "cooperate", '"}']
    assert tokens.nth(1).get_attribute("title") == '30.1 %\n"defect" 67.0 %'
    assert tokens.evaluate_all("all => all.map((one) => one.classList[1])") == ["p4", "p1", "p4"]


def test_rewards_and_returns_add_up(varied, visit):
    page = visit(varied)
    go_to(page, 2)
    assert "+5 return 8" in card(page).inner_text()
    assert "+0 return 3" in card(page, "tit_for_tat").inner_text()


def test_every_step_has_its_picture(varied, visit):
    page = visit(varied)
    shown = set()
    for step in range(7):
        go_to(page, step)
        page.wait_for_function("document.getElementById('picture').complete")
        assert page.evaluate("document.getElementById('picture').naturalWidth") == 800
        shown.add(page.locator("#picture").get_attribute("src"))
    assert len(shown) == 7


def test_a_game_that_does_not_play_again_says_so(tmp_path, visit):
    path = varied_transcript(tmp_path)
    path.write_text(path.read_text().replace('"rewards":[5.0,0.0]', '"rewards":[4.0,0.0]', 1))
    page = visit(page_of(path))
    assert "no: step 1: rewards are [5.0, 0.0]" in page.locator("#facts").inner_text()
    page.keyboard.press("End")
    assert not page.locator("#picture").is_visible()
    assert "No picture: step 1" in page.locator("figcaption").inner_text()


def test_a_page_that_cannot_show_its_transcript_says_so(tmp_path, browser):
    path = page_of(transcript_of(tmp_path, [COOPERATE]))
    path.write_text(path.read_text().replace('"usage":', '"use":'))
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    assert "This transcript cannot be shown: " in page.locator("#notice").inner_text()
    assert page.locator("#notice").is_visible()
    context.close()


def test_two_models_stand_side_by_side(tmp_path, visit):
    models = [LanguagePolicy(ScriptedModel([COOPERATE], name=name, repeat=True), GAME) for name in ("ann", "bob")]
    play_matchups(GAME, [Matchup(tuple(models), "", (0, 1))], [1], transcripts=tmp_path, horizon=2)
    (path,) = tmp_path.iterdir()
    page = visit(page_of(path), viewport={"width": 1400, "height": 900})
    left, right = (card(page, f"llm:{name}").bounding_box() for name in ("ann", "bob"))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    assert page.locator(".strip").count() == 2


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_follows_the_system_until_one_is_chosen(varied, visit, scheme, other):
    page = visit(varied, color_scheme=scheme)
    shades = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}
    expect(page.locator("body")).to_have_css("background-color", shades[scheme])
    page.get_by_role("button", name=f"{other} theme").click()
    expect(page.locator("body")).to_have_css("background-color", shades[other])


@pytest.mark.parametrize("width", [360, 768])
def test_narrow_screens_need_no_sideways_scrolling(varied, visit, width):
    page = visit(varied, viewport={"width": width, "height": 740})
    for step in range(7):
        go_to(page, step)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_phone_shows_all_in_letters_and_buttons_of_a_good_size(varied, visit):
    page = visit(varied, **PHONE)
    for step in range(7):
        go_to(page, step)
        assert_fits(page)
    page.get_by_role("button", name="Larger picture").click()
    assert page.locator("#picture").bounding_box()["width"] == 802  # with its frame
    assert_fits(page)


def test_on_a_phone_the_buttons_stay_and_leave_room(varied, visit):
    page = visit(varied, **PHONE)
    go_to(page, 5)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    line = page.locator(".line").bounding_box()
    assert line["y"] == 0
    assert line["height"] < 812 / 7
    page.get_by_role("button", name="One step on").click()
    assert place(page) == "Step 6 of 6"


def test_without_script_the_page_says_what_it_needs(varied, visit):
    page = visit(varied, java_script_enabled=False)
    assert page.get_by_text("This page shows its transcript with a script").is_visible()
    assert not page.locator("main").is_visible()


def hostile(text):
    """A reply that is hostile wherever it can be."""
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    return Reply(text=text, reasoning=text, tool_calls=(), finish_reason=text, usage=usage, model=text)


def test_hostile_words_are_shown_as_text(tmp_path, visit):
    path = transcript_of(tmp_path, [hostile(text) for text in ATTACKS for _ in range(2)], horizon=len(ATTACKS))
    path.write_text(path.read_text().replace('"llm:scripted"', json.dumps(ATTACKS[0])))
    page = visit(page_of(path))
    assert page.title().startswith(ATTACKS[0])
    assert page.get_by_role("heading", level=1).inner_text().startswith(ATTACKS[0])
    for step, text in enumerate(ATTACKS, start=1):
        go_to(page, step)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert page.locator(".answer").first.inner_text() == text
        assert page.locator(".thinking pre").first.inner_text() == text
    assert page.evaluate("window.attacked") is None
    assert page.locator("main script, main style, main svg, main img:not(#picture), [onerror], [onload]").count() == 0


def test_a_hostile_picture_runs_nothing(tmp_path, visit):
    path = transcript_of(tmp_path, [COOPERATE])
    path.write_text(path.read_text().replace('"tit_for_tat"]', json.dumps(ATTACKS[3]) + "]"))
    page = visit(page_of(path))
    page.wait_for_function("document.getElementById('picture').complete")
    assert page.evaluate("window.attacked") is None


def test_the_policy_of_the_page_lets_no_other_script_run(varied, browser):
    context = browser.new_context()
    page = context.new_page()
    blocked = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto(varied.as_uri())
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.attacked = 1";
            document.body.append(script);
            document.getElementById("picture").src = "http://localhost:9/x.png";
        }"""
    )
    page.wait_for_function("document.getElementById('picture').complete")
    assert page.evaluate("window.attacked") is None
    assert len(blocked) == 2
    assert all("Content Security Policy" in text for text in blocked)
    context.close()
