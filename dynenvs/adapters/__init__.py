"""Adapters: a world as another library's object. Written once, for all worlds."""
