"""`make docs`: write docs/first_file.md anew: its commands are run in order, and what each prints stands below it.

The text is written by hand, in the page itself; made are what a command prints, and the table of the rules of files.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path

from etl import catalogue, cli
from etl.migration import schema
from etl.warehouse import embedded

HERE = Path(__file__).parent
PAGE = HERE / "first_file.md"
INBOX = HERE / "first_file"
COLUMNS = "132"  # of the terminal
SEVERITIES = {
    "fatal": "tệp bị trả lại hoặc giữ lại",
    "error": "dòng bị giữ lại, các dòng khác được nạp",
    "warning": "tệp vẫn được nạp",
}


class _Terminal(io.StringIO):
    """What a command prints on a terminal: long lines are wrapped."""

    def isatty(self) -> bool:
        return True


def page(text: str, folder: Path, url: str) -> str:
    """The page, with what its commands print in this folder and with this warehouse; both are empty before."""
    shutil.copytree(INBOX, folder / "inbox")
    said = {"CCHC_HOME": str(folder / "home"), "CCHC_WAREHOUSE_URL": url, "COLUMNS": COLUMNS}
    before, there = {name: os.environ.get(name) for name in said}, Path.cwd()
    os.environ.update(said)
    os.chdir(folder)
    try:
        text = re.sub(r"(?ms)^```console\n(.*?)^```$", lambda found: _session(found[1]), text)
    finally:
        os.chdir(there)
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    return re.sub(r"(?ms)(?<=^<!-- FIL -->\n).*?(?=^<!-- /FIL -->)", lambda _: _rules(), text)


def _session(block: str) -> str:
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    return "```console\n" + "\n".join(f"$ {command}\n{_printed(command)}" for command in commands) + "```"


def _printed(command: str) -> str:
    name, *arguments = shlex.split(command)
    if name == "cat":
        return "".join(Path(one).read_text("utf-8") for one in arguments)
    with contextlib.redirect_stdout(_Terminal()) as printed:
        cli.run(arguments)
    return printed.getvalue()


def _rules() -> str:
    """Each rule of files: what is said, and what to do."""
    rows = ["| quy tắc | điều gì xảy ra | thông báo | cần làm gì |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {rule.rule_id} | {SEVERITIES[rule.severity]} | {rule.message} | {rule.remedy} |"
        for rule in catalogue.rules("*").values()
    ]
    return "\n".join(rows) + "\n"


def main() -> None:
    os.environ.pop("CCHC_CATALOGUE", None)  # an office's own words and layouts are not the project's
    with tempfile.TemporaryDirectory(prefix="cchc-docs-") as temporary:
        home = Path(temporary)
        home.chmod(0o711)  # as root the server runs under another account
        (home / "folder").mkdir()
        try:
            url = embedded.start(home, durable=False)
            schema.migrate(url)
            PAGE.write_text(page(PAGE.read_text("utf-8"), home / "folder", url), "utf-8")
        finally:
            embedded.stop(home)
    print(PAGE)


if __name__ == "__main__":
    main()
