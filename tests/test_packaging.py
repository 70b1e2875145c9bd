"""What `pip install dynenvs` gives: two packages, typed, that play with no extra installed."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import dynenvs

ROOT = Path(__file__).parents[1]

EXTRAS = ["torch", "stable_baselines3", "sb3_contrib", "tensorboard", "onnx", "onnxruntime", "safetensors"]
EXTRAS += ["pygame", "matplotlib", "PIL", "openai", "jsonschema", "polars", "scipy", "jinja2", "ray", "mujoco"]

EPISODE_WITHOUT_EXTRAS = f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())

import dynenvs
import dynenvs_agents
import gymnasium

env = gymnasium.make("dynenvs/RepeatedGame-v0", horizon=7)
env.reset(seed=1)
steps, over = 0, False
while not over:
    _, _, terminated, truncated, _ = env.step(0)
    steps, over = steps + 1, terminated or truncated
print(steps)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("dynenvs-*.whl")
    return path


def files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
        return archive.read(member).decode()


@pytest.mark.parametrize("package", ["dynenvs", "dynenvs_agents"])
def test_the_wheel_holds_both_packages_typed(wheel, package):
    assert {f"{package}/__init__.py", f"{package}/py.typed"} <= files(wheel)


def test_the_wheel_holds_nothing_else(wheel):
    top = {name.partition("/")[0] for name in files(wheel)}
    assert top == {"dynenvs", "dynenvs_agents", f"dynenvs-{dynenvs.__version__}.dist-info"}


def test_every_file_of_the_packages_is_in_the_wheel(wheel):
    package_files = [
        path.relative_to(folder).as_posix()
        for folder, package in ((ROOT, "dynenvs"), (ROOT / "agents", "dynenvs_agents"))
        for path in (folder / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert len(package_files) > 50
    assert set(package_files) <= files(wheel)


def test_the_base_is_light(wheel):
    required = Parser().parsestr(metadata(wheel, "METADATA")).get_all("Requires-Dist")
    base = {line.split(">")[0].split("<")[0] for line in required if "extra ==" not in line}
    assert base == {"numpy", "numba", "gymnasium", "pettingzoo", "click", "rich", "platformdirs"}


def test_the_licence_comes_along(wheel):
    assert "MIT License" in metadata(wheel, "licenses/LICENSE")


def test_the_base_plays_an_episode():
    """Of what the wheel holds, with the libraries of all extras hidden."""
    run = subprocess.run([sys.executable, "-c", EPISODE_WITHOUT_EXTRAS], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("7\n", "")
