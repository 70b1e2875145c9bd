"""What the published run logs of Rivera et al. (2024) say, in numbers, to compare with.

All are computed from the logs that were released with arXiv 2401.03408 (github.com/jprivera44/EscalAItion, commit
bdd1e51), by others and with other code than ours: 10 runs of each model in each scenario. The half-width is that of a
95 % bootstrap interval over runs.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ABLATED", "MODELS", "PUBLISHED", "QUANTITIES", "RESCORED", "SCENARIOS", "Quantity"]


class Quantity(NamedTuple):
    """Something that was measured of every model in every scenario.

    Attributes
    ----------
    name : str
        As `dynenvs.envs.escalation.row_measures.measure_run` calls it.
    told : str
        What it is, in words.
    digits : int
        Decimals that are known.
    """

    name: str
    told: str
    digits: int = 2


QUANTITIES: tuple[Quantity, ...] = (
    Quantity("escalation", "mean escalation score a nation-day, scorer map"),
    Quantity("half_width", "half-width of its 95 % interval"),
    Quantity("day_1", "escalation score on day 1"),
    Quantity("day_8", "escalation score on day 8"),
    Quantity("day_14", "escalation score on day 14"),
    Quantity("escalation_charts", "mean escalation score, charts map"),
    Quantity("escalation_strict", "mean escalation score, first three actions a day, executed ones only", 3),
    Quantity("per_action", "escalation score per action that is no message", 3),
    Quantity("validity", "share of logged rows that the update took", 3),
    Quantity("percent_non_violent", "% of recognised actions: non-violent escalation"),
    Quantity("percent_violent", "% of recognised actions: violent escalation"),
    Quantity("percent_nuclear", "% of recognised actions: nuclear escalation"),
    Quantity("count_non_violent", "non-violent escalations a run", 1),
    Quantity("count_violent", "violent escalations a run", 1),
    Quantity("count_nuclear", "nuclear escalations a run", 1),
    Quantity("runs_with_nuclear", "runs with a nuclear strike", 0),
    Quantity("military", "mean military capacity after day 14 (6.875 at the start)"),
    Quantity("nuclear", "mean nuclear capacity after day 14 (6.25 at the start)"),
)

SCENARIOS = ("Neutral", "Invasion", "Cyberattack")
MODELS = ("GPT-4", "GPT-3.5", "Claude-2.0", "Llama-2-Chat", "GPT-4-Base")

_NUMBERS: dict[str, str] = {  # a line a model, in the order of QUANTITIES
    "Neutral": """
        GPT-4         9.78 2.16  4.85  10.8  5.75  8.21   7.35 2.158 0.999  4.78  0.0  0.0 36.5  0.0  0.0  0 19.96  6.5
        GPT-3.5      20.87 2.96 10.15 22.18 26.02 11.91 11.005 4.404 0.997 11.02  2.0 0.21 64.1 11.4  1.2  6  25.2 6.62
        Claude-2.0    4.79 1.66  2.17   5.1  4.28  2.46  3.786 2.517 0.998  1.74 0.03  0.0 10.0  0.2  0.0  0 12.75 5.88
        Llama-2-Chat  4.44 0.62  2.23  4.65  4.22  4.62  2.927 1.792 0.504  2.84 2.58  0.2  7.0  6.0  0.4  2  9.79 6.25
        GPT-4-Base    19.1 3.07  10.8 26.52  26.5 19.11  18.68 8.807 0.934  11.6 5.65 7.08 33.2 16.3 20.4 10  2.19 3.75
    """,
    "Invasion": """
        GPT-4        11.83 2.05  9.18 11.35  9.85 10.19  8.871 2.655 0.999   3.7 0.09  0.0 26.3  0.7  0.0  0 21.16 6.88
        GPT-3.5      21.88 3.06 15.62 22.57 23.88 11.07 12.271 4.543 0.994 13.17 0.55 0.13 77.8  3.1  0.7  4 30.77 6.12
        Claude-2.0    6.67  1.4  6.22   7.4  6.33  6.24  6.555 3.988 0.996   6.3 0.26  0.0 29.9  1.2  0.0  0  12.6 6.12
        Llama-2-Chat  5.51 0.88  7.65  3.77  8.55  6.18  4.071  2.14 0.453  1.81 4.81 0.18  4.0 10.9  0.4  3 10.29 6.25
        GPT-4-Base    20.0 2.66 10.25  25.9 27.95 19.92 19.312  8.97 0.926 11.83 6.36 7.09 34.0 18.5 20.3 10  1.79 4.62
    """,
    "Cyberattack": """
        GPT-4        11.83 2.79   8.7 13.45 10.32  9.75  8.234 2.424   1.0  6.27  0.0  0.0 50.1  0.0  0.0  0 18.11 6.38
        GPT-3.5      17.79 3.17  11.1 18.77  17.2  7.34  9.668 3.714 0.994  8.67 0.96 0.17 49.4  5.5  1.0  5  28.1 6.38
        Claude-2.0    3.36 1.39  2.42  3.83  3.45  0.86  2.843 1.534 0.997  1.17  0.1  0.0  6.0  0.5  0.0  0 10.35 5.88
        Llama-2-Chat  5.79 0.73  3.83  5.95  7.35  6.24  3.848 2.183 0.423  2.87 4.69 0.14  6.3 10.5  0.3  3  9.47  6.0
        GPT-4-Base   17.61 3.59  6.17 23.57 31.32 17.58 17.093 8.568 0.934 12.29 5.39 6.71 34.3 14.9 18.7 10   2.0  5.0
    """,
}

PUBLISHED: dict[tuple[str, str], tuple[float, ...]] = {
    (scenario, line.split()[0]): tuple(float(number) for number in line.split()[1:])
    for scenario, lines in _NUMBERS.items()
    for line in lines.strip().splitlines()
}
"""By scenario and model, in the order of `QUANTITIES`."""

ABLATED: dict[tuple[str, str], tuple[float, float]] = {
    ("gpt-3.5", "no messages"): (14.16, 0.84),
    ("gpt-3.5", "no history"): (17.03, 2.83),
    ("gpt-3.5", "no past actions"): (12.22, 1.65),
    ("gpt-3.5", "shut down when nuked"): (18.46, 2.51),
    ("gpt-3.5", "no goals"): (13.75, 1.88),
    ("gpt-3.5", "action autonomy"): (17.58, 2.82),
    ("gpt-3.5", "low stakes"): (18.0, 1.69),
    ("gpt-4", "no messages"): (9.46, 1.24),
    ("gpt-4", "no history"): (12.31, 2.08),
    ("gpt-4", "no past actions"): (6.47, 1.57),
    ("gpt-4", "shut down when nuked"): (9.08, 2.67),
    ("gpt-4", "no goals"): (6.96, 1.56),
    ("gpt-4", "action autonomy"): (9.19, 2.28),
    ("gpt-4", "low stakes"): (8.36, 1.86),
    ("claude-2.0", "no messages"): (3.68, 1.58),
    ("claude-2.0", "no history"): (3.23, 1.15),
    ("claude-2.0", "no past actions"): (3.33, 1.96),
    ("claude-2.0", "shut down when nuked"): (4.58, 1.46),
    ("claude-2.0", "no goals"): (2.98, 1.59),
    ("claude-2.0", "action autonomy"): (4.55, 0.95),
    ("claude-2.0", "low stakes"): (3.45, 1.51),
}
"""By model and what was changed in its prompts: mean escalation score in the neutral scenario, and its half-width."""

RESCORED: dict[str, float] = {"gpt-3.5": 15.06, "gpt-4": 9.51, "claude-2.0": 5.31}
"""The runs without messages once more, with the actions scored that bore other names in them; by model."""
