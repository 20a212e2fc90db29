"""A form filled with the figures of a unit: what every writer writes, in whatever format."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import appendix, period_figures
from etl.figures.prove import STATUSES
from etl.periods import Period
from etl.publication import register
from etl.publication.forms import Form, form

ALL_FIELDS = "Tất cả"
DRAFT = "BẢN NHÁP - chưa công bố"
MEASURES = (
    "received", "received_online", "received_direct", "received_postal", "carried_over", "resolved", "resolved_early",
    "resolved_on_time", "resolved_late", "pending", "pending_in_time", "pending_overdue", "taken_over",
)  # fmt: skip
SIGNING = {"UBND cấp tỉnh": "TỈNH", "UBND cấp huyện": "HUYỆN", "UBND cấp xã": "XÃ"}

Cell = str | Decimal | None
Counts = dict[str, Decimal | None]


@dataclass(frozen=True)
class Row:
    """A row of the table: its cells in the order of the columns; a number keeps its decimals."""

    kind: str  # section, group, indicator, total
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Filled:
    """All that a form says."""

    form: Form
    above: str  # who is above the unit that signs; may be empty
    unit: str
    period: str
    window: str
    status: str  # a draft, or the release and its code
    rows: tuple[Row, ...]
    sentences: tuple[str, ...]
    signs: tuple[str, ...]  # who signs, line by line


def fill(cursor: Cursor, name: str, period: Period, unit: str, release_id: int | None = None) -> Filled:
    """Fill the form that is in force on the last day of a period.

    Input:  `unit`: a code, or code@day; `release_id`: the figures that a release has frozen; None: those of now.
    Raises: UsageError if there is no such form, no figures of the period and unit, or no such release of them.
    """
    period = period_figures.last_made(cursor, period)
    if release_id is None:
        unit_code, valid_from = appendix.meaning(cursor, period.code, unit)
        status = DRAFT
    else:
        release, unit_code, valid_from = _released(cursor, release_id, unit)
        period = Period.parse(release.period_code)
        status = f"Công bố số {release.release_id}, mã {release.code}"
    wanted = form(name, period.last_day)
    asked = {
        "release_id": release_id,
        "period_code": period.code,
        "unit_code": unit_code,
        "valid_from": valid_from,
        "last_day": period.last_day,
    }
    cursor.execute(statement("publication/form_unit"), asked)
    unit_name, unit_kind, above, districts, communes = cursor.fetchone()
    cursor.execute(statement("publication/form_appendix"), asked)
    figures = [dict(zip((c.name for c in cursor.description), row, strict=True)) for row in cursor.fetchall()]
    flows = _flows(cursor, asked, [unit_code, *districts, *communes])
    if wanted.rows == "appendix":
        of_form = [figure for figure in figures if not figure["form_group"]]
        lines = [(figure["kind"], _figure_row(figure, period.last_day)) for figure in of_form]
    elif wanted.rows == "flow":
        lines = _by_field(flows.get(unit_code, {}))
    else:
        lines = _by_level(unit_kind, flows, unit_code, districts, communes)
    rows = tuple(Row(kind, tuple(said.get(c.of) for c in wanted.columns)) for kind, said in lines)
    if not rows:
        raise UsageError(f"no dossiers of {unit_code} in {period.code}: the form {name!r} would be empty.")
    named = SIGNING.get(unit_kind)
    return Filled(
        form=wanted,
        above=above or "",
        unit=unit_name,
        period=period.title_vi,
        window=f"Từ ngày {period.start:%d/%m/%Y} đến ngày {period.last_day:%d/%m/%Y}",
        status=status,
        rows=rows,
        sentences=tuple(_sentences(wanted, lines, figures)),
        signs=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH") if named else ("THỦ TRƯỞNG ĐƠN VỊ",),
    )


def _released(cursor: Cursor, release_id: int, unit: str) -> tuple[register.Release, str, str]:
    release = register.one(cursor, release_id)
    cursor.execute(
        "select unit_code, unit_valid_from::text from mart.release_unit where release_id = %s and unit_code = %s"
        " order by unit_valid_from desc limit 1",
        (release_id, unit.partition("@")[0]),
    )
    if not (found := cursor.fetchone()):
        raise UsageError(f"release {release_id} has no unit {unit!r}: it is of {release.unit_code} and all below it.")
    return release, *found


# --- rows -------------------------------------------------------------------------------------------------------------


def _figure_row(figure: dict[str, Any], last_day: date) -> dict[str, Cell]:
    """An indicator with its note: of what a share is one, or why there is no figure."""
    status, value = figure["status"], figure["value"]
    note = ""
    if status and status != "observed":
        note = figure["reason"] or STATUSES[status]
        note = note[:1].upper() + note[1:]
    elif figure["denominator"] is not None and figure["unit_of_measure"] == "%":
        note = f"{vietnamese(_whole(figure['numerator']))}/{vietnamese(_whole(figure['denominator']))}"
    defined = catalogue.reported(last_day).get(figure["code"])
    return {
        "code": figure["code"],
        "name": figure["name"],
        "unit_of_measure": figure["unit_of_measure"],
        "value": appendix.rounded(value, defined.decimals if defined else 0),
        "note": note,
    }


def _flows(cursor: Cursor, asked: dict[str, Any], units: Sequence[str]) -> dict[str, dict[str, Counts]]:
    """The flow of units, by unit and field."""
    cursor.execute(statement("publication/form_flow"), asked | {"units": list(units)})
    names = [c.name for c in cursor.description]
    found: dict[str, dict[str, Counts]] = {}
    for row in cursor.fetchall():
        said = dict(zip(names, row, strict=True))
        counts = {name: None if said[name] is None else Decimal(said[name]) for name in MEASURES}
        found.setdefault(said["unit_code"], {})[said["field"]] = counts
    return found


def _with_totals(counts: Counts) -> Counts:
    """What forms ask and the flow does not say by itself."""
    return counts | {
        "total": _sum(counts["received"], counts["carried_over"], counts["taken_over"]),
        "received_by_hand": _sum(counts["received_direct"], counts["received_postal"]),
        "resolved_in_time": _sum(counts["resolved_early"], counts["resolved_on_time"]),
    }


def _by_field(flow: dict[str, Counts]) -> list[tuple[str, dict[str, Cell]]]:
    # Đ comes behind D, and not behind Z
    ordered = sorted(flow.items(), key=lambda item: re.sub("[Đđ]", "Dz", item[0]))
    fields = [(field, _with_totals(counts)) for field, counts in ordered if field != ALL_FIELDS]
    lines: list[tuple[str, dict[str, Cell]]] = [
        ("indicator", {"place": str(place), "field": field} | counts)
        for place, (field, counts) in enumerate(fields, start=1)
    ]
    if ALL_FIELDS in flow:
        lines.append(("total", {"place": "", "field": "Tổng số"} | _with_totals(flow[ALL_FIELDS])))
    return lines


def _by_level(
    unit_kind: str, flows: dict[str, dict[str, Counts]], unit_code: str, districts: list[str], communes: list[str]
) -> list[tuple[str, dict[str, Cell]]]:
    """A row for each level: a unit's flow has all below it, so its own is what is left without them."""

    def of(units: Sequence[str]) -> Counts | None:
        found = [flows[code][ALL_FIELDS] for code in units if ALL_FIELDS in flows.get(code, {})]
        return {name: _sum(*(one[name] for one in found)) for name in MEASURES} if found else None

    whole = of([unit_code])
    if whole is None:
        return []
    levels: list[tuple[str, Counts]] = []
    rest = whole
    if unit_kind == "UBND cấp tỉnh" and (below := of(districts or communes)):
        levels.append(("Cấp tỉnh", _less(rest, below)))
        rest = below
    if unit_kind != "UBND cấp xã" and (of_communes := of([code for code in communes if code != unit_code])):
        if districts:
            levels.append(("Cấp huyện", _less(rest, of_communes)))
        levels.append(("Cấp xã", of_communes))
    named = {"UBND cấp tỉnh": "Toàn tỉnh", "UBND cấp huyện": "Toàn huyện", "UBND cấp xã": "Toàn xã"}
    lines: list[tuple[str, dict[str, Cell]]] = [
        ("indicator", {"level": name} | _with_totals(counts)) for name, counts in levels
    ]
    return [*lines, ("total", {"level": named.get(unit_kind, "Toàn đơn vị")} | _with_totals(whole))]


