"""Coloured text."""

import io
import os
import re
import subprocess
import sys

import gymnasium
import pytest

import dynenvs
from dynenvs.rendering.text import paint

SHOW = """
import gymnasium, dynenvs
env = gymnasium.make("dynenvs/RobustMountainCar-v0", render_mode="ansi")
env.reset(seed=1)
print(env.render())
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def write_to(out, monkeypatch):
    """Let standard output be this, and no variable say anything of colours; pytest sets it back after each fixture."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", out)


def test_paint_wraps_text_in_a_24_bit_color_on_a_terminal(monkeypatch):
    write_to(Terminal(), monkeypatch)
    assert paint("C", "#0072b2", bold=True) == "\x1b[1;38;2;0;114;178mC\x1b[0m"
    assert re.sub(r"\x1b\[[0-9;]*m", "", paint("C", "#0072b2")) == "C"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_readers_without_colors_get_plain_text(monkeypatch, name, value):
    write_to(Terminal(), monkeypatch)
    assert "\x1b" in paint("C", "#0072b2")
    monkeypatch.setenv(name, value)
    assert paint("C", "#0072b2") == "C"


@pytest.mark.parametrize("out", [io.StringIO(), None], ids=["a pipe", "no console"])
def test_text_that_is_piped_is_plain_unless_colors_are_forced(monkeypatch, out):
    write_to(out, monkeypatch)
    assert paint("C", "#0072b2") == "C"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in paint("C", "#0072b2")
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("C", "#0072b2") == "C"


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_what_an_environment_renders_as_text_holds_no_codes_where_it_is_piped(env_id, monkeypatch):
    env = gymnasium.make(env_id, render_mode="ansi")
    env.reset(seed=1)
    write_to(io.StringIO(), monkeypatch)
    piped = env.render()
    assert "\x1b" not in piped
    write_to(Terminal(), monkeypatch)
    assert re.sub(r"\x1b\[[0-9;]*m", "", env.render()) == piped
    env.close()


def test_a_program_whose_output_is_piped_prints_no_codes():
    surroundings = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, check=True, env=surroundings, text=True)
    assert "force" in shown.stdout
    assert "\x1b" not in shown.stdout
