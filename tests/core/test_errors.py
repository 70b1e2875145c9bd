"""Errors that users meet: typed, on one line, with the cure."""

import pickle

import pytest

from dynenvs.core import errors
from dynenvs.core.errors import CorruptFile, DynenvsError, MissingExtra, UnknownEnvironment, require_extra


def test_every_error_is_also_what_python_calls_it():
    pairs = {
        "ParameterError": ValueError,
        "IllegalAction": ValueError,
        "LifecycleError": RuntimeError,
        "UnknownEnvironment": LookupError,
        "UnknownPolicy": LookupError,
        "Unsupported": NotImplementedError,
        "CorruptFile": ValueError,
        "MissingExtra": ImportError,
    }
    for name, builtin in pairs.items():
        assert issubclass(getattr(errors, name), DynenvsError)
        assert issubclass(getattr(errors, name), builtin)


def test_an_unknown_name_lists_the_nearest_and_where_all_are_listed():
    error = UnknownEnvironment("environment", "dynenvs/Fishry-v0", ["dynenvs/Fishery-v0", "else"], "dynenvs list")
    assert str(error) == "no environment 'dynenvs/Fishry-v0'; nearest: 'dynenvs/Fishery-v0'; all: dynenvs list"
    assert str(UnknownEnvironment("environment", "q", ["abc"], "dynenvs list")) == (
        "no environment 'q'; all: dynenvs list"
    )


def test_an_error_survives_the_way_between_processes():
    error = UnknownEnvironment("environment", "a", ["b"], "dynenvs list")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_a_corrupt_file_is_told_with_file_place_and_expectation_however_much_stands_in_it():
    error = CorruptFile(f"records.jsonl, line 3: policies={'x' * 1_000_000!r}: expected a list")
    assert len(str(error)) < 600
    assert str(error).startswith("records.jsonl, line 3: policies='xxx")
    assert str(error).endswith("xxx': expected a list")
    assert "characters left out) ...xxx" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_message_of_usual_length_is_whole():
    assert str(CorruptFile("board.json: seed=-1: expected at least 0")) == "board.json: seed=-1: expected at least 0"


def test_a_missing_extra_says_how_to_install_it():
    with pytest.raises(MissingExtra, match=r'^flying needs feathers_of_icarus: pip install "dynenvs\[sky\]"$'):
        require_extra("feathers_of_icarus", "sky", "flying")


def test_a_library_that_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "halfway.py").write_text("import feathers_of_icarus\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="feathers_of_icarus") as caught:
        require_extra("halfway", "sky", "flying")
    assert not isinstance(caught.value, MissingExtra)


def test_an_extra_that_is_there_is_imported():
    assert require_extra("json", "sky", "flying").loads("1") == 1
