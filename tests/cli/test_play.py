"""``dynenvs play``, with lines from a pipe and at a real terminal."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from dynenvs.cli import main

GAME = "dynenvs/RepeatedGame-v0"
SHORT = ("-p", "horizon=3")


def play(*arguments, lines=()):
    return CliRunner(env={"COLUMNS": "120"}).invoke(
        main, ["play", *map(str, arguments)], input="".join(f"{line}\n" for line in lines)
    )


def test_a_game_is_played_to_its_end():
    result = play(GAME, *SHORT, lines=["1", "defect", '{"move": "cooperate"}'])
    assert result.exit_code == 0
    assert "The game is over." in result.output
    row = next(line.split() for line in result.output.splitlines() if "human" in line and "cap" in line)
    assert row == ["0", "row", "human", "0", "8", "cap"]
    assert "The last step brought you 5." in result.output


def test_a_world_without_words_of_its_own_tells_what_pays_and_what_ends_it():
    output = " ".join(play("dynenvs/RobustCartPole-v0", "-p", "horizon=30", lines=["left"] * 40).output.split())
    assert "- reward: 1 for each step, the one in which the pole falls too" in output
    assert "- horizon: truncated after 30 steps" in output
    assert "- fell: terminated: the cart is more than 2.4 m from the middle" in output


def test_any_policy_plays_the_other_seats():
    result = play(GAME, *SHORT, "--opponent", "always_defect", lines=["1"] * 3)
    assert "always_defect" in result.output
    assert play(GAME, "--opponent", "alway_defect").output.count("nearest: 'always_defect'") == 1


def test_another_seat_can_be_taken():
    result = play(GAME, *SHORT, "--seat", 1, "--opponent", "always_defect", lines=["1"] * 3)
    assert "You are column (seat 1)" in result.output


def test_two_people_share_the_keyboard():
    result = play(GAME, *SHORT, "--seat", 0, "--seat", 1, lines=["1", "2"] * 3)
    returns = [line.split()[-2] for line in result.output.splitlines() if line.rstrip().endswith("cap")]
    assert returns == ["0", "15"]


def test_a_fair_table_keeps_the_secrets_until_the_end():
    result = play(GAME, *SHORT, "--fair", "--opponent", "grudger", lines=["1"] * 3)
    before, after = result.output.split("The game is over.")
    assert "grudger" not in before
    assert "grudger" in after


def test_the_end_of_the_input_leaves_the_game_cleanly():
    result = play(GAME, *SHORT, lines=["1"])
    assert result.exit_code == 0
    assert "You have left the game." in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seat", 2), "seat=2: expected"),
        (("-p", "horizn=5"), "did you mean 'horizon'?"),
        (("--opponent", "llm"), "Error"),
    ],
)
def test_mistakes_are_explained_in_one_line(arguments, message):
    result = play(GAME, *arguments)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output


# At a terminal.


class Terminal:
    """The command in a pseudo-terminal of its own."""

    def __init__(self, *arguments):
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "dynenvs", "play", GAME, *arguments]
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
        env.pop("NO_COLOR", None)
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # children of a job in the background would ignore it
        try:
            self.process = subprocess.Popen(
                command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
            )
        finally:
            signal.signal(signal.SIGINT, before)
        os.close(slave)
        self.shown, self.read = "", 0

    def wait_for(self, text):
        """Read until the text is shown beyond what was waited for before."""
        deadline = time.monotonic() + 60
        while text not in self.shown[self.read :]:
            assert time.monotonic() < deadline, self.shown
            self.shown += os.read(self.master, 4096).decode(errors="replace")
        self.read = self.shown.index(text, self.read) + len(text)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def status(self):
        """Wait for the end of the command."""
        return self.process.wait(timeout=60)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal():
    opened = Terminal(*SHORT)
    yield opened
    opened.close()


def test_at_a_terminal_it_asks_in_colours_and_ends_well(terminal):
    for key in ("1", "nonsense", "2", "1"):
        terminal.wait_for("move? ")
        terminal.type(f"{key}\n")
    terminal.wait_for("The game is over.")
    terminal.wait_for("cap")
    assert terminal.status() == 0
    assert "Not possible" in terminal.shown
    assert "\x1b[" in terminal.shown


def test_control_d_leaves_the_game(terminal):
    terminal.wait_for("move? ")
    terminal.type("\x04")
    terminal.wait_for("You have left the game.")
    assert terminal.status() == 0


def test_control_c_leaves_the_game(terminal):
    terminal.wait_for("move? ")
    os.killpg(terminal.process.pid, signal.SIGINT)
    terminal.wait_for("You have left the game.")
    assert terminal.status() == 0
    assert "Traceback" not in terminal.shown
