"""Hashes of releases: how they are made when one is published, and compared for ever after.

Each part of a release is hashed over its rows, the release over all it says and its parts, and each release says the
hash of the one before. Figures are hashed once more per unit and once per indicator: where both differ stands the
figure that is not as it was.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.publication import signed_form

# The parts of a release beside its figures, and what each is called.
PARTS = {
    "flow": "tình hình giải quyết hồ sơ",
    "unit": "danh sách đơn vị",
    "definition": "định nghĩa chỉ tiêu",
    "finding": "quan hệ không đúng giữa các số liệu",
    "waiver": "các dòng được miễn",
    "load": "các tệp làm căn cứ",
    "change": "danh sách số liệu thay đổi",
    "contribution": "các dòng làm nên số liệu",
}
CODE = 10  # letters and digits of the short code
NAMED = 10


@dataclass(frozen=True)
class FigureDigests:
    """Hashes of the figures of a release: per unit, as (code, valid_from), and per indicator."""

    units: dict[tuple[str, str], str] = field(default_factory=dict)
    indicators: dict[str, str] = field(default_factory=dict)


def digests(cursor: Cursor, release_id: int, parts: list[str]) -> dict[str, str]:
    """The hash of each of these parts; '' of one without rows."""
    cursor.execute(statement("publication/digests"), {"release_id": release_id, "parts": parts})
    return dict.fromkeys(parts, "") | dict(cursor.fetchall())


def figure_digests(cursor: Cursor, release_id: int) -> FigureDigests:
    """The hashes of the figures, as they stand."""
    cursor.execute(statement("publication/figure_digests"), {"release_id": release_id})
    found = FigureDigests()
    for unit_code, valid_from, indicator_code, digest in cursor.fetchall():
        if unit_code is not None:
            found.units[unit_code, valid_from] = digest
        else:
            found.indicators[indicator_code] = digest
    return found


def code_of(digest: str) -> str:
    """The short code that is printed on the form.

    >>> code_of("00ff" * 16)
    'AD7QB7YA74'
    """
    return base64.b32encode(bytes.fromhex(digest)).decode()[:CODE]


def seal(cursor: Cursor, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a row of mart.release or mart.release_event with its hash; the row as it was written.

    Input: `row`: all columns but `hash` and `code`, as JSON has them.
    """
    sealing = {"release": "release_hash", "release_event": "release_event_hash"}[table]
    populated = f"jsonb_populate_record(null::mart.{table}, %s::jsonb)"
    cursor.execute(f"select mart.{sealing}({populated})", (json.dumps(row),))
    digest = cursor.fetchone()[0]
    sealed = {**row, "hash": digest} | ({"code": code_of(digest)} if table == "release" else {})
    cursor.execute(f"insert into mart.{table} select * from {populated}", (json.dumps(sealed),))
    return sealed


# --- comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kept:
    """What a release says of itself."""

    release_id: int
    code: str
    hash: str
    hash_now: str
    previous_hash: str
    figures_hash: str
    parts: dict[str, str]
    form_hash: str
    form_version: str
    unit_code: str
    valid_from: str

    @property
    def name(self) -> str:
        return f"Bản công bố số {self.release_id}"


def verify(cursor: Cursor, release: str | None = None) -> list[str]:
    """What was changed since it was published, a Vietnamese sentence each; empty: all is as it was.

    Input:  `release`: a number or a code; None: all of them, and what was added to them.
    Raises: UsageError if there is no such release: whoever holds a printed form with this code has found one that is
            gone, or was never published.
    """
    cursor.execute(
        "select r.release_id, r.code, r.hash, mart.release_hash(r), r.previous_hash, r.figures_hash, r.parts,"
        " r.form_hash, r.form_version, r.unit_code, r.unit_valid_from::text from mart.release as r order by release_id"
    )
    every = {kept.release_id: kept for kept in (_Kept(*row) for row in cursor.fetchall())}
    if release is not None:
        return _said_of(cursor, every, _named(every, release))
    lines = [line for kept in every.values() for line in _said_of(cursor, every, kept)]
    cursor.execute(
        "select distinct release_id from mart.release_unit"
        " where release_id not in (select release_id from mart.release)"
    )
    gone = sorted({n for (n,) in cursor.fetchall()} | (set(range(1, max(every, default=0) + 1)) - every.keys()))
    lines += [f"Bản công bố số {number} đã bị xoá." for number in gone]
    return lines + _events(cursor)


