"""Senders: who sent which blob. A port and its adapters."""
