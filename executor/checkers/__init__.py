"""Checkers: whether a program's output is what the answer says. Pure, on bytes as they are."""
