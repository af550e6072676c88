"""What the router counts, under /metrics."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

ROUTED: Final = Counter("judgestream_router_jobs", "Jobs appended", ["lane"])
GIVEN_UP: Final = Counter("judgestream_router_jobs_given_up", "Jobs that tell the executor to give up")
FED: Final = Counter("judgestream_router_feed_records", "Records appended to contest-feed", ["event"])
DEAD_LETTERS: Final = Counter("judgestream_router_dead_letters", "Records given up", ["topic", "reason"])
RETRIES: Final = Counter("judgestream_router_retries", "Tries that failed and were repeated", ["what"])
OUTSTANDING: Final = Gauge("judgestream_router_outstanding_jobs", "Jobs that wait or run", ["lane"])
LAG: Final = Gauge("judgestream_router_lag", "Records that are not dealt with yet", ["topic"])
STALLED: Final = Gauge("judgestream_stalled_judgings", "Judgings that stand still now", ["lane"])
STALLS: Final = Counter("judgestream_stalls", "Judgings found to stand still, by what was done about it", ["answer"])
OLDEST_SECONDS: Final = Gauge(
    "judgestream_oldest_job_seconds", "How long the oldest unfinished job of a lane has waited", ["lane"]
)
HANDLING_SECONDS: Final = Histogram(
    "judgestream_router_handling_seconds",
    "From a record's delivery to the acknowledgement of all that follows from it",
    ["agent"],
    buckets=(0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1, 4),
)
