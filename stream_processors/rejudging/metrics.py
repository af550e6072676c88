"""What is counted of rejudgings, under /metrics."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

DECIDED: Final = Counter("judgestream_rejudging_decisions", "Decisions appended", ["event"])
DECIDING_SECONDS: Final = Histogram(
    "judgestream_rejudging_deciding_seconds",
    "From a request to its acknowledged decision",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
)
SCANNED: Final = Counter("judgestream_rejudging_scanned_records", "Records read for decisions", ["topic"])
DEAD_LETTERS: Final = Counter("judgestream_rejudging_dead_letters", "Requests given up", ["reason"])
RETRIES: Final = Counter("judgestream_rejudging_retries", "Tries that failed and were repeated", ["what"])
RELEASED: Final = Counter("judgestream_rejudging_released_jobs", "Jobs appended to the rejudge lane")
WAITING: Final = Gauge("judgestream_rejudging_waiting_jobs", "Jobs of open rejudgings that are not released yet")
OUTSTANDING: Final = Gauge("judgestream_rejudging_outstanding_jobs", "Jobs in the rejudge lane that wait or run")
WINDOW: Final = Gauge("judgestream_rejudging_window_jobs", "How many jobs may wait or run in the rejudge lane")
