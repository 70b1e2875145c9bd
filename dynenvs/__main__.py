"""``python -m dynenvs``: the command line."""

from dynenvs.cli import main

main(prog_name="dynenvs")
