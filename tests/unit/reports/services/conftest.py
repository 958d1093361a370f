"""The toy town on each database."""

import pytest

from tests.town import build_town


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)
