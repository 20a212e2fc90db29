"""The sample files, damaged in 500 ways for each seed: each is read, or refused by a sentence, within bounds."""

import random
import resource
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl import catalogue
from etl.errors import FileRejected
from etl.reading import read

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


@pytest.fixture
def too_late() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5, 2021])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, too_late: None, seed: int) -> None:
    chance = random.Random(seed)
    wrong = []
    for number in range(500):
        sample = SAMPLES[number % len(SAMPLES)]
        path = tmp_path / f"{number}{sample.suffix}"
        damaged_file(chance, sample, path)
        signal.alarm(20)
        try:
            for _ in read.blocks(path, TASKS, block_bytes=chance.choice((64, 4096, 4 << 20))):
                pass
        except FileRejected:
            pass
        except BaseException as error:
            wrong.append(f"{number} ({sample.name}): {error!r}"[:300])
        path.unlink()
    assert wrong == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 <= 600_000_000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= 600_000_000
