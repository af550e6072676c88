"""`python -m schemas.write_asyncapi`: writes the contract of the log to `docs/asyncapi.json`."""

from pathlib import Path
from typing import Final

from schemas.asyncapi import asyncapi
from schemas.golden_records import canonical

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "asyncapi.json"

if __name__ == "__main__":
    DOCUMENT.write_text(canonical(asyncapi()))
