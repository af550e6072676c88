"""The whole system on this machine: engines and services under one process manager, all state in one folder."""
