"""Set-up: brings a Debian or Ubuntu machine from nothing to ready; the second time it does nothing.

Standard library only, for it runs before anything is installed: `python3 -m deploy.setup [--tests]`.
"""
