"""What only fresh processes can tell: what an import costs, how soon the first step is done, whether memory stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from dynenvs.bench.report import Bar

__all__ = ["measure_first_step", "measure_import", "measure_memory"]

AGENT_STEPS, GAMES = 10**8, 1024

IMPORT_PEERS = "import gymnasium, pettingzoo"
IMPORT_US = "import dynenvs"

TRIVIAL = """
import numba

@numba.njit(cache=True)
def add_one(x):
    return x + 1
"""
FIRST_CALL = "import trivial; trivial.add_one(1)"
FIRST_STEP = """
world = dynenvs.make_world("dynenvs/RepeatedGame-v0")
world.reset(0)
world.step(world.idle_actions)
"""

MEMORY = f"""
import dynenvs, gymnasium, numpy as np
from pathlib import Path

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * {{page}}

envs = gymnasium.make_vec("dynenvs/RepeatedGame-v0", num_envs={GAMES}, execution_noise=0.02)
envs.reset(seed=0)
actions = np.zeros({GAMES}, np.int64)
for _ in range(1000):
    envs.step(actions)
before = resident()
for _ in range({AGENT_STEPS} // {GAMES}):
    envs.step(actions)
print((resident() - before) / 1e6)
"""


def measure_import(repetitions: int) -> Bar:
    """Time `import dynenvs` beside that of the two libraries that it stands on."""
    value = _seconds_over(IMPORT_US, IMPORT_PEERS, repetitions)
    return Bar(about="import dynenvs: time over that of gymnasium and pettingzoo", bound=0.1, unit="s", value=value)


def measure_first_step(repetitions: int) -> Bar:
    """Time a process's first reset and step with its kernels in the cache, beside a trivial function's first call.

    All libraries are imported before; what loads the world's own modules counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "trivial.py").write_text(TRIVIAL, encoding="utf-8")
        prepare = f"import sys; sys.path.insert(0, {folder!r}); import numba, gymnasium, pettingzoo, dynenvs"
        value = _seconds_over(FIRST_STEP, FIRST_CALL, repetitions, prepare)
    about = "first reset and step of a process: time over that of a cached Numba function"
    return Bar(about=about, bound=0.3, unit="s", value=value)


def measure_memory(asked: bool) -> Bar:
    """Watch the resident memory while a Gymnasium vector environment plays 10^8 agent-steps, if that is asked for."""
    about = f"RepeatedGame, VectorEnv: growth of memory over 10^{len(str(AGENT_STEPS)) - 1} agent-steps"
    missing = "" if asked else "--memory does, in half a minute"
    if not Path("/proc/self/statm").exists():
        missing = "only Linux tells"
    value = None if missing else float(_run(MEMORY.format(page=os.sysconf("SC_PAGE_SIZE"))))
    return Bar(about=about, bound=1.0, unit="MB", value=value, missing=missing)


def _seconds_over(ours: str, theirs: str, repetitions: int, prepare: str = "") -> float:
    """Return by how much one piece of code takes longer than another, each in processes of its own.

    They find what an earlier process compiled, bytecode included, whether or not the user keeps that.
    """

    def seconds(code: str) -> float:
        timed = f"{prepare}\nimport time\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
        return float(_run(timed, PYTHONPYCACHEPREFIX=bytecode, PYTHONDONTWRITEBYTECODE=""))

    with tempfile.TemporaryDirectory() as bytecode:
        for code in (ours, theirs):
            seconds(code)
        return median(seconds(ours) - seconds(theirs) for _ in range(repetitions))


def _run(code: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
