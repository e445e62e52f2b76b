"""Every store of the picture keeps to the same contract."""

import pytest

from skypact.testing.contract_store import StoreContract
from skypact.testing.memory_store import MemoryStore


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()
