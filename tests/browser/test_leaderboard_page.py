"""The leaderboard in a real browser: sorted, filtered, dark, narrow, without script, and attacked."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dynenvs.leaderboard.boards import write_entry
from dynenvs.leaderboard.site import build_site

from ..leaderboard.examples import make_board, make_entry, make_leaderboards
from .attacks import ATTACKS
from .screens import BOX_OF_LETTERS, PHONE, assert_fits

pytestmark = pytest.mark.browser

BOARDS = Path(__file__).parents[2] / "leaderboards"
PAGES = ["index", *sorted(path.parent.name for path in BOARDS.glob("*/board.json"))]
BEST_FIRST = ["ppo", "tit_for_tat", "always_defect"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaderboards")
    return build_site(make_leaderboards(folder / "boards"), folder / "site").parent


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The site of the boards that stand in the repository."""
    return build_site(BOARDS, tmp_path_factory.mktemp("published")).parent


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing on standard error."""


@pytest.fixture
def served(site):
    """The site as from a server: what pages that are opened from disk store, Chromium now and then forgets."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def policies(page):
    return page.locator(".ranking tbody tr:visible th.policy a").all_inner_texts()


def header(page, name):
    return page.locator(".ranking thead th", has_text=name)


def test_a_click_on_a_header_sorts_and_another_one_turns_it_round(site, visit):
    page = visit(site / "noisy.html")
    assert policies(page) == BEST_FIRST
    assert header(page, "Rank").get_attribute("aria-sort") == "ascending"
    header(page, "Policy").get_by_role("button").click()
    assert policies(page) == ["always_defect", "ppo", "tit_for_tat"]
    assert header(page, "Policy").get_attribute("aria-sort") == "ascending"
    assert header(page, "Rank").get_attribute("aria-sort") is None
    header(page, "Policy").get_by_role("button").click()
    assert policies(page) == ["tit_for_tat", "ppo", "always_defect"]
    assert header(page, "Policy").get_attribute("aria-sort") == "descending"


def test_the_keyboard_alone_sorts(site, visit):
    page = visit(site / "noisy.html")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('th')?.innerText.trim()") == "Payoff":
            break
    page.keyboard.press("Enter")
    assert header(page, "Payoff").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    assert policies(page) == BEST_FIRST[::-1]
    assert header(page, "Payoff").get_attribute("aria-sort") == "ascending"


def test_numbers_sort_as_numbers_and_what_is_missing_comes_last(tmp_path, visit):
    board = make_board(tmp_path / "boards/numbers")
    for policy, mean in (("ten", 10.0), ("nine", 9.0), ("minus", -1.0)):
        write_entry(board, make_entry(policy, mean=mean))
    write_entry(board, make_entry("none", mean=5.0, metrics={}))
    page = visit(build_site(tmp_path / "boards", tmp_path / "site").parent / "numbers.html")
    for expected in (["ten", "nine", "minus", "none"], ["minus", "nine", "ten", "none"]):
        header(page, "Cooperation").get_by_role("button").click()
        assert policies(page) == expected


def test_kind_and_search_filter_the_rows(site, visit):
    page = visit(site / "noisy.html")
    page.get_by_role("button", name="Scripted").click()
    assert policies(page) == ["tit_for_tat", "always_defect"]
    assert page.get_by_role("status").inner_text() == "2 of 3 entries."
    page.get_by_role("searchbox").fill("TAT tit")
    assert policies(page) == ["tit_for_tat"]
    page.get_by_role("button", name="All").click()
    page.get_by_role("searchbox").fill("")
    assert policies(page) == BEST_FIRST
    assert page.get_by_role("status").inner_text() == ""


def test_a_policy_links_to_its_entry_which_opens(site, visit):
    page = visit(site / "noisy.html")
    details = page.get_by_text("digest of tit_for_tat")
    assert not details.is_visible()
    page.locator(".ranking").get_by_role("link", name="tit_for_tat").click()
    assert details.is_visible()
    assert page.get_by_text("--policy tit_for_tat").is_visible()


def test_the_index_leads_to_the_boards_and_back(site, visit):
    page = visit(site / "index.html")
    page.get_by_role("link", name="Noisy dilemma").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Noisy dilemma"
    page.get_by_role("link", name="dynenvs leaderboards").click()
    page.get_by_role("link", name="Nobody yet").click()
    assert page.get_by_text("No entries yet.").is_visible()


def test_without_script_the_page_tells_the_same(site, visit):
    page = visit(site / "noisy.html", java_script_enabled=False)
    assert policies(page) == BEST_FIRST
    assert page.get_by_role("searchbox").count() == 0
    assert not page.locator(".theme").is_visible()
    page.locator("summary", has_text="always_defect").click()
    assert page.get_by_text("digest of always_defect").is_visible()


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_follows_the_system_until_one_is_chosen(site, visit, scheme, other):
    page = visit(site / "noisy.html", color_scheme=scheme)
    shades = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}
    expect(page.locator("body")).to_have_css("background-color", shades[scheme])
    page.get_by_role("button", name=f"{other} theme").click()
    expect(page.locator("body")).to_have_css("background-color", shades[other])
    expect(page.get_by_role("button", name=f"{scheme} theme")).to_be_visible()


def test_a_theme_is_chosen_for_all_pages_and_for_good(served, browser):
    context = browser.new_context(color_scheme="light")
    pages = [context.new_page(), context.new_page()]
    for page, name in zip(pages, ("noisy", "index"), strict=True):
        page.goto(f"{served}/{name}.html")
    pages[0].get_by_role("button", name="Dark theme").click()
    for page in pages:  # the other one hears of it once it is stored
        expect(page.locator("body")).to_have_css("background-color", "rgb(18, 23, 29)")
        expect(page.get_by_role("button", name="Light theme")).to_be_visible()
    pages[0].reload()
    expect(pages[0].locator("body")).to_have_css("background-color", "rgb(18, 23, 29)")
    context.close()


