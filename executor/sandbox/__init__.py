"""The sandbox: a port, and the adapters behind it."""
