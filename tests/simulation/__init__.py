"""The whole system minus I/O under one seeded scheduler: see `kernel.py` for how, `watch.py` and `checks.py` for what
must hold, `faults.py` for what goes wrong, and `planted.py` for the bugs that it is known to find.

    python -m tests.simulation --seed 7        replays a seed, with its trace where it fails
    python -m tests.simulation --seeds 1000    runs so many, on all cores
    python -m tests.simulation --planted       prints which planted bug is found at which seed
"""
