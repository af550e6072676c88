"""What the compilers of each image have said of themselves, kept on the machine from one start to the next.

An image never changes under its digest. So with many languages installed an executor is back after a crash as soon as
with four. The file is a cache: one that is not there or cannot be read is empty.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from schemas.log import EventLogger

log = EventLogger(__name__)


def read_versions(path: Path) -> dict[str, str]:
    """What was kept there."""
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(asked): str(said) for asked, said in kept.items()} if isinstance(kept, dict) else {}


def keep_versions(path: Path, versions: Mapping[str, str]) -> None:
    """Keeps them in place of what was kept there; where that fails, they are asked for again."""
    unfinished = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(versions, indent=1, sort_keys=True))
        unfinished.replace(path)
    except OSError as error:
        log.warning("versions_not_kept", why=error)
