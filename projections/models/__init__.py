"""Read models, one file each: how an event becomes writes and announcements (pure), and how the model is read."""

from pathlib import Path
from typing import Final

CQL_AREA: Final = "projections"
"""Under this name the keyspace remembers which CQL files were applied."""

CQL_FOLDER: Final = Path(__file__).resolve().parent.parent / "cql"
