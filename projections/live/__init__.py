"""Live fan-out: what changed, over WebSocket and server-sent events.

`hub` decides (no asyncio, no sockets); `channels`, `frames`, `history`, `rows`, `access` and `requests` are what it
and the edges decide with; everything else is a shell around them.
"""
