"""The rules of every id are those that were released under it.

After a change that is meant: a new version of the id, and ``python -m dynenvs.testing.golden tests/golden``.
"""

import contextlib
import json
from pathlib import Path

import pytest

import dynenvs
from dynenvs.testing import ConformanceError
from dynenvs.testing.golden import golden_file, main, rules_match_their_golden_file

GOLDEN = Path(__file__).parents[1] / "golden"
GAME = "dynenvs/RepeatedGame-v0"


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_its_rules_are_those_that_were_released(env_id):
    rules_match_their_golden_file(env_id, GOLDEN)


def test_no_golden_file_is_left_of_an_id_that_is_gone():
    assert sorted(GOLDEN.iterdir()) == sorted(golden_file(env_id, GOLDEN) for env_id in dynenvs.env_ids())


def test_the_command_writes_what_the_comparison_reads(tmp_path, capsys):
    main([str(tmp_path), GAME])
    path = golden_file(GAME, tmp_path)
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_text(encoding="utf-8") == golden_file(GAME, GOLDEN).read_text(encoding="utf-8")


def test_on_another_platform_the_last_digits_of_physics_may_differ(tmp_path):
    pole = "dynenvs/RobustPendulum-v0"
    kept = json.loads(golden_file(pole, GOLDEN).read_text(encoding="utf-8"))
    kept |= {"platform": "Plan9 mips", "rules_digest": "0" * 16}
    rewards = kept["games"][0]["opening"][0]["rewards"]
    for factor, fits in ((1 + 1e-9, True), (1 + 1e-3, False)):
        rewards[0] *= factor
        golden_file(pole, tmp_path).write_text(json.dumps(kept), encoding="utf-8")
        with contextlib.nullcontext() if fits else pytest.raises(ConformanceError, match="not even nearly"):
            rules_match_their_golden_file(pole, tmp_path)


def test_changed_rules_are_told_with_the_cure(tmp_path):
    kept = json.loads(golden_file(GAME, GOLDEN).read_text(encoding="utf-8"))
    with pytest.raises(ConformanceError, match="has no golden file"):
        rules_match_their_golden_file(GAME, tmp_path)
    for name, changed in (("rules_digest", "0" * 16), ("games", kept["games"][:1])):
        golden_file(GAME, tmp_path).write_text(json.dumps({**kept, name: changed}), encoding="utf-8")
        with pytest.raises(ConformanceError, match=f"{name} is .*; cure: give the changed rules a new version"):
            rules_match_their_golden_file(GAME, tmp_path)