def _named(every: Mapping[int, _Kept], release: str) -> _Kept:
    for kept in every.values():
        if release.strip().upper() in (kept.code, str(kept.release_id)):
            return kept
    raise UsageError(
        f"Không có bản công bố nào có số hoặc mã {release!r}: mã in trên biểu mẫu này không phải của kho, hoặc bản ấy"
        " đã bị xoá. Xem: cchc releases"
    )


def _said_of(cursor: Cursor, every: Mapping[int, _Kept], kept: _Kept) -> list[str]:
    lines = []
    if kept.hash != kept.hash_now:
        lines.append(
            f"{kept.name}: nội dung bản ghi (người ký, lời ký, kỳ, mã băm …) đã bị sửa, hoặc bị thay bằng bản khác."
        )
    if kept.code != code_of(kept.hash):
        lines.append(f"{kept.name}: mã in trên biểu mẫu đã bị sửa.")
    before = every.get(kept.release_id - 1)
    if kept.previous_hash != (before.hash_now if before else ""):
        lines.append(f"{kept.name}: không nối với bản số {kept.release_id - 1}; một trong hai bản đã bị sửa hoặc thay.")
    lines += [f"{kept.name}: {line}" for line in _figures(cursor, kept)]
    now = digests(cursor, kept.release_id, list(PARTS))
    lines += [
        f"{kept.name}: {title} đã bị sửa, thêm hoặc xoá."
        for part, title in PARTS.items()
        if now[part] != kept.parts.get(part, "")  # "": it had none of this part
    ]
    if kept.form_version == signed_form.VERSION:
        form = signed_form.digest(cursor, kept.release_id, kept.unit_code, kept.valid_from)
        if form != kept.form_hash:
            lines.append(f"{kept.name}: biểu mẫu dựng lại từ số liệu đã giữ không phải biểu mẫu đã ký.")
    return lines


def _figures(cursor: Cursor, kept: _Kept) -> list[str]:
    """Which figures are not as they were: where a unit and an indicator differ both."""
    if digests(cursor, kept.release_id, ["figure"])["figure"] == kept.figures_hash:
        return []
    now = figure_digests(cursor, kept.release_id)
    cursor.execute(
        "select unit_code, unit_valid_from::text, unit_name, figures_hash from mart.release_unit where release_id = %s"
        " order by 1, 2",
        (kept.release_id,),
    )
    units = [(code, day, name) for code, day, name, digest in cursor.fetchall() if now.units.get((code, day)) != digest]
    cursor.execute(
        "select indicator_code, figures_hash from mart.release_definition where release_id = %s order by 1",
        (kept.release_id,),
    )
    indicators = [code for code, digest in cursor.fetchall() if now.indicators.get(code) != digest]
    if not units or not indicators:
        return ["số liệu đã bị sửa, thêm hoặc xoá."]
    cursor.execute(
        "select unit_code, unit_valid_from::text, indicator_code from mart.release_figure where release_id = %s",
        (kept.release_id,),
    )
    there = set(cursor.fetchall())
    lines = []
    for code, day, name in units:
        gone = [one for one in indicators if (code, day, one) not in there]
        changed = [one for one in indicators if one not in gone]
        for what, found in (("bị xoá", gone), ("bị sửa", changed)):
            if found:
                lines.append(f"{name} ({code}), chỉ tiêu {_some(found)}: số liệu đã {what}.")
    return lines


def _some(codes: list[str]) -> str:
    return ", ".join(codes[:NAMED]) + (f" và {len(codes) - NAMED} chỉ tiêu khác" if len(codes) > NAMED else "")


def _events(cursor: Cursor) -> list[str]:
    """What is wrong with the chain of what was added to releases."""
    cursor.execute(
        "select e.event_id, e.release_id, e.hash, mart.release_event_hash(e), e.previous_hash from mart.release_event"
        " as e order by event_id"
    )
    lines, before, expected = [], "", 1
    for event_id, release_id, digest, digest_now, previous_hash in cursor.fetchall():
        if event_id != expected or previous_hash != before:
            lines.append(f"Ghi nhận số {event_id} (bản công bố số {release_id}): ghi nhận đứng trước nó đã bị xoá.")
        if digest != digest_now:
            lines.append(f"Ghi nhận số {event_id} (bản công bố số {release_id}) đã bị sửa.")
        before, expected = digest, event_id + 1
    return lines
