"""Examples in docstrings give what they say."""

import doctest
import importlib

import pytest

from .pages import ROOT

MODULES = sorted(
    ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
    for folder, package in ((ROOT, "dynenvs"), (ROOT / "agents", "dynenvs_agents"))
    for path in (folder / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


def test_docstrings_have_examples():
    assert {"dynenvs", "dynenvs.adapters.language", "dynenvs.evaluation.records"} <= set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if name != "dynenvs.testing"])
def test_a_docstring_gives_what_it_says(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
