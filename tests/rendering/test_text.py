"""Coloured text."""

import re

from dynenvs.rendering.text import paint


def test_paint_wraps_text_in_a_24_bit_color(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("C", "#0072b2", bold=True) == "\x1b[1;38;2;0;114;178mC\x1b[0m"
    assert re.sub(r"\x1b\[[0-9;]*m", "", paint("C", "#0072b2")) == "C"


def test_readers_without_colors_get_plain_text(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("C", "#0072b2") == "C"
