"""When episodes of the repeated games end, in words."""

from __future__ import annotations

from typing import TypeAlias

from dynenvs.envs.games.params import ContinuousGameParams, PublicGoodsParams, RepeatedGameParams

__all__ = ["end_notes"]

Params: TypeAlias = RepeatedGameParams | ContinuousGameParams | PublicGoodsParams


def end_notes(params: Params, rounds: str = "rounds") -> dict[str, str]:
    """Say when each end comes, and whether it terminates or truncates; for `dynenvs info`.

    Parameters
    ----------
    params : RepeatedGameParams, ContinuousGameParams or PublicGoodsParams
        Horizon, whether players know it, and continuation.
    rounds : str
        What rounds are called.

    Returns
    -------
    dict of str to str
        By ``"end REASON"``.

    Examples
    --------
    >>> end_notes(RepeatedGameParams(horizon=None, continuation=0.99))["end chance"]
    'terminated: after each round with a probability of 0.01 (parameter continuation=0.99)'
    """
    horizon, known = params.horizon, params.horizon_known and params.horizon is not None
    told, never = f"after {horizon} {rounds} (parameter horizon)", "not with these parameters: it takes"
    return {
        "end horizon": f"terminated {told}, which players know"
        if known
        else f"{never} a horizon that players know (horizon_known)",
        "end cap": f"{never} a horizon that players do not know"
        if known or horizon is None
        else f"truncated {told}, which players do not know",
        "end chance": f"{never} a continuation below 1"
        if params.continuation == 1.0
        else f"terminated: after each round with a probability of {1.0 - params.continuation:.4g} "
        f"(parameter continuation={params.continuation:g})",
    }
