"""Boards: what is measured, who was measured, and the static site that shows it.

``boards``
    ``leaderboards/<board>/board.json`` and its ``results/*.json``, read strictly and written whole.
``standings``
    Entries in their order, with the ranks that their intervals allow.
``site``
    Pages for a browser, with nothing to install and nothing to fetch.
"""
