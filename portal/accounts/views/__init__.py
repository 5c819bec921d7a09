"""Doors for browsers: ask for the right, call one action, answer."""
