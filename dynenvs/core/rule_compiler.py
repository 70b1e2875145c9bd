"""How rules are compiled: as far as code needs it that is melted into a kernel, and no further.

Numba optimises each function together with all that it calls, and makes machine code of it, before it turns to those
that call it: a rule that is called through five others is optimised six times, and five of the results are dropped.
Here a rule is translated and tidied up alone; the kernel is optimised once, with all its rules in it. It is as fast,
and there after about two thirds of the time (`dynenvs warmup` into an empty `DYNENVS_CACHE_DIR`, with and without
`RULE_OPTIONS`).
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import models, register_model, types

__all__ = ["RULE_OPTIONS", "type_of"]


class _NoEnvironments:
    """Takes the environment of a function that has no address to keep it at."""

    def set_env(self, name: str, environment: Any) -> None:
        """Drop it: only what is called from Python needs one."""


class _RuleLibrary(JITCodeLibrary):  # type: ignore[misc] # Any, to mypy
    """Code of a rule and of all that it calls, ready to be linked into what calls the rule."""

    @property
    def codegen(self) -> _NoEnvironments:
        """Answer Numba, which asks when it is done with a function."""
        return _NoEnvironments()

    def _optimize_final_module(self) -> None:
        """Leave it to the kernel."""

    def _finalize_final_module(self) -> None:
        """Make no machine code."""
        self._finalized = True


class _RuleCompiler(CompilerBase):  # type: ignore[misc] # Any, to mypy
    """Numba's own passes, into a library of ours."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        state = self.state
        state.library = _RuleLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


# The methods are private to Numba: where it has others, compiling takes longer and comes to the same.
_KNOWN = hasattr(JITCodeLibrary, "_optimize_final_module") and hasattr(JITCodeLibrary, "_finalize_final_module")

RULE_OPTIONS: dict[str, Any] = {"pipeline_class": _RuleCompiler} if _KNOWN else {}
"""What a rule is compiled with, beside what holds for kernels too."""


class _WholeTuple(types.NamedTuple):  # type: ignore[misc] # Any, to mypy
    """A NamedTuple that functions pass on as one value."""


@register_model(_WholeTuple)
class _WholeTupleModel(models.TupleModel):  # type: ignore[misc] # Any, to mypy
    """Lays it out as Numba does; only that it is not taken apart, into some 500 numbers for a world, at every call."""

    def get_argument_type(self) -> Any:
        """Return the type of an argument: that of any value."""
        return self.get_value_type()

    def as_argument(self, builder: Any, value: Any) -> Any:
        """Pass it on as it is."""
        return value

    def from_argument(self, builder: Any, value: Any) -> Any:
        """Take it as it is."""
        return value


def type_of(argument: Any) -> Any:
    """Return the type that a kernel is compiled for, to be called with such an argument."""
    found = numba.typeof(argument)
    return _WholeTuple(found.types, found.instance_class) if type(found) is types.NamedTuple else found
