"""What every test stands on: one thread, no display, and on CI no skip that nobody wrote down."""

import contextlib
import importlib
import os
import shutil
from unittest.mock import patch

import pytest

# Set before NumPy, torch or pygame are imported; the workers of pytest-xdist inherit them.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ["SDL_VIDEODRIVER"] = "dummy"

# With DYNENVS_CI=1 a skipped test fails, unless its reason contains one of these.
SKIPS_ALLOWED_ON_CI: tuple[str, ...] = ("needs the recorded runs of the wargame",)  # not ours to pass on


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium for Playwright's `executable_path`; start it with `--no-sandbox` as root."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    return path


@pytest.fixture(scope="session", autouse=True)
def folder_of_sb3(tmp_path_factory):
    """Where Stable-Baselines3 makes the folder of a training that names none; else they pile up beside each other."""
    os.environ["SB3_LOGDIR"] = str(tmp_path_factory.mktemp("sb3"))


@pytest.fixture
def forgetful_registries():
    """Forget after the test which environments it registered."""
    registration, gymnasium = importlib.import_module("dynenvs.registration"), importlib.import_module("gymnasium")
    pettingzoo = importlib.import_module("pettingzoo.env_registry.registration")
    known = (registration._SPECS, gymnasium.registry, pettingzoo.aec_registry, pettingzoo.parallel_registry)
    with contextlib.ExitStack() as stack:
        for registry in known:
            stack.enter_context(patch.dict(registry))
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> object:
    """Let a test that was skipped fail on CI."""
    return fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> object:
    """Let a file that was skipped as a whole fail on CI."""
    return fail_if_skipped((yield))


def fail_if_skipped(report):
    """Turn a skip into a failure where DYNENVS_CI=1 asks for it: there, everything is installed."""
    if os.environ.get("DYNENVS_CI") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    _, _, reason = report.longrepr
    if not any(allowed in reason for allowed in SKIPS_ALLOWED_ON_CI):
        report.outcome = "failed"
        report.longrepr = f"{reason}\nDYNENVS_CI=1 allows no skip: SKIPS_ALLOWED_ON_CI in tests/conftest.py"
    return report
