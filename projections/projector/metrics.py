"""What a projector tells Prometheus."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

EVENTS: Final = Counter("judgestream_projection_events_total", "Records read", ("model",))
DEAD_LETTERS: Final = Counter("judgestream_projection_dead_letters_total", "Records given up", ("model",))
SECONDS: Final = Histogram(
    "judgestream_projection_seconds",
    "From the broker's clock to the checkpoint of the batch's first record",
    ("model",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15),
)
PARKED: Final = Gauge("judgestream_projection_parked", "Partitions that stand still at a poisoned record", ("model",))
NEXT_OFFSET: Final = Gauge(
    "judgestream_projection_next_offset", "The first offset that is not in the model", ("model", "topic", "partition")
)
END_OFFSET: Final = Gauge(
    "judgestream_projection_end_offset", "The end of the topic's partition", ("topic", "partition")
)
LAG: Final = Gauge("judgestream_projection_lag", "Records still to be read", ("model", "topic", "partition"))
