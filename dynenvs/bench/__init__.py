"""The speed tables that the README quotes: ours and our peers', timed in one run, in turn."""
