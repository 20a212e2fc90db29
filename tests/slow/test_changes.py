"""The README's table of changes is true: each is made in a copy of the project, in the files that its row names.

All are made in one copy, so that one run of the tests that concern them shows that none gets in another's way.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from etl.catalogue import project_files

README = (project_files.ROOT / "README.md").read_text("utf-8")
HEADER = """-- code: "{code}"
-- parent: "7"
-- title: "Số đơn thư của năm"
-- unit: "Đơn"
-- decimals: 0
-- behaviour: flow
-- levels: [district, commune]
-- source: [hr/units]
{more}
select unit_code, {figure} as numerator, null as denominator
from window_unit
where is_in_window
"""
CASE = """- name: "{figure} for each unit there is"
  period: {period}
  given: {{}}
  expect: |
    unit_code | value
    H         | {figure}
    X         | {figure}

- name: "{figure} for each unit, by the year"
  period: {year}-N
  given: {{}}
  expect: |
    unit_code | value
    H         | {figure}
"""
CONTRACT = """title: Phản ánh, kiến nghị
delivery: upsert
thing: complaint
touches: received_on
delivers: daily
refers_to: [hr/units]
columns:
  code: {header: Mã, type: text, required: true, key: true, compact: true}
  received_on: {header: Ngày nhận, type: date, required: true}
"""
RULES = """judged: [code]
rules:
  CPL-01:
    layer: value
    severity: error
    statement: the code is given
    message: Mã phản ánh bị trống.
    remedy: Nhập mã rồi gửi lại.
    holds: {code: given}
"""
SUITE = """import great_expectations as gx


def suite(delivered_on):
    return gx.ExpectationSuite(name="feedback/complaints", expectations=[])
"""
CHECK = """-- rule_id: FIG-81
-- title: "Số đơn thư không quá một trăm"
-- statement: "7.9 <= 100"
-- severity: finding
-- over: figures

select unit_code, '7.9 <= 100' as subject, value as left_side, 100 as right_side
from proved_figure
where code = '7.9' and value > 100
"""
CHECK_CASES = """FIG-81:
  holds:
    - 7.9=100
  breaks:
    - given: 7.9=101
      found: |
        subject    | left_side | right_side
        7.9 <= 100 | 101       | 100
"""
OWN_RULE = """  UNI-81:
    layer: value
    severity: warning
    statement: an autonomous unit is a service unit
    message: Chỉ đơn vị sự nghiệp mới có nhóm tự chủ.
    remedy: Bỏ nhóm tự chủ, hoặc sửa loại đơn vị.
    fails: {autonomy_group: autonomy_group is not null and unit_kind = 'UBND cấp xã'}
"""
OWN_EXPECTATION = """            no_rows(
                "UNI-81",
                "autonomy_group",
                f"select line from {ROWS} where autonomy_group is not null and unit_kind = 'UBND cấp xã'",
            ),
"""
OWN_CASES = """  UNI-81: |
    unit_kind         | autonomy_group | breaks
    UBND cấp xã       |                |
    UBND cấp xã       | Nhóm 2         | autonomy_group
    Đơn vị sự nghiệp  | Nhóm 2         |
