import re
import shutil
import sys
from collections import Counter
from html.parser import HTMLParser

import pytest

from dynenvs.core.errors import CorruptFile, MissingExtra, ParameterError
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import write_entry
from dynenvs.leaderboard.site import build_site

from .examples import SCORES, make_board, make_entry, make_leaderboards

VOID = {"meta", "link", "input", "wbr", "br"}


class Page(HTMLParser):
    """The elements of a page, checked to be nested well."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]


def pages(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def site(tmp_path):
    build_site(make_leaderboards(tmp_path / "leaderboards"), tmp_path / "site")
    return tmp_path / "site"


def test_what_replies_cost_is_told_in_dollars(tmp_path):
    board = make_board(tmp_path / "boards" / "noisy")
    cost = Estimate(0.00078, 0.0007, 0.0009)
    write_entry(board, make_entry("llm:m", "llm", 2.0, metrics={"cost_usd_per_episode": cost}))
    build_site(tmp_path / "boards", tmp_path / "site")
    texts = [text.strip() for text in Page((tmp_path / "site" / "noisy.html").read_text()).texts]
    assert "Cost in US$ per episode" in texts
    assert "0.0008" in texts


def test_there_is_an_index_and_a_page_a_board(tmp_path):
    index = build_site(make_leaderboards(tmp_path / "leaderboards"), tmp_path / "site")
    assert index == tmp_path / "site/index.html"
    assert list(pages(index.parent)) == ["empty.html", "index.html", "noisy.html"]


def test_a_rebuild_is_byte_identical(site, tmp_path):
    first = pages(site)
    shutil.copytree(tmp_path / "leaderboards", tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*.json"):
        path.touch()
    build_site(tmp_path / "copy", site)
    assert pages(site) == first


@pytest.mark.parametrize("name", ["index.html", "noisy.html", "empty.html"])
def test_a_page_is_well_formed_and_refers_to_nothing_outside(site, name):
    page = Page((site / name).read_text(encoding="utf-8"))
    assert [id for id, count in Counter(page.attributes("id")).items() if count > 1] == []
    assert page.attributes("style") == page.attributes("src") == page.attributes("onclick") == []
    for link in page.attributes("href"):
        assert link.startswith(("#", "data:image/svg+xml,")) or (site / link).is_file(), link
    targets = [link[1:] for link in page.attributes("href") if link.startswith("#")]
    assert set(targets) <= set(page.attributes("id"))


def test_the_board_is_told_without_script(site):
    page = Page((site / "noisy.html").read_text(encoding="utf-8"))
    rows = [attrs["data-policy"] for _, attrs in page.elements if "data-policy" in attrs]
    assert rows == list(SCORES)
    text = " ".join(" ".join(page.texts).split())
    assert "80 of 80 planned" in text
    assert "digest of ppo" in text
    assert "dynenvs evaluate dynenvs/RepeatedGame-v0 --policy ppo" in text
    assert "2.70, 95 % interval from 2.65 to 2.75" in page.attributes("aria-label")


def test_the_index_tells_a_stranger_what_is_shown_and_how_to_enter(site):
    page = Page((site / "index.html").read_text(encoding="utf-8"))
    text = " ".join(" ".join(page.texts).split())
    shown = f"The best 5 of {len(SCORES)} entries" if len(SCORES) > 5 else f"{len(SCORES)} entries"
    assert f"{shown} · score: payoff, " in text
    assert "higher is better" in text
    assert "No entries yet · score:" in text  # of the empty board
    for kind in ("Scripted", "RL", "LLM"):  # what the colours mean
        assert kind in page.texts
    assert "where bars overlap, the order may be chance" in text
    assert "dynenvs leaderboard enter leaderboards/" in text


def test_missing_episodes_are_marked(tmp_path):
    board = make_board(tmp_path / "leaderboards/noisy")
    cells = make_entry().by_opponent
    cells = {"grudger": cells["grudger"]._replace(n=30), "random": cells["random"]}
    write_entry(board, make_entry(episodes=70, by_opponent=cells))
    build_site(tmp_path / "leaderboards", tmp_path / "site")
    assert re.search("70 <small>of 80</small>", (tmp_path / "site/noisy.html").read_text())


def test_an_entry_may_lack_a_metric_that_others_have(tmp_path):
    board = make_board(tmp_path / "leaderboards/noisy", opponents=[], episodes=80)
    write_entry(board, make_entry("a", by_opponent={}, metrics={}))
    write_entry(board, make_entry("b", by_opponent={}))
    build_site(tmp_path / "leaderboards", tmp_path / "site")
    page = (tmp_path / "site/noisy.html").read_text()
    assert page.count('class="metric" data-value=""') == 1
    assert "Against each opponent" not in page


def test_negative_scores_have_a_minus_sign(tmp_path):
    board = make_board(tmp_path / "leaderboards/noisy")
    write_entry(board, make_entry(mean=-1.5))
    build_site(tmp_path / "leaderboards", tmp_path / "site")
    assert "<b>\N{MINUS SIGN}1.50</b>" in (tmp_path / "site/noisy.html").read_text(encoding="utf-8")


def test_a_corrupt_entry_leaves_the_old_site(site, tmp_path):
    before = pages(site)
    make_board(tmp_path / "leaderboards/another")
    (tmp_path / "leaderboards/noisy/results/ppo.json").write_text("{")
    with pytest.raises(CorruptFile, match=r"results/ppo\.json: column 2"):
        build_site(tmp_path / "leaderboards", site)
    assert pages(site) == before


def test_a_folder_without_boards_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"expected a folder with \*/board\.json"):
        build_site(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_site_without_jinja2_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r'pip install "dynenvs\[eval\]"'):
        build_site(make_leaderboards(tmp_path), tmp_path / "site")
