"""From episodes to what may be claimed: records, statistics, rankings, plots.

``records``
    One row an episode, as JSON lines or Parquet.
``statistics``
    Means and differences with 95 % intervals.
``rankings``
    Tables of policies, pure functions of records.
``plots``
    The same as pictures.
"""
