"""A district and its communes, delivered in small files: what a release is published of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from etl import pipeline, settings
from etl.periods import Period
from etl.publication import releases
from etl.publication.releases import Published
from etl.stewardship import people
from etl.warehouse import database
from tests.databases import fresh_database, rows
from tests.inbox import deliver

UNITS = """
    Mã đơn vị | Tên đơn vị      | Mã đơn vị cấp trên | Loại
    64        | UBND tỉnh       |                    | UBND cấp tỉnh
    631       | UBND huyện      | 64                 | UBND cấp huyện
    23857     | Thị trấn Chư Ty | 631                | UBND cấp xã
    23860     | Xã Ia Dơk       | 631                | UBND cấp xã
"""
PEOPLE = {
    "tinh": ("approver", "64"),
    "huyen": ("approver", "631"),
    "xa": ("approver", "23860"),
    "lan": ("steward", "631"),
}
STATEMENT = "Số liệu đúng với sổ theo dõi."


@dataclass(frozen=True)
class Office:
    """A warehouse, its inbox, and what people do there."""

    configured: settings.Settings
    url: str
    inbox: Path

    def load(self, export: str, day: str, text: str, *, sender: str = "duc-co") -> int:
        """Deliver a drawn table and load it; the number of the file."""
        deliver(self.inbox, export, day, text, sender=sender)
        landed = pipeline.land(self.configured, self.url, inbox=str(self.inbox))
        loaded = list(pipeline.load_waiting(self.configured, self.url))
        assert all(one.status.startswith("accepted") for one in loaded), loaded
        [file_id] = landed.file_ids
        return file_id

    def make(self, code: str) -> None:
        # as `cchc materialise` does: what was loaded until now has left its touches before
        from etl.figures import touches

        with database.transaction(self.url) as connection:
            touches.record(connection)
        pipeline.materialise(self.url, Period.parse(code))

    def publish(self, code: str, unit: str | None = "631", *, by: str = "huyen", **why: str) -> Published:
        with database.transaction(self.url) as connection:
            return releases.publish(connection, Period.parse(code), unit, by=by, statement=STATEMENT, **why)

    def revise(self, code: str, reason: str, changelog: str) -> Published:
        return self.publish(code, reason=reason, changelog=changelog)

    def rows(self, statement: str, *values: object) -> list[tuple]:
        return rows(self.url, statement, *values)

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        with database.transaction(self.url) as connection:
            yield connection


@contextmanager
def opened_office(server_url: str, template: str, folder: Path, *, units: str = UNITS) -> Iterator[Office]:
    """A warehouse of its own with people, and without the second count of each load, which changes nothing."""
    from etl.loading import one_file
    from etl.rules.second_count import Verdict

    with pytest.MonkeyPatch.context() as patch, fresh_database(server_url, template) as url:
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        patch.setattr(one_file.second_count, "judge", lambda *_, **__: Verdict((), None))
        patch.setattr(one_file.data_docs, "write", lambda *_, **__: None)
        (folder / "inbox").mkdir()
        office = Office(settings.read(), url, folder / "inbox")
        office.load("hr/units", "2020-12-01", units)
        with office.opened() as connection, connection.cursor() as cursor:
            for name, (role, unit) in PEOPLE.items():
                people.add(cursor, name, role, unit, password=None, by="ops")
        yield office


def dossiers(*rows: str) -> str:
    """A delivery of dossiers; of each: number, unit, and the days received, due and finished ("-": not yet)."""
    head = "Mã hồ sơ | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái"
    lines = [head]
    for row in rows:
        number, unit, received, due, finished = row.split()
        day = "".join(reversed([part[-2:] for part in received.split("/")]))
        code, state = f"000.00.16.H21-{day}-{number}", "Đang xử lý" if finished == "-" else "Đã trả kết quả"
        lines.append(f"{code} | {unit} | {received} | {due} | {finished.strip('-')} | {state}")
    return "\n".join(lines)
