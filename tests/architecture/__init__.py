"""The pictures of ARCHITECTURE.md, drawn from the code: `python -m tests.architecture` writes them anew."""
