"""Files of every export in every form, damaged in a thousand ways for each seed: each is read or refused in bounds.

A file that is read has every line accounted for: reading it ends with the sum (etl/reading/lines.py). More of them:
`python -m tests.slow.test_damaged_files SEED FOLDER COUNT`.
"""

import random
import resource
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import FileRejected
from etl.reading import read, values
from tests.forms import Form, write
from tests.reading.test_forms import table

SAMPLES = sorted(path for path in (Path(__file__).parents[1] / "reading" / "files").iterdir() if path.suffix != ".md")
TASKS = catalogue.export("document_management/tasks")
PIECES = [
    piece.encode("latin-1")
    for piece in (
        *('"', "\n", "\r", ",", ";", "\t", "\0", "\xff", "99999999999", "-1", "]]>", "<!--", "&#0;"),
        *("<td>", "</table>", "<table><tr>", 'r="ZZZ9"', 't="s"', "<row>", "</c>"),
    )
]


def damaged(chance: random.Random, said: bytes) -> bytes:
    """A few bytes changed, a piece cut out, said again elsewhere, or something else put in."""
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(said) + 1), chance.choice((1, 2, 7, 50, 400))
        again = said[at : at + length] * chance.choice((1, 2, 50))
        piece = chance.choice((b"", chance.choice(PIECES), chance.randbytes(3), again))
        cut = chance.choice((0, 0, 1, length))
        said = said[:at] + piece + said[at + cut :]
    return said


def damaged_file(chance: random.Random, sample: Path, path: Path) -> None:
    """The same file damaged; of a workbook, often one of its parts, so that it can still be unpacked."""
    if not zipfile.is_zipfile(sample) or chance.random() < 0.3:
        path.write_bytes(damaged(chance, sample.read_bytes()))
        return
    with zipfile.ZipFile(sample) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        chosen = chance.choice([name for name in before.namelist() if name.startswith("xl/")])
        for name in before.namelist():
            said = before.read(name)
            after.writestr(name, damaged(chance, said) if name == chosen else said)


def late(*_: object) -> None:
    raise TimeoutError


def samples(folder: Path) -> list[tuple[Path, catalogue.Export]]:
    """The sample files of tasks, and one of every export in every kind of file."""
    forms = [Form(), Form(encoding="cp1258", separator=";"), Form(container="xlsx", parts=2), Form(container="html")]
    return [(path, TASKS) for path in SAMPLES] + [
        (path, export)
        for export in catalogue.exports().values()
        for number, form in enumerate(forms)
        for path in write(folder / export.name / str(number), *table(export), form)
    ]


def own_peak() -> int:
    """Bytes of memory that this program had at most: getrusage counts those of the process that started it, too."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024


def read_damaged_files(seed: int, folder: Path, count: int = 1000) -> list[str]:
    """What was neither read nor refused by a sentence."""
    signal.signal(signal.SIGALRM, late)
    chance = random.Random(seed)
    wrong = []
    every = samples(folder)
    for number in range(count):
        sample, export = every[number % len(every)]
        path = folder / f"{number}{sample.suffix}"
        damaged_file(chance, sample, path)
        signal.alarm(20)
        layouts = catalogue.layouts(export.name)
        try:
            block_bytes = chance.choice((64, 4096, 4 << 20))
            for block in read.blocks(path, export, layouts=layouts, unit="631", block_bytes=block_bytes):
                values.typed(block, export)
        except FileRejected:
            pass
        except BaseException as error:
            wrong.append(f"{number} ({sample.name}): {error!r}"[:300])
        signal.alarm(0)
        path.unlink()
    for peak in (own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024):
        if peak > 600_000_000:
            wrong.append(f"{peak:,} bytes of memory")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5, 2021])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    """In a process of its own: what other tests took would count as taken here."""
    command = [sys.executable, "-m", "tests.slow.test_damaged_files", str(seed), str(tmp_path)]
    done = subprocess.run(command, cwd=project_files.ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr[-2000:]


if __name__ == "__main__":
    found = read_damaged_files(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
    print("\n".join(found), end="")
