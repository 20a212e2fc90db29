"""The rules of the register of documents, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from etl.rules.expectations import (
    ROWS,
    between,
    given_when,
    matches,
    no_rows,
    stated,
    unit_exists,
)

EXPORT = "document_management/documents"
# Source: Nghị định 30/2020/NĐ-CP, Phụ lục I and III; a letter behind the number is legal (2779A/QĐ-UBND).
NUMBER = "^([0-9]{1,9})[A-ZĐ]?/(?:([0-9]{4})/)?([A-ZĐ]+|QyĐ|CTr|TTr)-[A-ZĐ]+$"
TYPES = """'NQ', 'QĐ', 'CT', 'QC', 'QyĐ', 'TC', 'TB', 'HD', 'CTr', 'KH', 'PA', 'ĐA', 'DA', 'BC', 'BB', 'TTr', 'HĐ',
    'CĐ', 'BGN', 'BTT', 'GUQ', 'GM', 'GGT', 'GNP', 'PG', 'PC', 'PB'"""
USED_TWICE = f"""select line from {ROWS}
    where (org_code, number, extract(year from issued_on)) in (
        select org_code, number, extract(year from issued_on)
        from (select * from {{batch}}) as every
        group by 1, 2, 3
        having count(distinct raw_hash) > 1
    )"""
# The frame ends the day before, so that numbers of one day are not compared with each other.
OUT_OF_ORDER = f"""select line from (
        select
            line,
            serial,
            max(serial) over (
                partition by org_code, extract(year from issued_on), legal, book
                order by issued_on range between unbounded preceding and interval '1 day' preceding
            ) as largest_earlier
        from (
            select
                line,
                org_code,
                issued_on,
                parts[1]::bigint as serial,
                parts[2] is not null as legal,
                case when parts[2] is not null or parts[3] in ({TYPES}) then parts[3] end as book
            from (
                select given.*, regexp_match(number, '{NUMBER.replace("{", "{{").replace("}", "}}")}') as parts
                from {ROWS}
            ) as apart
            where parts is not null and issued_on is not null
        ) as numbered
    ) as ordered
    where serial < largest_earlier"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    electronic = (Column("direction") == "Đi") & Column("sending_mode").is_in(["Điện tử", "Điện tử và giấy"])
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            unit_exists("DOC-01", "org_code", "issued_on"),
            no_rows("DOC-05", "number", USED_TWICE),
            between("DOC-06", "issued_on", most=delivered_on),
            matches("DOC-51", "number", NUMBER),
            no_rows("DOC-52", "number", OUT_OF_ORDER),
            given_when("DOC-53", "digitally_signed", electronic),
            gxe.ExpectColumnValuesToBeInSet(
                column="digitally_signed",
                value_set=[True],
                row_condition=electronic,
                **stated("DOC-53", "digitally_signed"),
            ),
        ],
    )
