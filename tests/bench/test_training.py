"""Training under a stopwatch."""

from dynenvs.bench.training import time_training


def test_the_environment_takes_a_part_of_the_time_and_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("SB3_LOGDIR", str(tmp_path / "sb3"))
    ((whole, inside),) = time_training(1)
    assert 0 < inside < whole
    assert list(tmp_path.iterdir()) == []
