"""What the live service counts."""

from typing import Final

from prometheus_client import Counter, Gauge

CLIENTS: Final = Gauge("judgestream_live_clients", "Connected clients", ["transport"])
SUBSCRIPTIONS: Final = Gauge("judgestream_live_subscriptions", "Subscriptions")
MESSAGES: Final = Counter("judgestream_live_messages", "Messages sent")
BYTES: Final = Counter("judgestream_live_bytes", "Bytes of messages sent")
DISCONNECTS: Final = Counter("judgestream_live_disconnects", "Connections that ended", ["code"])
RECOVERIES: Final = Counter("judgestream_live_recoveries", "Subscriptions that got what they had missed")
SNAPSHOTS: Final = Counter("judgestream_live_snapshots", "Snapshots sent")
CONGESTED: Final = Gauge("judgestream_live_congested_clients", "Clients that do not keep up")
