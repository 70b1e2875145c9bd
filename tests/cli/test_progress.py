"""How a long command tells that it is still at work."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dynenvs.cli import progress

STOPPED = "stopped: what was finished is kept; the same command with --resume goes on with"


@pytest.mark.parametrize(("seconds", "lines"), [(0.0, ["tit_for_tat [1]: 1 of 9", "grudger: 2 of 9"]), (60.0, [])])
def test_a_pipe_gets_results_alone_and_whoever_waits_a_line_now_and_then(seconds, lines, capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", seconds)
    results = io.StringIO()
    with progress.telling(Console(file=results)) as tell:
        tell("tit_for_tat [1]: 1 of 9")
        tell("grudger: 2 of 9")
    assert results.getvalue() == ""
    assert capsys.readouterr().err.splitlines() == lines


@pytest.mark.parametrize(("out", "said"), [(Path("x.jsonl"), f"{STOPPED} x.jsonl\n"), (None, "")])
def test_whoever_stops_a_run_that_is_recorded_is_told_how_it_goes_on(out, said, capsys):
    with pytest.raises(KeyboardInterrupt), progress.telling(Console(file=io.StringIO()), out):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == said


def test_a_terminal_gets_a_spinner_that_shows_names_as_they_are(capsys):
    shown = io.StringIO()
    with progress.telling(Console(file=shown, force_terminal=True, width=80)) as tell:
        tell("memory_one[red]: 1 of 9")
    assert "memory_one[red]: 1 of 9" in shown.getvalue()
    assert capsys.readouterr().err == ""
