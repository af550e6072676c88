"""Which judgings count where rejudgings were applied and reverted: the rule, written a second time."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.invariants.raw_log import RawLog, RawRecord

Manifest = Callable[[str], bytes]
"""The blob of that name."""


def manifests_in(blobs: Path) -> Manifest:
    """Reads them from a blob store in a directory."""
    return lambda name: (blobs / name[:2] / name).read_bytes()


def counting(log: RawLog, manifest: Manifest) -> RawLog:
    """The log with the verdicts of those judgings alone that are current: of the rejudgings that are applied and not
    reverted the last one that covers a submission, else the original.

    What a reversal's own manifest says is not believed: it follows from what was applied.
    """
    stack: dict[str, set[str]] = {}
    decided: set[str] = set()
    for record in log.named("RejudgingApplied", "RejudgingReverted"):
        request, rejudging_id = str(record.value["caused_by"]), record.value["rejudging_id"]
        if request not in decided:
            decided.add(request)
            stack.pop(rejudging_id, None)
            if record.name == "RejudgingApplied":
                stack[rejudging_id] = _covered(manifest(record.value["manifest"]))
    current = {submission: rejudging_id for rejudging_id, covered in stack.items() for submission in covered}

    def counts(record: RawRecord) -> bool:
        by = record.value.get("rejudging_id")
        return by == current.get(record.value["submission_id"]) and not record.value.get("repeat")

    return RawLog(tuple(it for it in log.records if it.name != "VerdictReached" or counts(it)), log.committed)


def _covered(manifest: bytes) -> set[str]:
    return {json.loads(line)["submission_id"] for line in manifest.splitlines()}
