"""Clauses about threads, forks and other processes, and about the cache of compiled kernels that these share."""

from __future__ import annotations

import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from dynenvs import registration
from dynenvs.core.jit import reachable_sources
from dynenvs.core.python_world import PythonWorld
from dynenvs.testing.clauses import ConformanceError, clause, require
from dynenvs.testing.play import play_digest

__all__ = [
    "a_fork_gives_the_same_digest",
    "an_edited_kernel_is_compiled_anew",
    "another_process_gives_the_same_digest",
    "any_number_of_threads_gives_the_same_digest",
    "the_cache_watches_all_that_the_kernel_calls",
]

EDIT = "b.episode_lengths[i] += 1", "b.episode_lengths[i] += 2"
"""An edit of a rule that every kernel calls, in a file of its own (`dynenvs.core.buffers`)."""


@clause("deterministic")
def any_number_of_threads_gives_the_same_digest(env_id: str, **params: Any) -> None:
    """A batch cut into spans for several threads plays as one thread plays it."""
    serial = play_digest(env_id, threads=1, **params)
    for threads in (2, 3):
        require(
            play_digest(env_id, threads=threads, **params) == serial,
            f"{threads} threads give another digest than one",
            "let the rules of game i write row i only, and tables not at all",
        )


@clause("deterministic")
def another_process_gives_the_same_digest(env_id: str, **params: Any) -> None:
    """A new interpreter plays the same games."""
    require(
        digest_in_child(env_id, params) == play_digest(env_id, **params),
        "another process gives another digest",
        "depend on nothing that differs between processes: hash(), set order, time, global generators",
    )


@clause("deterministic")
def a_fork_gives_the_same_digest(env_id: str, **params: Any) -> None:
    """A forked process, whose parent has used threads, plays the same games (where the system can fork)."""
    if not hasattr(os, "fork"):
        return
    here = play_digest(env_id, threads=2, **params)
    require(
        _digest_in_fork(lambda: play_digest(env_id, threads=2, **params)) == here,
        "a forked process gives another digest",
        "keep no thread and no open handle in the world",
    )


@clause()
def the_cache_watches_all_that_the_kernel_calls(env_id: str, **params: Any) -> None:
    """All functions that the world's kernel calls lie in sources whose edit gives the cache another name."""
    kernel: Any = getattr(registration.world_type(env_id), "step_span", None)
    if not hasattr(kernel, "py_func"):
        return  # it plays in Python, as all worlds do under NUMBA_DISABLE_JIT=1
    watched = {path.resolve() for path in reachable_sources(kernel.py_func.__module__)}
    for function in _compiled_functions(kernel):
        path = Path(function.py_func.__code__.co_filename).resolve()
        require(
            path in watched,
            f"{function.py_func.__qualname__} of {path} can be edited unseen",
            "import it with an import statement, from a module that is a file",
        )


@clause("deterministic")
def an_edited_kernel_is_compiled_anew(env_id: str, **params: Any) -> None:
    """After an edit of a function that the kernel calls in another file, no process runs the old machine code."""
    if issubclass(registration.world_type(env_id), PythonWorld):
        return
    with tempfile.TemporaryDirectory() as folder:
        packages, cache = Path(folder) / "packages", Path(folder) / "cache"
        _copy_sources(env_id, packages)
        untouched = digest_in_child(env_id, params, packages=packages, cache=cache)
        edited = packages / "dynenvs/core/buffers.py"
        text = edited.read_text(encoding="utf-8")
        require(text.count(EDIT[0]) == 1, f"{edited.name} has no {EDIT[0]!r}", "edit a rule that all kernels call")
        edited.write_text(text.replace(*EDIT), encoding="utf-8")
        require(
            digest_in_child(env_id, params, packages=packages, cache=cache) != untouched,
            "a kernel was served from the cache although a function that it calls was edited",
            "compile with `kernel` and `rule` of dynenvs.core.jit, and close episodes with close_step",
        )


def digest_in_child(
    env_id: str, params: Mapping[str, Any], *, packages: Path | None = None, cache: Path | None = None
) -> str:
    """Compute `play_digest` in a new interpreter.

    Parameters
    ----------
    env_id, params
        The environment; it is registered there as it is here.
    packages : Path, optional
        A folder to import from before all others.
    cache : Path, optional
        A folder for compiled kernels; by default the one of this process.

    Returns
    -------
    str
        The digest.

    Raises
    ------
    ConformanceError
        If the process fails; the message ends with the last line that it wrote.
    """
    paths = [*([str(packages)] if packages else []), *(str(Path.cwd() / path) for path in sys.path)]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if cache is not None:
        variables["DYNENVS_CACHE_DIR"] = str(cache)
    run = subprocess.run(
        [sys.executable, "-P", "-m", "dynenvs.testing.child"],
        input=pickle.dumps((registration.spec(env_id), dict(params))),
        env=variables,
        capture_output=True,
    )
    last = (run.stderr.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
    require(run.returncode == 0, f"another process failed: {last}", "make the world importable from its module")
    return run.stdout.decode().strip()


def _digest_in_fork(compute: Callable[[], str]) -> str:
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork: what this clause is about
        pid = os.fork()
    if pid == 0:
        try:
            os.write(write, compute().encode())
        finally:
            os._exit(0)  # nothing of the parent's is to be tidied up twice
    os.close(write)
    with os.fdopen(read) as pipe:
        digest = pipe.read()
    os.waitpid(pid, 0)
    return digest


def _copy_sources(env_id: str, packages: Path) -> None:
    """Copy dynenvs, and the package or module that the world comes from."""
    packages.mkdir()
    for name in {"dynenvs", registration.world_type(env_id).__module__.partition(".")[0]}:
        found = importlib.util.find_spec(name)
        if found is None:
            raise ConformanceError(f"there is no module {name!r}; cure: define the world in one that can be imported")
        for folder in found.submodule_search_locations or ():
            shutil.copytree(folder, packages / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        if not found.submodule_search_locations:
            shutil.copy(str(found.origin), packages)


def _compiled_functions(kernel: Any) -> list[Any]:
    """Return a compiled function and all those that it calls, by way of the names in its code."""
    found: dict[int, Any] = {}
    waiting = [kernel]
    while waiting:
        function = waiting.pop()
        if id(function) not in found:
            found[id(function)] = function
            waiting += [value for value in _named_values(function.py_func) if hasattr(value, "py_func")]
    return list(found.values())


def _named_values(function: Callable[..., Any]) -> Iterator[Any]:
    """Yield what the names in a function stand for: globals, variables of enclosing functions, members of modules."""
    names = set(_names(function.__code__))
    around = [cell.cell_contents for cell in function.__closure__ or ()]
    for value in (*(function.__globals__[name] for name in names & function.__globals__.keys()), *around):
        yield value
        if isinstance(value, ModuleType):
            yield from (getattr(value, name) for name in names if hasattr(value, name))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
