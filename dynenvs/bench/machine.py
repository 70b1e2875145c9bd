"""Where a run took place: without that, speeds mean nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dynenvs

__all__ = ["describe_machine"]

LIBRARIES = ("numpy", "numba", "gymnasium", "pettingzoo", "stable-baselines3", "torch")
PEERS = ("axelrod", "reservoirpy")
VERSION = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"


def describe_machine(peers_python: str | None) -> dict[str, str]:
    """Name the processor, its load, the versions of all libraries, and the commit if this is a checkout.

    Parameters
    ----------
    peers_python : str or None
        The interpreter that has them all but what `make test` installs.
    """
    machine = {"CPU": f"{_cpu_model()}, {os.cpu_count()} cores"}
    if hasattr(os, "getloadavg"):
        machine["load before the run"] = f"{os.getloadavg()[0]:.1f}"
    machine["system"] = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    found = {name: _installed(name) for name in LIBRARIES}
    if peers_python is not None:
        found |= {name: _output([peers_python, "-c", VERSION, name]) for name in PEERS}
    machine["versions"] = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    machine["dynenvs"] = ", ".join(filter(None, (dynenvs.__version__, _commit())))
    return machine


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """Return the commit of the checkout that the package lies in, if it does; + marks changes since."""
    folder = Path(dynenvs.__file__).parent
    git = ["git", "-C", str(folder)]
    if Path(_output([*git, "rev-parse", "--show-toplevel"])) != folder.parent:
        return ""
    changed = _output([*git, "status", "--porcelain", "--untracked-files=no"])
    return f"commit {_output([*git, 'rev-parse', '--short', 'HEAD'])}{'+' if changed else ''}"


def _output(command: list[str]) -> str:
    """Return what a command prints, nothing if it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
