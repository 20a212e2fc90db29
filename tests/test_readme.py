"""What the README tells people to type can be typed, and it names every command and option."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from etl import cli

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
COMMANDS = sorted(
    set(re.findall(r"^\.venv/bin/cchc (.*?)(?: +#.*)?$", README, re.M) + re.findall(r"`cchc (\w+ [^`<]+)`", README))
)


@pytest.mark.parametrize("said", COMMANDS)
def test_a_command_is_understood(said: str) -> None:
    name, *arguments = said.split()
    command = get_command(cli.app).commands[name]
    command.make_context(name, arguments)


def test_every_command_and_option_is_named() -> None:
    commands = get_command(cli.app).commands
    assert {said.split()[0] for said in COMMANDS} == set(commands)
    options = {name for command in commands.values() for one in command.params for name in one.opts if "-" in name}
    assert options - set(re.findall(r"--[a-z-]+", README)) == set()


def test_the_targets_of_make_that_are_named_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"make (\w+) ", README)) <= set(re.findall(r"^(\w+):", makefile, re.M))