@pytest.mark.parametrize("name", ["index.html", "noisy.html"])
def test_a_phone_needs_no_sideways_scrolling(site, visit, name):
    page = visit(site / name, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_all_in_letters_and_buttons_of_a_good_size(published, visit, name):
    page = visit(published / f"{name}.html", **PHONE)
    assert_fits(page)
    if page.locator("summary").count():
        page.locator("summary").first.click()
        assert page.get_by_text("Reproduce it").first.is_visible()
        assert_fits(page)


def test_who_it_is_stays_in_sight_while_the_columns_of_a_ranking_go_by(published, visit):
    page = visit(published / "noisy_prisoners_dilemma.html", **PHONE)
    box, rows = page.locator(".scroll", has=page.locator(".ranking")), page.locator(".ranking tbody tr")
    policy, last = rows.nth(2).locator("th"), rows.nth(2).locator("td.episodes")
    assert page.locator(".hint").first.is_visible()
    before = policy.bounding_box()["x"]
    assert last.bounding_box()["x"] > 375
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert policy.bounding_box()["x"] == pytest.approx(before, abs=3)
    assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 375
    assert last.bounding_box()["x"] >= before + policy.bounding_box()["width"]  # and is not hidden under it


def test_the_map_of_opponents_keeps_its_names_in_sight(published, visit):
    page = visit(published / "noisy_prisoners_dilemma.html", **PHONE)
    box, policy = page.locator(".scroll", has=page.locator(".heat")), page.locator(".heat tbody th").first
    before = policy.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert policy.bounding_box()["x"] == pytest.approx(before, abs=3)
    named = page.locator(".heat thead th").last
    assert named.inner_text() == "bully"
    assert named.bounding_box()["x"] < 375


def test_what_does_not_go_on_has_no_hint_and_no_stop_of_the_keyboard(published, visit):
    page = visit(published / "noisy_prisoners_dilemma.html", viewport={"width": 1440, "height": 900})
    page.wait_for_function("document.querySelector('.scroll').tabIndex === -1")
    assert not page.locator(".hint").first.is_visible()


@pytest.mark.parametrize("name", ["escalation_all_alike", "escalation_balanced", "robust_cart_pole"])
@pytest.mark.parametrize(("width", "frame"), [(375, "narrow"), (820, "wide"), (1440, "wide")])
def test_a_front_is_drawn_for_the_width_of_the_page_with_names_apart(published, visit, name, width, frame):
    page = visit(published / f"{name}.html", viewport={"width": width, "height": 900})
    assert [chart.get_attribute("class") for chart in page.locator(".front:visible").all()] == [f"front {frame}"]
    boxes = [text.evaluate(BOX_OF_LETTERS) for text in page.locator(".front:visible g text").all()]
    assert len(boxes) > 5
    for box in boxes:
        assert box["bottom"] - box["top"] >= 12
        assert 0 <= box["left"] < box["right"] <= width
    for one, other in combinations(boxes, 2):
        across = min(one["right"], other["right"]) - max(one["left"], other["left"])
        down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
        assert min(across, down) < 3  # lines of letters have margins


@pytest.mark.parametrize("name", PAGES)
def test_a_sheet_of_paper_holds_the_page_in_light_colours(published, visit, name):
    page = visit(published / f"{name}.html", viewport={"width": 718, "height": 1047}, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    assert page.locator(".scroll").evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth)") == []
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    assert page.locator(".controls, .theme, .hint, .front.narrow").filter(visible=True).count() == 0


def test_hostile_text_is_shown_as_text(tmp_path, visit):
    folder = make_board(
        tmp_path / "boards/hostile",
        **dict.fromkeys(("title", "about", "env_id", "unit"), ATTACKS[0]),
        opponents=ATTACKS[:2],
        params={ATTACKS[1]: ATTACKS[0]},
    )
    cells = make_entry().by_opponent
    for policy in ATTACKS:
        hostile = {
            "policy_digest": policy,
            "command": policy,
            "versions": {policy: policy},
            "metrics": {policy: make_entry().score},
            "by_opponent": dict(zip(ATTACKS[:2], cells.values(), strict=True)),
        }
        write_entry(folder, make_entry(policy, **hostile))
    site = build_site(tmp_path / "boards", tmp_path / "site").parent
    page = visit(site / "hostile.html")
    assert sorted(policies(page)) == sorted(ATTACKS)
    assert page.get_by_role("heading", level=1).inner_text() == ATTACKS[0]
    assert page.title().startswith(ATTACKS[0])
    assert page.evaluate("window.attacked") is None
    assert page.locator("img, main script, main style").count() == 0
    page.goto((site / "index.html").as_uri())
    assert page.locator(".card").get_by_role("heading", level=2).inner_text() == ATTACKS[0]
    assert page.evaluate("window.attacked") is None


def test_the_policy_of_the_page_lets_no_other_script_run(site, browser):
    context = browser.new_context()
    page = context.new_page()
    blocked = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto((site / "noisy.html").as_uri())
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.attacked = 1";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<img src='http://localhost:9/x.png'>");
        }"""
    )
    page.wait_for_function("document.images[0].complete")
    assert page.evaluate("window.attacked") is None
    assert len(blocked) == 2
    assert all("Content Security Policy" in text for text in blocked)
    context.close()
