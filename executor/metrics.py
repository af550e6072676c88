"""What the executor counts, under /metrics."""

from typing import Final

from prometheus_client import Counter, Histogram

VERDICTS: Final = Counter("judgestream_verdicts", "Verdicts reached", ["verdict", "language"])
FAULTS: Final = Counter("judgestream_judging_faults", "Failures of ours while judging, by kind", ["kind"])
ATTEMPTS_LOST: Final = Counter("judgestream_attempts_lost", "Starts that an executor's death left open, found here")
DEAD_LETTERS: Final = Counter("judgestream_executor_dead_letters", "Jobs given up", ["reason"])
COMPILES: Final = Counter("judgestream_compiles", "Programs asked for, by how they came: compiled or cached", ["how"])
RUNS_AGAIN: Final = Counter("judgestream_runs_again", "Runs of a case beyond its first")
CASES: Final = Counter(
    "judgestream_cases", "Cases judged, by how: run, or stored for a record of an earlier run", ["how"]
)
OUTPUTS: Final = Counter(
    "judgestream_outputs",
    "Outputs handed over to be stored, by what became of them: kept, there already, too_long, …",
    ["what"],
)
JUDGING_SECONDS: Final = Histogram(
    "judgestream_judging_seconds",
    "From a job's start in a slot to its verdict",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120),
)
SANDBOX_SECONDS: Final = Histogram(
    "judgestream_sandbox_seconds",
    "One call of the sandbox, its own start and end included",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
