"""Senders in memory keep the contract."""

import pytest

from ingest_api.senders.memory import MemorySenders
from tests.contract.senders.suite import SendersContract


class TestMemorySenders(SendersContract):
    @pytest.fixture
    def senders(self) -> MemorySenders:
        return MemorySenders()
