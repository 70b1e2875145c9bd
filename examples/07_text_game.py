"""What would a language model be told, and what happens to what it says? Run: python examples/07_text_game.py"""

import json

import dynenvs

game = dynenvs.text_game("dynenvs/RepeatedGame-v0", seats=["external", "tit_for_tat"], horizon=5)


def model(briefing: str, schema: dict, complaint: str | None) -> str:
    """Stand in for a language model: it chats until it is corrected, then takes the last option there is."""
    if complaint is None:
        return "I will defect, of course!"
    return json.dumps({head: what["enum"][-1] for head, what in schema["properties"].items()})


game.reset(seed=1)
print(game.briefing(0))
while not game.over:
    for agent in game.acting:
        complaint = None
        while bad_reply := game.submit(agent, model(game.briefing(agent), game.schema(agent), complaint)):
            complaint = bad_reply.reason
            if game.bad_replies[agent].total() == 1:
                print(f"\nrefused as {bad_reply.kind}: {complaint}\n")

print(game.situation(0))
print(f"\nreturns: {game.returns}; {game.replies[0]} replies, of them refused: {dict(game.bad_replies[0])}")
