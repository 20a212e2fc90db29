"""Every example in a docstring gives what it says."""

import doctest
import importlib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    for folder in ("etl", "tests")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    if ">>> " in path.read_text("utf-8") and path != Path(__file__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
