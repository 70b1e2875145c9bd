"""``dynenvs train``."""

from click.testing import CliRunner
from rich.console import Console

from dynenvs.cli import main
from dynenvs_agents.rl.callbacks import ShowProgress

GAME = "dynenvs/RepeatedGame-v0"


def run(*arguments):
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def test_a_policy_is_trained_and_trained_on(tmp_path):
    arguments = (GAME, "--out", tmp_path / "mine", "--games", 4, "--opponents", "memory_one(1,0,1,0),grudger")
    first = run(*arguments, "--steps", 512, "-p", "horizon=5")
    assert first.exit_code == 0, first.output
    assert "512 of 512 steps" in first.stderr
    assert "steps/s  return" in first.stderr
    assert f"dynenvs evaluate {GAME} onnx:{tmp_path / 'mine/policy.onnx'} -p horizon=5\n" in first.stdout
    again = run(*arguments, "--steps", 1024, "-p", "horizon=5", "--resume")
    assert again.exit_code == 0, again.output
    assert "1,024 of 1,024 steps" in again.stderr


def test_an_error_is_one_line(tmp_path):
    failed = run(GAME, "--out", tmp_path / "mine", "--opponents", "tit_for_tta")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: UnknownPolicy: no")
    assert "'tit_for_tat'" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def test_on_a_terminal_a_bar_shows_steps_speed_return_and_the_time_that_is_left():
    class Model:
        num_timesteps = 500
        ep_info_buffer = ({"r": 2.0}, {"r": 4.0})

    console = Console(force_terminal=True, width=120, record=True)
    show = ShowProgress(2000, console, every=0.0)
    show.model = Model()
    show.on_training_start({}, {})
    show.model.num_timesteps = 1500
    show.every = 0.0
    show.on_rollout_end()
    show.on_training_end()
    show.__exit__()
    text = console.export_text()
    assert "1,500 of 2,000 steps" in text
    assert "return 3.00" in text
    assert "left" in text
