"""Prompts are files; a wrong one is an error before anything is asked."""

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.prompts import PROMPT_WORDS, Prompts


def test_every_prompt_is_a_file_that_uses_its_words():
    prompts = Prompts.load()
    assert set(prompts.texts) == set(PROMPT_WORDS)
    for name, words in PROMPT_WORDS.items():
        assert all(f"${word}" in prompts.texts[name] for word in words), name


def test_empty_paragraphs_are_left_out():
    filled = Prompts.load().fill("system", persona="", rules="The rules.", goal="")
    assert filled.startswith("The rules.\n\nYou are asked")
    assert "\n\n\n" not in filled


def test_what_is_filled_in_is_not_filled_in_again():
    filled = Prompts.load().fill("notes", notes="$goal costs $5 and {x}")
    assert filled.endswith("$goal costs $5 and {x}")


def test_a_folder_replaces_single_prompts_and_changes_the_hash(tmp_path):
    (tmp_path / "repair.md").write_text("No. $reason\n")
    (tmp_path / "README.txt").write_text("mine")
    ours, theirs = Prompts.load(), Prompts.load(tmp_path)
    assert theirs.fill("repair", reason="Wrong.", request="") == "No. Wrong."
    assert theirs.texts["turn"] == ours.texts["turn"]
    assert theirs.sha256 != ours.sha256
    assert len(ours.sha256) == 64
    assert Prompts.load().sha256 == ours.sha256


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("repairs.md", "", "repairs.md: no prompt of that name; expected system.md"),
        ("repair.md", "$raeson", r"\$raeson is not filled in here; expected \$reason, \$request"),
        ("summary.md", "$notes", r"\$notes is not filled in here; expected none"),
        ("repair.md", "costs 5 $", r"a lone \$: write \$\$"),
    ],
)
def test_a_wrong_prompt_is_named(tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError, match=complaint):
        Prompts.load(tmp_path)


def test_there_must_be_a_folder(tmp_path):
    with pytest.raises(ParameterError, match="expected a folder"):
        Prompts.load(tmp_path / "none")
