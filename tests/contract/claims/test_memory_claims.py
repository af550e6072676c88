"""Claims in memory keep the contract."""

import pytest

from ingest_api.claims.memory import MemoryClaims
from tests.contract.claims.suite import ClaimsContract


class TestMemoryClaims(ClaimsContract):
    @pytest.fixture
    def claims(self) -> MemoryClaims:
        return MemoryClaims()