def _less(whole: Counts, part: Counts) -> Counts:
    return {name: _sum(whole[name], -count) if (count := part[name]) is not None else None for name in MEASURES}


def _sum(*counts: Decimal | None) -> Decimal | None:
    known = [count for count in counts if count is not None]
    return sum(known, Decimal(0)) if len(known) == len(counts) else None


def _whole(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


# --- sentences --------------------------------------------------------------------------------------------------------


def _sentences(wanted: Form, lines: list[tuple[str, dict[str, Cell]]], figures: list[dict[str, Any]]) -> list[str]:
    found = []
    if wanted.sentence_of_a_row:
        for _, said in lines:
            found.append(_said(wanted.sentence_of_a_row, lambda name, said=said: _of_row(said, name)))  # type: ignore[misc]
    by_code = {figure["code"]: figure for figure in figures if figure["status"] == "observed"}
    found += [_said(sentence, lambda name: _of_figures(by_code, name)) for sentence in wanted.sentences]
    return [sentence for sentence in found if sentence]


def _said(sentence: str, value: Callable[[str], str | None]) -> str | None:
    """A sentence with its numbers; None if one of them is not known."""
    values = {name: value(name) for name in re.findall(r"\{([^}]+)\}", sentence)}
    if None in values.values():
        return None
    return re.sub(r"\{([^}]+)\}", lambda place: values[place[1]] or "", sentence)


def _of_row(said: dict[str, Cell], name: str) -> str | None:
    part, is_share, whole = name.partition("/")
    over, under = said.get(part), said.get(whole)
    if not is_share:
        return vietnamese(over) if over is not None else None
    if not isinstance(over, Decimal) or not isinstance(under, Decimal) or not under:
        return "0%" if over == under == 0 else None  # a share of none, as reports write it
    return f"{vietnamese(share(over, under))}%"


def share(over: Decimal, under: Decimal) -> Decimal:
    """In percent, with two decimals, a half up."""
    return (100 * over / under).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def _of_figures(by_code: dict[str, dict[str, Any]], name: str) -> str | None:
    code, _, part = name.rpartition(".") if name.endswith(("numerator", "denominator")) else (name, "", "value")
    figure = by_code.get(code)
    if figure is None or figure[part] is None:
        return None
    number = figure[part]
    if part == "value" and figure["unit_of_measure"] == "%":
        return f"{vietnamese(number.quantize(Decimal('0.01')))}%"
    return vietnamese(_whole(number))


def vietnamese(cell: Cell) -> str:
    """A number as it is written in Việt Nam.

    >>> vietnamese(Decimal("15871")), vietnamese(Decimal("99.10")), vietnamese(None)
    ('15.871', '99,10', '')
    """
    if isinstance(cell, Decimal):
        return f"{cell:,f}".translate(str.maketrans(",.", ".,"))
    return cell or ""
