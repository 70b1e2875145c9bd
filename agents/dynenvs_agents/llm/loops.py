"""The event loop on which the language models of a process live, in a thread of its own.

Connections, and whatever else belongs to a loop, stay open from call to call, and ordinary code needs no ``async``.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from dynenvs.core.errors import LifecycleError

__all__ = ["PerLoop", "arun", "run"]

THREADS = 64  # at most; they only wait, for models that are ordinary functions

Result = TypeVar("Result")


class PerLoop(Generic[Result]):
    """Something of which every event loop needs its own, such as a semaphore or a connection.

    It is copied and pickled empty: a copy makes its own.

    Parameters
    ----------
    make : callable
        Makes one, on the loop that will use it.
    """

    def __init__(self, make: Callable[[], Result]) -> None:
        self._make = make
        self._made: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Result] = weakref.WeakKeyDictionary()

    def here(self) -> Result:
        """Return that of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = self._make()
        return self._made[loop]

    def pop(self) -> Result | None:
        """Return that of the running loop, which is given up; None if there was none."""
        return self._made.pop(asyncio.get_running_loop(), None)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._make,)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the loop that the models of this process share, and wait for it.

    It may be called from any thread, also from one where another loop is running, as in a notebook.

    Parameters
    ----------
    work : coroutine
        E.g. ``model.acomplete(request)``, or one that gathers many of them. It is cancelled if the wait is
        interrupted, as by Ctrl-C.

    Returns
    -------
    result
        What the coroutine returns.

    Raises
    ------
    LifecycleError
        If the caller runs on that loop itself, where it would wait for ever.
    """
    loop = _loop(os.getpid())
    if _running_loop() is loop:
        work.close()
        raise LifecycleError("run() was called by a coroutine that runs on the models' loop: await the work instead")
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    finally:
        future.cancel()


async def arun(work: Coroutine[Any, Any, Result]) -> Result:
    """As `run`, for coroutines that run on another loop: their own goes on meanwhile."""
    loop = _loop(os.getpid())
    if asyncio.get_running_loop() is loop:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


_starting = threading.Lock()


def _loop(process: int) -> asyncio.AbstractEventLoop:
    """Return the loop of this process: a fork has the memory of its parent, but not its threads."""
    with _starting:
        return _started_loop(process)


@functools.lru_cache(maxsize=1)
def _started_loop(process: int) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    threading.Thread(target=loop.run_forever, name="dynenvs language models", daemon=True).start()
    return loop
