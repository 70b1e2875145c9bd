"""Reference agents for the worlds of dynenvs: they plug in as policies and commands, and dynenvs does not know them."""
