"""The projector: reads topics, writes read models, announces what changed. `runner.py` tells how it stays right."""
