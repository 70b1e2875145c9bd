"""Who gets out of the trap of mutual retaliation? Run: python examples/11_reservoir.py

A partner repeats what was done to it, and slips to full defection in one of twenty rounds. Agents with a body cooperate
by what they feel; a sentinel that only distrusts answers every slip for ever, one that offers peace does not.
"""

from pathlib import Path

from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.plots import new_figure, save_plot, style
from dynenvs.evaluation.rankings import rank_by_payoff
from dynenvs.rendering.palette import COOPERATION, DEFECTION, MUTED

GAME = {"preset": "noisy_opponent", "horizon": 500}
PARTNERS = ("cooperate", "slipping_reciprocator", "betrayer")
AGENTS = {"reservoir:sentinel": DEFECTION, "reservoir:forgiving": COOPERATION, "reservoir:static": MUTED}

records = evaluate("dynenvs/ContinuousGame-v0", [*AGENTS, "tit_for_tat"], opponents=PARTNERS, episodes=20, **GAME)
rows = {row.policy: row for row in rank_by_payoff(records).rows}
print(f"{'points a round against':22}" + "".join(f"{partner:>24}" for partner in PARTNERS))
for policy, row in rows.items():
    print(f"{policy:22}" + "".join(f"{row.by_opponent[partner].value:24.2f}" for partner in PARTNERS))
gain = rows["reservoir:forgiving"].by_opponent["slipping_reciprocator"].value
gain -= rows["reservoir:sentinel"].by_opponent["slipping_reciprocator"].value
print(f"Offers of peace are worth {gain:.2f} points a round where a partner slips.")

with style():
    figure = new_figure(8, 3.6)
    axes = figure.add_subplot(title="Points a round, by partner", ylabel="points a round")
    for k, (policy, color) in enumerate(AGENTS.items()):
        cells = [rows[policy].by_opponent[partner] for partner in PARTNERS]
        places = [place + 0.26 * (k - 1) for place in range(len(PARTNERS))]
        axes.bar(places, [cell.value for cell in cells], width=0.24, color=color, label=policy)
    axes.set_xticks(range(len(PARTNERS)), [partner.replace("_", " ") for partner in PARTNERS])
    axes.set_ylim(0, 3.7)
    axes.legend(frameon=False, loc="upper right", ncols=3)
save_plot(figure, Path("runs") / "reservoir.png")
print("the same as a picture: runs/reservoir.png")
