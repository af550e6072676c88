"""Board changes of one tick as one: the latest row per team."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from projections.live.history import Announced

ROWS: Final = "rows"
"""The only change of a board that is told in rows; after any other the board is read anew."""


def joined_rows(announced: Sequence[Announced]) -> bytes:
    """Data that says what all of these say, one after the other; at least one."""
    if len(announced) == 1:
        return announced[0].data
    latest: dict[str, dict[str, Any]] = {}
    for one in announced:
        data = orjson.loads(one.data)
        for row in data["rows"]:
            known = latest.get(row["team_id"])
            if known is None or known["version"] <= row["version"]:
                latest[row["team_id"]] = row
    return orjson.dumps({**data, "rows": list(latest.values())})


def epoch_of(announced: Announced) -> str:
    """The board's epoch that a change of rows belongs to."""
    return str(orjson.loads(announced.data)["epoch"])
