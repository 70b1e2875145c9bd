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
        ("repair.MD", "$reason", "repair.MD: no prompt of that name; expected system.md"),
        ("system.txt", "$rules", "system.txt: no prompt of that name; expected system.md"),
        ("system.md", "", r"system.md: expected \$rules in it"),
        ("system.md", "Play well. $persona $goal", r"system.md: expected \$rules in it"),
        ("turn.md", "$situation", r"turn.md: expected \$request in it"),
        ("turn.md", "$request", r"turn.md: expected \$situation in it"),
        ("turn.md", "$$situation $request", r"turn.md: expected \$situation in it"),
        ("channel.md", "$limit", r"channel.md: expected \$request in it"),
        ("decision.md", "Now decide.", r"decision.md: expected \$request in it"),
        ("notes.md", "You made notes.", r"notes.md: expected \$notes in it"),
        ("repair.md", " \n", "repair.md: it is empty"),
        ("repair.md", "$raeson", r"\$raeson is not filled in here; expected \$reason, \$request"),
        ("summary.md", "$notes", r"\$notes is not filled in here; expected none"),
        ("repair.md", "costs 5 $", r"a lone \$: write \$\$"),
    ],
)
def test_a_wrong_prompt_is_named(tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError, match=complaint):
        Prompts.load(tmp_path)


def test_a_prompt_that_is_no_text_file_is_named(tmp_path):
    for name, make in {
        "bytes": lambda path: path.write_bytes(b"$rules \xff"),
        "folder": lambda path: path.mkdir(),
        "link": lambda path: path.symlink_to(tmp_path / "nowhere"),
    }.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name / "system.md")
        with pytest.raises(ParameterError, match=r"system\.md: expected a text file in UTF-8"):
            Prompts.load(tmp_path / name)


def test_what_is_only_told_at_times_may_be_left_empty(tmp_path):
    (tmp_path / "fallback.md").write_text("")
    (tmp_path / ".hidden").write_text("")
    assert Prompts.load(tmp_path).fill("fallback", action="{}") == ""


def test_there_must_be_a_folder(tmp_path):
    with pytest.raises(ParameterError, match="expected a folder"):
        Prompts.load(tmp_path / "none")
