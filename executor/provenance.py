"""What a verdict names as its grounds. Pure."""

import json
from collections.abc import Sequence
from hashlib import sha256

from schemas.ids import Sha256
from schemas.values import JobCase


def cases_digest(cases: Sequence[JobCase]) -> Sha256:
    """The digest of all cases in order: of the JSON list of `[name, input's sha256, answer's sha256]`."""
    listed = [[case.name, case.input_sha256, case.answer_sha256] for case in cases]
    return Sha256(sha256(json.dumps(listed, separators=(",", ":")).encode()).hexdigest())
