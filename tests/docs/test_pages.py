"""Everything that a stranger reads is true: code runs, commands exist, links lead somewhere, tables are up to date."""

import contextlib
import io
import re
import shlex
from dataclasses import fields

import click
import pytest
from click.testing import CliRunner

from dynenvs.bench.ours import OURS
from dynenvs.cli import main as dynenvs
from dynenvs.core.buffers import Buffers
from dynenvs.envs.games.background import strategy_names
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.rankings import rank_by_payoff
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs_agents.demo import demo_board

from .pages import GENERATED, PAGES, ROOT, anchors, blocks, commands, links, refreshed_commands, run_python

NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
WITH_PYTHON = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]
BLOCKS = [block for page in PAGES for block in blocks(page)]
COMMANDS = [(block, words) for page in PAGES for block, words in commands(page)]

QUICK = {"list", "info", "evaluate", "tournament", "render", "warmup"}
NEEDS_MORE = re.compile(r"^(onnx|sb3|llm|python|\w+:mine/|mine/)|:mine/")
"""Arguments that name what another command has to make first."""


def readable(words):
    return shlex.join(["dynenvs", *words])


def lines_of(code):
    """Return the lines of code but for their indentation, which differs where a method stands alone."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip()) + "\n"


@pytest.mark.parametrize("page", WITH_PYTHON, ids=str)
@pytest.mark.usefixtures("forgetful_registries")
def test_the_python_of_a_page_runs_from_top_to_bottom_and_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block, output in run_python(page):
        assert block.text == output, block


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.note.startswith("from ")], ids=str)
def test_a_block_that_is_said_to_be_of_a_file_stands_in_it(block):
    assert lines_of(block.text) in lines_of((ROOT / block.note.removeprefix("from ")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("words", [words for _, words in COMMANDS], ids=readable)
def test_a_command_exists_with_its_options(words):
    context = click.Context(dynenvs, info_name="dynenvs")
    command = dynenvs
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(context, words)
        command_words = [word.rpartition(":")[2] if ":mine/" in word else word for word in words]
    command.make_context(name, command_words)


@pytest.mark.parametrize("words", [words for _, words in COMMANDS if words[0] in QUICK], ids=readable)
def test_a_quick_command_runs(words, tmp_path, monkeypatch):
    if any(NEEDS_MORE.search(word) for word in words) or ("render" in words and "--out" not in words):
        return
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(dynenvs, words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_files_and_headings(page):
    for target in links(page):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("page", [page for page in PAGES if GENERATED.search(page.read_text("utf-8"))], ids=str)
def test_generated_tables_are_up_to_date(page):
    """If not: python -m tests.docs.pages."""
    source = page.read_text(encoding="utf-8")
    assert refreshed_commands(source) == source


def test_every_page_of_the_documentation_is_within_a_click_of_the_readme():
    reached = {(ROOT / target.partition("#")[0]).resolve() for target in links(ROOT / "README.md")}
    assert {page for page in PAGES if page.name != "README.md" or page.parent != ROOT} <= reached


def test_every_buffer_is_explained_to_those_who_add_a_family():
    explained = (ROOT / "docs/add_a_family.md").read_text(encoding="utf-8")
    table = explained[explained.index("## Buffers") : explained.index("## How an episode ends")]
    assert {name for name in Buffers._fields if f"`{name}`" not in table} == set()


def test_every_field_of_a_record_is_explained():
    explained = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
    assert {field.name for field in fields(EpisodeRecord) if f"`{field.name}`" not in explained} == set()


def test_pages_count_strategies_right():
    for page in ("README.md", "dynenvs/envs/games/README.md"):
        assert f"{len(strategy_names())} classic strategies" in (ROOT / page).read_text(encoding="utf-8")


def test_the_ranking_in_the_readme_is_what_the_demo_measures():
    """Of what does not depend on the training."""
    board, readme = demo_board(), (ROOT / "README.md").read_text(encoding="utf-8")
    policies = ["tit_for_tat", "zd_extort_2"]
    records = evaluate(
        board.env_id, policies, opponents=board.opponents, episodes=board.episodes, seed=board.seed, **board.params
    )
    for row in rank_by_payoff(records).rows:
        score, cooperation = row.score, row.metrics["cooperation"]
        shown = rf"{row.policy} +{score.value:.3f}  {score.low:.3f} to {score.high:.3f} .* {cooperation.value:.3f}"
        assert re.search(shown, readme), shown


def test_the_training_in_the_readme_learns_what_it_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = (block.text for block in blocks(ROOT / "README.md") if "model.learn(" in block.text)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec("import dynenvs\n" + code, {})
    before, after, steps = re.fullmatch(
        r"(\d\.\d) points a round untrained, (\d\.\d) after ([\d,]+) steps\n", said.getvalue()
    ).groups()
    assert float(after) > float(before) + 0.8
    claimed = re.search(r"It prints `(\d\.\d) points a round untrained, (\d\.\d) after ([\d,]+) steps`", readme)
    assert float(claimed[1]) == pytest.approx(float(before), abs=0.11)
    assert float(claimed[2]) == pytest.approx(float(after), abs=0.25)
    assert claimed[3] == steps


def test_the_speed_table_in_the_readme_has_all_the_rows_of_today():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [contender.name for contender in OURS if contender.name not in readme] == []


def test_pictures_are_light():
    pictures = list((ROOT / "docs/images").iterdir())
    assert {"repeated_game.gif", "ranking.png", "leaderboard.png"} <= {picture.name for picture in pictures}
    assert all(picture.stat().st_size < 300_000 for picture in pictures)
