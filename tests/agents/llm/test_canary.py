"""The key is written nowhere, whatever a server does with it."""

import os
import subprocess
import sys

import pytest

from dynenvs.evaluation.records import read_records

from .misbehaving_server import echoing_key, misbehaving_server

GAME = "dynenvs/RepeatedGame-v0"
CANARY = "sk-canary/5d2e9f31a7"


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_evaluation_writes_no_key_into_any_file_or_onto_the_screen(tmp_path, status):
    with misbehaving_server(always=echoing_key(status)) as server:
        at = f"base_url={server.base_url}&api_key_env=CANARY_KEY&cache={tmp_path}/c.sqlite"
        spec = f"llm:m?{at}&retries=1&messages=true&reflection=true"
        options = ["--opponents", "joss", "--episodes", "2", "-p", "horizon=2", "--out", tmp_path / "x.jsonl"]
        done = subprocess.run(
            [sys.executable, "-m", "dynenvs", "evaluate", GAME, spec, *options, "--transcripts", tmp_path / "t"],
            env={**os.environ, "CANARY_KEY": CANARY, "OPENAI_LOG": "debug", "COLUMNS": "300"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert {asked.key for asked in server.requests} == {CANARY}
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [path for path, content in written.items() if CANARY.encode() in content] == []
    assert CANARY not in done.stdout + done.stderr
    assert CANARY.replace("/", "\\/") not in done.stdout + done.stderr
    if status == 200:
        assert done.returncode == 0
        assert len(read_records(tmp_path / "x.jsonl")) == 2
        assert any(b"[key]" in content for content in written.values())  # it was sent back, and taken out
    else:
        assert done.returncode == 1
        assert f"status {status}" in done.stdout
        assert "no episode was finished" in done.stderr
