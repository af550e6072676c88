"""Claims: who was first with an id or an edit. A port and its adapters."""
