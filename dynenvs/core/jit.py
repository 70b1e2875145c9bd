"""The two decorators that turn rules into machine code, and the cache they share.

`rule` is for functions of one game, `kernel` for loops over a batch of games. Nothing else in
dynenvs calls Numba's ``njit``, because four of its facts must be handled in one place:

* Passing arrays to a function counts references, for every game of a batch. The private option
  ``_nrt=False`` switches the counting off (five times faster here) and makes any allocation inside
  a kernel a compile error, which is what we want anyway: kernels write into what they are given.
* ``prange`` has silently dropped writes through a NamedTuple's arrays, so threads are ours (`dynenvs.core.threads`).
* Every function is optimised and made machine code of on the way to those that call it, which for rules is thrown away
  again: `dynenvs.core.rule_compiler` leaves it out.
* Numba's on-disk cache looks only at the file of the compiled function: edit a function that it
  calls in *another* file, and the next process runs the old code. So each kernel is cached in a
  folder named by a digest of all the sources that it can reach.

Functions that are compiled must live in importable modules, not in ``__main__``: Numba cannot cache those.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import platformdirs
from numba.core.cpu import CPUTargetOptions
from numba.extending import register_jitable

from dynenvs.core.rule_compiler import RULE_OPTIONS, type_of

__all__ = ["bind", "cache_root", "kernel", "reachable_sources", "rule"]

Function = TypeVar("Function", bound=Callable[..., Any])

KEEP_DAYS = 30
"""A cache folder that no process has used for so long is deleted."""

_bound: dict[object, Callable[..., Any]] = {}
"""Machine code by kernel and kinds of arguments: a second world of a family has it at once."""

_INSTALLED = Path(sysconfig.get_path("purelib"))
_COMPILED_ELSEWHERE = frozenset({"numba", "numpy", "llvmlite"}) | sys.stdlib_module_names

# `_nrt` is private to Numba: where it is gone, kernels are slower but compute the same.
_OPTIONS: dict[str, Any] = {"error_model": "numpy"} | ({"_nrt": False} if hasattr(CPUTargetOptions, "_nrt") else {})


def rule(function: Function) -> Function:
    """Let kernels compile a function that states rules for one game, and melt it into themselves.

    For everybody else it stays the Python function that it is, for tests to call and debuggers to step through: the
    machine code that would take a world's arrays from Python is half of the time that compiling took.
    """
    function.py_func = function  # type: ignore[attr-defined] # as a kernel has it
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **RULE_OPTIONS, **_OPTIONS}
    return register_jitable(**options)(function)


def kernel(function: Function) -> Function:
    """Compile a loop over a span of games: without the GIL, and cached on disk under its sources' digest.

    The kernel must not allocate, and returns a number or nothing. Global constants that it reads are frozen when it is
    compiled; they have to come from Python sources (not from data files), for only those are in the digest.
    """
    with _cache_in(_cache_folder(function.__module__)):
        return numba.njit(nogil=True, cache=True, **_OPTIONS)(function)


def bind(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """Return the machine code of a kernel for arguments of these types, compiled or loaded if need be.

    Numba looks at every array of every argument at each call to find the right machine code: seven microseconds for
    the arrays of a world, where the code itself needs one. Whoever calls again and again with the same
    types binds once. Calling what is returned with *other* types is not checked by anyone.

    Parameters
    ----------
    function : callable
        Decorated by `kernel`.
    *arguments
        What it will be called with, or others of the same types.

    Returns
    -------
    callable
        To be called with such arguments, by position. With ``NUMBA_DISABLE_JIT=1`` it is the function itself, for a
        debugger to step through.
    """
    if numba.config.DISABLE_JIT:
        return function
    key = (function, *map(_kind, arguments))
    if key not in _bound:
        _bound[key] = _compile(function, arguments)
    return _bound[key]


def _kind(argument: Any) -> object:
    """Tell values apart that are of different types to Numba, ten times faster than Numba names those types."""
    if isinstance(argument, np.ndarray):
        return argument.dtype, argument.ndim, argument.flags.num
    if isinstance(argument, tuple):
        return (type(argument), *map(_kind, argument))
    return type(argument)


def _compile(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Compile a kernel, or load it from the cache; if that takes long, say so."""
    signature = tuple(type_of(argument) for argument in arguments)
    notice = threading.Timer(1.0, _say_compiling, [function.__module__])
    notice.daemon = True
    notice.start()
    try:
        return function.compile(signature)  # type: ignore[attr-defined]
    finally:
        notice.cancel()


