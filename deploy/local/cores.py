"""Which cores the engines and our services are kept to, so that the executor's slots have theirs for themselves."""

import os
import shutil
from collections.abc import Mapping, Sequence

from executor.cores import plan_cores


def service_cores(
    available: Sequence[int] | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[int, ...] | None:
    """Cores by the executor's own plan, of those that are ours; None where none can be spared, or `taskset` lacks."""
    cores = sorted(os.sched_getaffinity(0) if available is None else available)
    asked = environ.get("JUDGESTREAM_SLOTS", "")
    plan = plan_cores(cores, int(asked) if asked.isdigit() and int(asked) else None)
    return plan.services if len(plan.services) < len(cores) and shutil.which("taskset") else None
