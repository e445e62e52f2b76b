"""Every store of the picture keeps to the same contract."""

import pytest

from skypact.record.store_parquet import ParquetStore
from skypact.record.store_postgis import PostgisStore
from skypact.testing.contract_store import StoreContract
from skypact.testing.memory_store import MemoryStore


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()


class TestParquet(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = ParquetStore(tmp_path / "picture")
        yield store
        store.close()


class TestPostgis(StoreContract):
    @pytest.fixture
    def store(self, postgres):
        store = PostgisStore(postgres.database())
        yield store
        store.close()
