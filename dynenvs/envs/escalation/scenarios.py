"""What happened on the day before the first: texts of our own for the scenarios of the paper. None changes a number."""

from __future__ import annotations

__all__ = ["SCENARIOS"]

SCENARIOS: dict[str, str] = {
    "neutral": "",
    "invasion": (
        "Orange has sent its army and air force into Purple from three sides. More than twelve cities were struck, and "
        "at least five hundred people are dead. Orange says that Blue's meddling left it no choice, and warns everyone "
        "who might step in that it has nuclear weapons."
    ),
    "cyberattack": (
        "Malware was found in the networks of Blue's military bases near Green. A security company traces it to a "
        "group that Green supports, and says that it has been listening for two years; nothing was destroyed so far. "
        "Green denies that it had any part in it."
    ),
    "drone": "A surveillance drone of Red was seen in the airspace of Blue.",
    "three_drones": "Three surveillance drones were seen in the airspace of Blue: two of Red, and one of Yellow.",
}
"""Texts by scenario; ``drone`` and ``three_drones`` were prepared for the paper and not used in it."""
