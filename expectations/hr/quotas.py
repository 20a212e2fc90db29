"""The rules of the quotas, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl import catalogue
from etl.rules.expectations import ROWS, between, given, no_rows, told_once

EXPORT = "hr/quotas"
YEAR = "year between 1990 and 2100"
NO_UNIT = f"""select line from {ROWS}
    where not exists (
        select from core.unit_period as unit
        where unit.org_code = given.org_code
        and case
            when {YEAR} then daterange(unit.valid_from, unit.valid_to)
                && daterange(make_date(year::int, 1, 1), make_date(year::int + 1, 1, 1))
            else true
        end
    )"""
EXCEEDED = f"""select line from (
        select given.*, rank() over (
            partition by org_code, quota_kind order by year desc, coalesce(decided_on, '0001-01-01') desc
        ) as place
        from {ROWS}
        where {YEAR}
    ) as latest
    where place = 1 and assigned < (
        select count(distinct staff_code)
        from core.staff
        where staff.org_code = latest.org_code
        and staff.status in ('Đang làm việc', 'Biệt phái', 'Nghỉ thai sản')
        and staff.staff_kind = case latest.quota_kind
            when 'Hành chính' then 'Công chức'
            when 'Sự nghiệp' then 'Viên chức'
            when 'Hợp đồng' then 'Hợp đồng lao động'
        end
    )"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("QUO-01", "year"),
            between("QUO-01", "year", least=1990, most=2100),
            given("QUO-01", "assigned"),
            between("QUO-01", "assigned", least=0),
            no_rows("QUO-02", "org_code", NO_UNIT),
            no_rows("QUO-51", "assigned", EXCEEDED),
            told_once("QUO-63", "org_code", catalogue.export(EXPORT)),
        ],
    )
