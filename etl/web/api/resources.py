"""What the API serves: each resource is a view of schema `reporting`, and a new view is one entry more.

Columns, their types and what they mean come from the recorded contract (sql/reporting/contract.yml): an entry whose
view is not in it is not served.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from etl.catalogue import project_files

CONTRACT = project_files.SQL / "reporting" / "contract.yml"
UNIT = ("unit_code", "unit_valid_from")
FIGURE = ("period_code", *UNIT, "indicator_code")
ASKED = ("period_code", "calendar_period_code", *UNIT, "unit_level", "is_current_meaning")

# What a column is called in Python and in OpenAPI; of any other type it is text.
TYPES: dict[str, Any] = {
    "integer": int,
    "bigint": int,
    "numeric": float,
    "boolean": bool,
    "date": date,
    "timestamp with time zone": datetime,
    "text[]": list[str],
}


@dataclass(frozen=True)
class Resource:
    """A view, under which path it is served, and how it is walked."""

    path: str  # below /v1/
    view: str  # in schema reporting; a function is called with `given`
    title: str  # Vietnamese
    key: tuple[str, ...]  # columns that together name a row: pages follow their order; null comes as ''
    asked: tuple[str, ...] = ()  # columns that a reader may ask for, by one value or several
    is_figures: bool = False  # also as SDMX-CSV
    given: tuple[str, type, str] | None = None  # what the function is called with: name, type, meaning

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """By name, the type and the meaning of each column, as recorded."""
        return contract()[self._recorded]["columns"]

    @property
    def meaning(self) -> str:
        """What a row is, as recorded."""
        return contract()[self._recorded]["meaning"]

    @property
    def is_served(self) -> bool:
        """Whether the warehouse has the view by now."""
        return self._recorded in contract()

    @property
    def _recorded(self) -> str:
        return f"{self.view}()" if self.given else self.view

    def type_of(self, column: str) -> Any:
        """What a value of a column is in Python."""
        return TYPES.get(self.columns[column]["type"], str)


def _figures(path: str, view: str, title: str) -> Resource:
    return Resource(path, view, title, FIGURE, (*ASKED, "indicator_code", "status"), is_figures=True)


PUBLISHED = ("release_id", *UNIT, "indicator_code")
KNOWN = (
    Resource("periods", "period", "Kỳ báo cáo", ("period_code", "province_code"), ("calendar_period_code", "cadence")),
    Resource("units", "unit", "Đơn vị", (*UNIT, "province_code"), ("unit_code", "parent_code", "is_current_meaning")),
    Resource("indicators", "indicator", "Chỉ tiêu", ("form_order", "indicator_code"), ("indicator_code", "kind")),
    _figures("figures/quarterly", "indicator_quarterly", "Số liệu quý"),
    _figures("figures/half-yearly", "indicator_half_yearly", "Số liệu 6 tháng"),
    _figures("figures/nine-monthly", "indicator_nine_monthly", "Số liệu 9 tháng"),
    _figures("figures/annual", "indicator_annual", "Số liệu năm"),
    Resource(
        "figures/now-boundaries",
        "indicator_now_boundaries",
        "Chuỗi số liệu theo địa giới hiện nay",
        ("period_code", "unit_code", "indicator_code", "cadence"),
        ("period_code", "calendar_period_code", "cadence", "unit_code", "indicator_code"),
    ),
    Resource(
        "appendix", "appendix", "Phụ lục theo biểu mẫu", ("period_code", *UNIT, "form_order", "indicator_code"), ASKED
    ),
    Resource(
        "appendix/beside",
        "beside_appendix",
        "Số liệu ngoài phụ lục",
        ("period_code", *UNIT, "form_order", "indicator_code"),
        ASKED,
    ),
    Resource(
        "dossier-flow", "dossier_flow", "Tình hình giải quyết hồ sơ", ("period_code", *UNIT, "field"), (*ASKED, "field")
    ),
    Resource(
        "dossier-flow/by-evidence",
        "on_time_by_evidence",
        "Tỷ lệ đúng hạn theo hệ thống và theo căn cứ",
        ("period_code", *UNIT, "field"),
        (*ASKED, "field"),
    ),
    Resource(
        "quality", "quality", "Chất lượng dữ liệu", ("file_id", "rule_id"), ("file_id", "export", "sender", "rule_id")
    ),
    Resource(
        "successions",
        "unit_succession",
        "Đơn vị kế thừa",
        ("old_code", "old_valid_from", "new_code"),
        ("old_code", "new_code"),
    ),
    Resource(
        "administrative-units",
        "administrative_unit",
        "Mã đơn vị hành chính",
        ("code", "valid_from"),
        ("code", "level", "parent_code"),
    ),
    Resource("releases", "release", "Các bản công bố", ("release_id",), ("release_id", "period_code", *UNIT)),
    Resource(
        "releases/units", "release_unit", "Đơn vị của các bản công bố", ("release_id", *UNIT), ("release_id", *UNIT)
    ),
    Resource(
        "published",
        "indicator_published",
        "Số liệu đã công bố, của mọi bản",
        PUBLISHED,
        ("release_id", *ASKED, "indicator_code", "status"),
        is_figures=True,
    ),
    _figures("published/latest", "indicator_latest", "Số liệu đã công bố, bản mới nhất"),
    Resource(
        "published/as-of",
        "indicator_as_of",
        "Số liệu đã công bố, như đọc được vào một thời điểm",
        PUBLISHED,
        (*ASKED, "indicator_code", "status"),
        is_figures=True,
        given=("at", datetime, "Thời điểm, ví dụ 2026-01-31T12:00:00+07:00"),
    ),
    Resource(
        "published/dossier-flow",
        "dossier_flow_latest",
        "Tình hình giải quyết hồ sơ đã công bố, bản mới nhất",
        ("period_code", *UNIT, "field"),
        ("release_id", *ASKED, "field"),
    ),
    Resource(
        "changes",
        "indicator_change",
        "Thay đổi của số liệu đã công bố: đọc tiếp bằng cursor của lần trước",
        ("change_id",),
        ("release_id", "period_code", *UNIT, "indicator_code", "kind"),
    ),
)


def resources() -> list[Resource]:
    """What is served: every entry whose view is in the contract."""
    return [resource for resource in KNOWN if resource.is_served]


@cache
def contract() -> dict[str, Any]:
    """What schema `reporting` promises its readers, by view."""
    return project_files.read_yaml(CONTRACT)