def _say_compiling(module_name: str) -> None:
    """Tell people at a terminal what they are waiting for."""
    if sys.stderr.isatty():
        print(f"compiling {module_name} (once; it is kept in {cache_root()})", file=sys.stderr, flush=True)


def cache_root() -> Path:
    """Return the folder of compiled kernels: ``$DYNENVS_CACHE_DIR``, or one in the user's cache folder."""
    chosen = os.environ.get("DYNENVS_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("dynenvs")) / "kernels"


def reachable_sources(module_name: str) -> list[Path]:
    """Return the source files that code in a module can reach through imports, sorted.

    Parameters
    ----------
    module_name : str
        Name of a module that is being imported, or has been.

    Returns
    -------
    list of Path
        Its own file and those of the modules that it imports when it is imported itself, and so on: without the
        standard library, NumPy and Numba (their versions are in the cache's name instead). Other installed
        packages are not followed beyond what is imported from them, so that the answer is the same in every process.
    """
    own = {"dynenvs", module_name.partition(".")[0]}
    found: dict[str, Path] = {}
    waiting = [module_name]
    while waiting:
        name = waiting.pop()
        path = _source_of(name)
        if path is None or name in found:
            continue
        found[name] = path
        if name.partition(".")[0] in own or not path.is_relative_to(_INSTALLED):
            waiting += _imported_names(name, path, path.stat().st_mtime_ns)
    return sorted(found.values())


def _source_of(name: str) -> Path | None:
    """Return the Python file of a loaded module, if it has one that can change."""
    path = getattr(sys.modules.get(name), "__file__", None)
    if path is None or name.partition(".")[0] in _COMPILED_ELSEWHERE or not path.endswith(".py"):
        return None
    return Path(path)


@functools.lru_cache(maxsize=256)
def _imported_names(name: str, path: Path, _modified: int) -> tuple[str, ...]:
    """Return the absolute names of all modules that a source file imports."""
    is_package = path.name == "__init__.py"
    package = name if is_package else name.rpartition(".")[0]
    names: list[str] = []
    for node in _running(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            base = importlib.util.resolve_name("." * node.level + module, package) if node.level else module
            names.append(base)
            names += (f"{base}.{alias.name}" for alias in node.names)  # a name may be a module
    return tuple(names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: not what stands in functions, or under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        in_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types = isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        if not (in_function or for_types):
            yield child
            yield from _running(child)


def _cache_folder(module_name: str) -> Path:
    digest = hashlib.sha256()
    digest.update(f"{sys.version}|{numba.__version__}|{np.__version__}|{sorted(_OPTIONS)}".encode())
    for path in reachable_sources(module_name):
        content = path.read_bytes()
        digest.update(f"{path}|{len(content)}|".encode() + content)
    return cache_root() / digest.hexdigest()[:20]


@contextlib.contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Make Numba choose `folder` for a function that is decorated inside."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        with contextlib.suppress(OSError):  # a read-only home: Numba then falls back on its own choice
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
            _prune(folder.parent)
        yield
    finally:
        numba.config.CACHE_DIR = before


@functools.lru_cache(maxsize=8)
def _prune(root: Path) -> None:
    """Delete, once a process, the folders of kernels that nobody has used for long."""
    oldest = time.time() - KEEP_DAYS * 86_400
    for folder in root.iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
