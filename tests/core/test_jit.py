"""Compiled rules: found again in the cache, and never served from an old one."""

import importlib
import inspect
import os
import subprocess
import sys
import textwrap
import time
from typing import NamedTuple

import numpy as np
import pytest
from numba.core.codegen import JITCodeLibrary

from dynenvs.core import jit
from dynenvs.core.legality import first_illegal
from dynenvs.core.random import philox

ANSWER = "import answers.kernels, numpy as np; out = np.zeros(1); answers.kernels.fill(out); print(out[0])"


@pytest.fixture
def package(tmp_path):
    """A package whose kernel calls a rule in another file of it, by a relative import."""
    write(tmp_path, "__init__.py", "")
    write(tmp_path, "constants.py", "ONE = 1.0")
    write(
        tmp_path,
        "rules.py",
        """
        from dynenvs.core.jit import rule
        from . import constants

        @rule
        def answer():
            return 41.0 + constants.ONE
        """,
    )
    write(
        tmp_path,
        "kernels.py",
        """
        from dynenvs.core.jit import kernel
        from .rules import answer

        @kernel
        def fill(out):
            for k in range(out.shape[0]):
                out[k] = answer()
        """,
    )
    return tmp_path


def write(folder, name, text):
    path = folder / "answers" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def run(folder):
    """Ask the kernel in a new process, with a cache beside the package."""
    variables = {**os.environ, "DYNENVS_CACHE_DIR": str(folder / "cache")}
    paths = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-P", "-c", ANSWER],
        env={**variables, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def machine_code(folder):
    return sorted((folder / "cache").rglob("*.nbc"))


def test_a_second_process_loads_what_the_first_compiled(package):
    assert run(package) == 42
    compiled = machine_code(package)
    assert len(compiled) == 1
    written = compiled[0].stat().st_mtime_ns
    assert run(package) == 42
    assert machine_code(package) == compiled
    assert compiled[0].stat().st_mtime_ns == written


def test_an_edit_in_another_file_is_seen_at_once(package):
    assert run(package) == 42
    write(package, "constants.py", "ONE = 2.0")
    assert run(package) == 43


def test_sources_are_followed_through_all_kinds_of_imports(package, monkeypatch):
    monkeypatch.syspath_prepend(package)
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    write(package, "lonely.py", "")
    importlib.import_module("answers.lonely")
    importlib.import_module("answers.kernels")
    reached = {path.name for path in jit.reachable_sources("answers.kernels") if path.parent.name == "answers"}
    assert reached == {"kernels.py", "rules.py", "constants.py", "__init__.py"}


def test_the_sources_of_a_kernel_do_not_depend_on_what_else_is_loaded(package, monkeypatch):
    """Or each process would compile anew: not followed are lazy imports, and libraries beyond their own front."""
    monkeypatch.syspath_prepend(package)
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    write(package, "lazy.py", "")
    write(
        package,
        "door.py",
        """
        from typing import TYPE_CHECKING
        import pytest
        if TYPE_CHECKING:
            from . import lonely
        def open():
            from . import lazy
        """,
    )
    for name in ("lazy", "lonely", "door"):
        write(package, "lonely.py", "")
        importlib.import_module(f"answers.{name}")
    reached = jit.reachable_sources("answers.door")
    assert {path.name for path in reached if path.parent.name == "answers"} == {"door.py"}
    assert [path.parent.name for path in reached if "pytest" in str(path.parent.name)] == ["pytest"]


def test_libraries_that_are_versioned_are_not_followed():
    importlib.import_module("dynenvs.core.buffers")
    reached = {path.parts for path in jit.reachable_sources("dynenvs.core.buffers")}
    assert not [parts for parts in reached if "numba" in parts or "numpy" in parts]
    assert {"buffers.py", "random.py", "jit.py", "layouts.py"} <= {parts[-1] for parts in reached}


def test_the_cache_folder_is_the_users_choice(monkeypatch, tmp_path):
    monkeypatch.setenv("DYNENVS_CACHE_DIR", str(tmp_path))
    assert jit.cache_root() == tmp_path
    monkeypatch.delenv("DYNENVS_CACHE_DIR")
    assert jit.cache_root().parts[-2:] == ("dynenvs", "kernels")


def test_folders_that_nobody_used_for_long_are_deleted(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, age in ((old, jit.KEEP_DAYS + 1), (new, jit.KEEP_DAYS - 1)):
        folder.mkdir()
        os.utime(folder, (time.time() - age * 86_400,) * 2)
    jit._prune(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == ["new"]


def test_machine_code_is_compiled_once_for_all_batch_sizes():
    from dynenvs import make_world

    worlds = [make_world("dynenvs/RepeatedGame-v0", games) for games in (1, 2, 64)]
    known = len(type(worlds[0]).step_span.signatures)  # of tests before this one
    for world in worlds:
        world.reset(1)
        world.step(world.sample_actions(np.random.default_rng(1)))
    kernel = type(worlds[0]).step_span
    before = len(kernel.signatures)
    worlds[-1].set_seats(["tit_for_tat", "external"])
    worlds[-1].reset(2)
    assert len(kernel.signatures) == before <= max(known, 1)


def test_arguments_of_other_types_get_machine_code_of_their_own():
    masks, acting = np.ones((1, 2, 2), np.bool_), np.ones((1, 2), np.bool_)
    others = masks, acting, np.full((1, 2), -1, np.int32), np.array([[[0, 2]], [[0, 2]]])
    actions = np.array([[[0], [7], [5], [1]]])
    apart = actions[:, ::2]  # 0 and 5; read as if they lay side by side, 0 and 7
    found = jit.bind(first_illegal, actions[:, :2].copy(), *others)
    assert jit.bind(first_illegal, actions[:, 2:].copy(), *others) is found
    assert jit.bind(first_illegal, apart, *others) is not found
    assert found(np.array([[[0], [1]]]), *others) == -1
    assert jit.bind(first_illegal, apart, *others)(actions[:, ::3], *others) == -1  # 0 and 1


class Amounts(NamedTuple):
    """Arrays of several types, as a world's state."""

    whole: np.ndarray
    real: np.ndarray
    inner: tuple


@jit.rule
def moved(amounts, i):
    amounts.real[i] += amounts.whole[i] * amounts.inner[0][i]
    return amounts


@jit.kernel
def move(amounts, lo, hi):
    for i in range(lo, hi):
        whole, real, _ = moved(amounts, i)
        whole[i] = int(real[i])


def amounts():
    return Amounts(np.array([2, 3]), np.array([0.5, 0.25]), (np.array([10.0, 20.0]),))


def test_machine_code_is_made_of_kernels_and_not_of_their_rules(tmp_path, monkeypatch):
    monkeypatch.setenv("DYNENVS_CACHE_DIR", str(tmp_path))  # empty: it is compiled, not loaded
    emitted = []
    emit = JITCodeLibrary._finalize_specific
    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", lambda self: emitted.append(self.name) or emit(self))
    jit.bind(jit.kernel(move.py_func), amounts(), 0, 2)
    assert "move" in emitted
    assert "moved" not in emitted


@pytest.mark.parametrize("bound", [True, False])
def test_kernels_and_rules_take_named_tuples_as_python_does(bound):
    given = amounts()
    (jit.bind(move, given, 0, 2) if bound else move)(given, 0, 2)
    assert given.real.tolist() == [20.5, 60.25]
    assert given.whole.tolist() == [20, 60]


def test_a_rule_stays_a_python_function_for_tests_and_debuggers():
    words = [np.uint64(word) for word in (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)]
    assert inspect.isfunction(philox)
    assert [hex(word) for word in philox(*words)] == ["0xd16cfe09", "0x94fdcceb", "0x5001e420", "0x24126ea1"]


def test_without_compilation_a_game_plays_the_same_in_python():
    """What a debugger steps through is what the machine code does."""
    play = """
        import dynenvs, numpy as np
        world = dynenvs.make_world("dynenvs/RepeatedGame-v0", 2, seats=["external", "gradual"], execution_noise=0.2)
        world.reset(1)
        for _ in range(20):
            world.step(world.sample_actions(np.random.default_rng(1)))
        print(world.digest())
    """
    digests = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(play)],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in "01"
    ]
    assert digests[0] == digests[1]
