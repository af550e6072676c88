"""Jobs in, verdicts out: worker, judge, languages, checkers and sandbox."""

from typing import Final

SOFTWARE_VERSION: Final = "0.1.0"
"""In the provenance of every verdict; a test holds it to pyproject.toml's."""
