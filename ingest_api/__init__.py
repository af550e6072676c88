"""The write side: HTTP in, events out."""
