"""A data folder whose broker is ended, whatever the test did to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from civicprobe.broker import broker_at
from civicprobe.broker.handle import own_pids


@pytest.fixture
def var_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    broker_at(folder).stop()
    assert own_pids(broker_at(folder).socket) == []
