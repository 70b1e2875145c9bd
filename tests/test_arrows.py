"""Imports point down: cli -> bench, leaderboard -> evaluation -> adapters -> envs -> rendering -> core."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the ground up: a file may import from its own room and from the floors below, not from its neighbours.
# "dynenvs" is the package's own face, dynenvs/__init__.py, which offers what the adapters and the floors below have.
FLOORS = "core rendering registration envs policies adapters dynenvs evaluation bench,leaderboard,testing cli"
HEIGHT = {room: height for height, floor in enumerate(FLOORS.split()) for room in floor.split(",")}

# Rooms of a family that those named on the left have no use for; beside their family they know core alone.
FAMILY_ROOMS: dict[str, set[str]] = {
    "params": {"kernels", "world", "background", "language", "metrics", "rendering"},
    "kernels": {"world", "language", "metrics", "rendering"},
    "language": {"kernels", "metrics", "rendering"},
    "metrics": {"kernels", "language", "rendering"},
    "rendering": {"kernels", "language", "metrics"},
}

# A world runs where none of these is installed.
NOT_IN_WORLDS = {"gymnasium", "pettingzoo", "stable_baselines3", "sb3_contrib", "torch", "pygame"}
NOT_IN_WORLDS |= {"click", "rich", "openai", "httpx", "fastapi", "polars", "scipy", "matplotlib"}

NOT_AT_IMPORT = {"numba", "torch", "pygame", "stable_baselines3", "matplotlib", "polars", "scipy", "onnx"}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below that run: what stands under `if TYPE_CHECKING` does not."""
    if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from running(child)


def imports(path: Path) -> Iterator[list[str]]:
    """Split names of all that a file imports, anywhere in it: a lazy import is an arrow as well."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in running(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from ([*base.split("."), alias.name] for alias in node.names)


def libraries(path: Path) -> set[str]:
    return {library for library, *_ in imports(path)}


def upward(path: Path) -> Iterator[str]:
    """Imports of a file that point up or to a neighbour."""
    here = module_name(path).split(".")[1]
    for library, *inside in imports(path):
        if library == "dynenvs":
            there = inside[0] if inside and inside[0] in HEIGHT else "dynenvs"
            if there != here and HEIGHT[there] >= HEIGHT[here]:
                yield f"{path.relative_to(ROOT)} imports {'.'.join([library, *inside])}"


def test_every_module_stands_on_a_floor():
    rooms = {path.relative_to(ROOT / "dynenvs").parts[0].removesuffix(".py") for path in sources("dynenvs")}
    assert rooms - {"__init__", "__main__"} <= set(HEIGHT)
    assert {"core", "envs", "adapters", "evaluation", "cli"} <= rooms


def test_imports_point_down():
    files = [path for path in sources("dynenvs") if path.parent != ROOT / "dynenvs" or path.stem in HEIGHT]
    assert [arrow for path in files for arrow in upward(path)] == []


def test_an_import_that_points_up_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    world = tmp_path / "dynenvs/core/world.py"
    world.parent.mkdir(parents=True)
    world.write_text("from . import errors\ndef door():\n    from ..adapters import gymnasium\n    import dynenvs\n")
    assert list(upward(world)) == [
        "dynenvs/core/world.py imports dynenvs.adapters.gymnasium",
        "dynenvs/core/world.py imports dynenvs",
    ]


def test_the_library_does_not_know_its_agents():
    assert {path for path in sources("dynenvs") if "dynenvs_agents" in libraries(path)} == set()


@pytest.mark.parametrize("room", ["core", "envs"])
def test_worlds_need_no_library_of_an_adapter(room):
    for path in sources(f"dynenvs/{room}"):
        assert libraries(path) & NOT_IN_WORLDS == set(), path


def test_only_rendering_draws_with_pygame():
    drawing = {path for path in sources("dynenvs") if "pygame" in libraries(path)}
    assert {path.relative_to(ROOT / "dynenvs").parts[0] for path in drawing} <= {"rendering"}


def test_families_do_not_know_each_other():
    for path in sources("dynenvs/envs"):
        families = {inside[1] for library, *inside in imports(path) if library == "dynenvs" and inside[0] == "envs"}
        assert families <= {path.relative_to(ROOT / "dynenvs/envs").parts[0]}, path


@pytest.mark.parametrize("room", FAMILY_ROOMS)
def test_a_room_of_a_family_stays_clear_of_those_it_has_no_use_for(room):
    for path in (ROOT / "dynenvs/envs").glob(f"*/{room}.py"):
        ours = [inside for library, *inside in imports(path) if library == "dynenvs"]
        rooms = {inside[2] for inside in ours if inside[0] == "envs"}
        assert rooms & FAMILY_ROOMS[room] == set(), path
        assert {inside[0] for inside in ours} <= {"core", "envs", *({"rendering"} & {room})}, path


def test_only_jit_compiles():
    """Its decorators carry flags and a cache that plain `njit` has not: see core/jit.py."""
    compilers = {"njit", "jit", "vectorize", "guvectorize", "prange"}
    for path in [*sources("dynenvs"), *sources("agents"), *sources("examples")]:
        if path != ROOT / "dynenvs/core/jit.py":
            names = {name[-1] for name in imports(path) if name[0] == "numba"}
            names |= {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
            assert names & compilers == set(), path


@pytest.mark.parametrize("module", ["dynenvs", "dynenvs.cli"])
def test_importing_it_loads_nothing_heavy(module):
    code = f"import sys, {module}; print({module}.__file__, *sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert NOT_AT_IMPORT & set(run.stdout.split()) == set()
