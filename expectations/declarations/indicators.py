"""The rules of the declared indicators, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl import catalogue
from etl.rules.expectations import ROWS, no_rows, told_once

EXPORT = "declarations/indicators"
COUNT = "^([0-9]+|[0-9]{1,3}([.][0-9]{3})+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,3}( [0-9]{3})+)$"
# One decimal mark; 12.345 may be twelve thousand and is refused.
SHARE = "^(?![0-9]{1,3}[.,][0-9]{3} ?%?$)0*(100([.,]0+)?|[0-9]{1,2}([.,][0-9]+)?) ?%?$"
# Source: Nghị định 09/2019/NĐ-CP, Điều 12 (data close on the 14th) and the four reports of công văn 581/BNV-CCHC.
WINDOWED = f"""(
    select
        given.*,
        case
            when period in ('Quý I', '6 tháng', 'Năm') then make_date(year::int - 1, 12, 15)
            when period = 'Quý III' then make_date(year::int, 6, 15)
        end as first_day,
        case period
            when 'Quý I' then make_date(year::int, 3, 14)
            when '6 tháng' then make_date(year::int, 6, 14)
            when 'Quý III' then make_date(year::int, 9, 14)
            when 'Năm' then make_date(year::int, 12, 14)
        end as last_day
    from (
        select line, org_code, value, indicator_code as code, period,
            case when year between 1990 and 2100 then year end as year
        from {ROWS}
    ) as given
) as declared"""


def _definitions() -> str:
    """The definitions of indicators as rows of SQL, with the days on which they are in force."""
    rows = []
    for one in catalogue.indicator_versions():
        pattern = SHARE if one.is_share else f"^0*({'|'.join(map(str, one.codes))})$" if one.codes else COUNT
        last = f"date '{one.valid_to}'" if one.valid_to else "date 'infinity'"
        rows.append(f"('{one.code}', date '{one.valid_from}', {last}, '{pattern}', {str(one.is_computed).lower()})")
    listed = ", ".join(rows).replace("{", "{{").replace("}", "}}")
    return f"(values {listed}) as definition (code, valid_from, valid_to, pattern, is_computed)"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    defined = f"""select from {_definitions()}
        where definition.code = declared.code
        and declared.last_day between definition.valid_from and definition.valid_to"""
    no_unit = """select from core.unit_period as unit
        where unit.org_code = declared.org_code
        and (declared.first_day is null
             or (unit.valid_from <= declared.last_day and declared.first_day < unit.valid_to))"""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            no_rows("DEC-01", "indicator_code", f"select line from {WINDOWED} where not exists ({defined})"),
            no_rows(
                "DEC-02",
                "value",
                f"select line from {WINDOWED} where value is not null and exists ({defined} and value !~ pattern)",
            ),
            no_rows("DEC-03", "org_code", f"select line from {WINDOWED} where not exists ({no_unit})"),
            no_rows(
                "DEC-51", "indicator_code", f"select line from {WINDOWED} where exists ({defined} and is_computed)"
            ),
            told_once("DEC-63", "indicator_code", catalogue.export(EXPORT)),
        ],
    )
