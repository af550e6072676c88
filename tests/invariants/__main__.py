"""`python -m tests.invariants`: checks the log that JUDGESTREAM_KAFKA names, and what JUDGESTREAM_URL answers.

Needs JUDGESTREAM_KAFKA and JUDGESTREAM_REGISTRY_URL; with JUDGESTREAM_URL, a jury's JUDGESTREAM_TOKEN and
JUDGESTREAM_BLOBS also the read side is held against the log. `--unsettled` while work is under way.
"""

import os
import sys
from pathlib import Path

from tests.invariants.raw_log import read_log
from tests.invariants.rejudged import manifests_in
from tests.invariants.rules import accepted, differing_repeats, truth, violations
from tests.invariants.served import served_violations


def main() -> int:
    """Prints what was read and every violation; 0 where there is none."""
    log = read_log(os.environ["JUDGESTREAM_KAFKA"], os.environ["JUDGESTREAM_REGISTRY_URL"])
    found = violations(log, settled="--unsettled" not in sys.argv)
    url, token = os.environ.get("JUDGESTREAM_URL"), os.environ.get("JUDGESTREAM_TOKEN")
    if url and token:
        found += served_violations(log, url, token, manifests_in(Path(os.environ["JUDGESTREAM_BLOBS"])))
    print(
        f"{len(log.records)} records, {len(accepted(log))} submissions, {len(truth(log))} judgings with a verdict, "
        f"{differing_repeats(log)} differing repeats, {len(found)} violations"
    )
    for violation in found:
        print(f"- {violation}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
