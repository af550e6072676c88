"""Looking after read models: rebuilding, verifying, pausing, passing over. `rebuild.py` tells how it stays right."""
