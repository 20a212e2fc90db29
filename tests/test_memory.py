"""A process changes how it keeps memory when it is told to, not when it imports us."""

import os
import subprocess
import sys

import pytest

from etl.catalogue import project_files


def said_by(script: str) -> str:
    """What a fresh interpreter prints, whatever the process of the tests has set."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("_RJEM", "MALLOC"))}
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, cwd=project_files.ROOT, env=settings, capture_output=True, text=True, timeout=120, check=True
    ).stdout


@pytest.mark.parametrize("module", ["etl", "etl.catalogue", "etl.cli", "etl.pipeline", "etl.figures"])
def test_importing_changes_nothing_in_the_process(module: str) -> None:
    state = "(gc.get_threshold(), os.environ.get('_RJEM_MALLOC_CONF'))"
    script = f"import gc, os; before = {state}; import {module}; print({state} == before)"
    assert said_by(script) == "True\n"


def test_a_process_that_loads_keeps_its_memory() -> None:
    script = (
        "import gc, os; from etl import memory; memory.keep();"
        " print(gc.get_threshold()[0], os.environ['_RJEM_MALLOC_CONF'])"
    )
    assert said_by(script) == "50000 dirty_decay_ms:10000\n"


@pytest.mark.parametrize(("command", "kept"), [("load nowhere", True), ("materialise 2021-Q9", True), ("files", False)])
def test_commands_that_load_or_make_figures_keep_memory(command: str, kept: bool) -> None:
    script = (
        "import gc; from etl import cli, memory, settings\n"
        "def no_settings(): raise settings.SetupError('none')\n"
        "settings.read = no_settings\n"
        f"cli.run({command.split()!r}); print(gc.get_threshold()[0] == 50_000)"
    )
    assert said_by(script) == f"{kept}\n"
