"""Twenty loads are killed at moments that a fixed seed draws; tests/slow/kills.py kills as many as one likes."""

from pathlib import Path

import pytest

from tests.slow import kills


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_whenever_a_load_is_killed_nothing_half_done_is_seen(
    server_url: str, template_database: str, tmp_path: Path
) -> None:
    between = kills.run(server_url, template_database, tmp_path, kills=20, seed=2021)
    assert sum(between.values()) >= 5  # else the kills would prove little