"""

# The row of the table -> files that are added with their text, and files that are edited: what is put before what.
CHANGES: dict[str, tuple[dict[str, str], dict[str, tuple[str, str]]]] = {
    "an **indicator**": (
        {
            "sql/indicators/7.9.sql": HEADER.format(code="7.9", more="", figure=1),
            "tests/indicators/7.9.yml": CASE.format(period="2021-Q3", year=2021, figure=1),
        },
        {},
    ),
    "a changed official **definition**": (
        {"sql/indicators/7.9@2027.sql": HEADER.format(code="7.9", more="-- valid_from: 2026-12-15\n", figure=2)},
        {
            "sql/indicators/7.9.sql": ("-- source: [hr/units]\n", "-- valid_to: 2026-12-14\n"),
            "tests/indicators/7.9.yml": ("", "\n" + CASE.format(period="2027-Q3", year=2027, figure=2)),
        },
    ),
    "a **source** or an export": (
        {
            "etl/contracts/feedback/complaints.yml": CONTRACT,
            "expectations/feedback/complaints.yml": RULES,
            "expectations/feedback/complaints.py": SUITE,
            "tests/expectations/complaints.yml": "export: feedback/complaints\ndelivered_on: 2021-12-31\n"
            "good: {code: 'C{n}', received_on: 01/12/2021}\n"
            "rules:\n  CPL-01: |\n    code | breaks\n    C1   |\n         | code\n",
        },
        {"tests/expectations/rules.csv": ("", "CPL-01,error\n")},
    ),
    "an identity or order between **figures**": (
        {"sql/checks/FIG-81.sql": CHECK},
        {"tests/checks/cases.yml": ("", CHECK_CASES)},
    ),
    "a **rule** on one export": (
        {},
        {
            "expectations/hr/units.yml": ("  UNI-60:\n", OWN_RULE),
            "expectations/hr/units.py": ('            no_rows("UNI-02", "parent_code", misplaced),\n', OWN_EXPECTATION),
            "tests/expectations/rules.csv": ("", "UNI-81,warning\n"),
            "tests/expectations/units.yml": ("  UNI-60: |\n", OWN_CASES),
        },
    ),
    "a header a vendor has **renamed**": (
        {},
        {"etl/contracts/hr/units.yml": ("aliases: [Mã cơ quan]", "aliases: [Mã cơ quan, Mã tổ chức]")},
    ),
    "how a **system** writes an export": (
        {
            "etl/contracts/hr/layouts/misa.yml": "system: MISA QLCB\nexport: hr/quotas\ncolumns:\n"
            + "".join(
                f"  - {header}: {role}\n"
                for header, role in (
                    ("Năm giao", "year"),
                    ("Đơn vị", "org_code"),
                    ("Loại hình", "quota_kind"),
                    ("Chỉ tiêu", "assigned"),
                    ("Ngày ký", "decided_on"),
                )
            )
        },
        {},
    ),
    "a **reporting column**": (
        {},
        {"sql/reporting/040_quality.sql": (" end as not_run\n", " end as not_run,\n    f.bytes\n")},
    ),
}
CONCERNED = [
    "tests/indicators",
    "tests/checks",
    "tests/expectations",
    "tests/dags/test_dags.py::test_every_source_has_a_dag_and_so_have_the_figures",
    "tests/dags/test_dags.py::test_sources_are_loaded_one_after_the_other_and_units_first",
    "tests/test_readme.py",
    "tests/reading/test_read.py",
    "tests/figures/test_figures.py",
]


def row_of(change: str) -> tuple[str, str]:
    """What the table says of a change: the files added, the files edited."""
    found = re.search(rf"^\| {re.escape(change)} \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    assert found, f"the README has no row for: {change}"
    return found[1], found[2]


def named(text: str) -> list[re.Pattern[str]]:
    """The files that a cell names: `tests/indicators/<code>.yml` is any code's."""
    places = re.findall(r"`([\w/<>@.*-]+\.\w+)`", text)
    return [re.compile(re.sub(r"<[^>]+>", r"[\\w.@/-]+", place.replace(".", r"\."))) for place in places]


@pytest.mark.parametrize("change", CHANGES)
def test_the_table_names_the_files_of_a_change(change: str) -> None:
    said_added, said_edited = row_of(change)
    added, edited = CHANGES[change]
    for said, files in ((said_added, added), (said_edited, edited)):
        patterns = named(said)
        assert [path for path in files if not any(pattern.fullmatch(path) for pattern in patterns)] == []
        assert [p.pattern for p in patterns if not any(p.fullmatch(path) for path in files)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_change_of_the_table_holds(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=project_files.ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, kept):
        if (project_files.ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project_files.ROOT / name, copy / name)
    for added, edited in CHANGES.values():
        for name, text in added.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            assert not (copy / name).exists()
            (copy / name).write_text(text, encoding="utf-8")
        for name, (before, text) in edited.items():
            was = (copy / name).read_text("utf-8")
            assert was.count(before) == 1 or before == "", (name, before)
            is_line = before.endswith("\n") and not text.startswith(before.rstrip("\n"))
            now = was.replace(before, text + before if is_line else text) if before else was + text
            (copy / name).write_text(now, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--maxfail=9", *CONCERNED],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
