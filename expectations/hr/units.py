"""The rules of the units, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl.rules.expectations import ROWS, given, given_once, no_rows
from etl.rules.second_count import DELIVERED

EXPORT = "hr/units"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    # A parent may stand in another part of the delivery.
    # What the file says of a unit counts; of units that it does not name, what is known of them on the day of delivery.
    misplaced = f"""
        with recursive said as (select line, org_code, parent_code from {ROWS}),
        above as (
            select org_code, parent_code from said
            union
            select org_code, parent_code
            from core.unit_period as unit
            where valid_from <= date '{delivered_on}' and date '{delivered_on}' < valid_to
            and not exists (select from said where said.org_code = unit.org_code)
        ),
        ancestor as (
            select line, parent_code as higher from said where parent_code is not null
            union
            select ancestor.line, above.parent_code
            from ancestor, above
            where above.org_code = ancestor.higher and above.parent_code is not null
        )
        select line
        from said
        where parent_code is not null
        and (
            parent_code not in (
                select org_code from {DELIVERED} where org_code is not null
                union
                select org_code from core.unit_period where org_code is not null
                union
                select code from core.administrative_unit
            )
            or exists (select from ancestor where ancestor.line = said.line and ancestor.higher = said.org_code)
        )"""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("UNI-01", "org_code"),
            given_once("UNI-01", "org_code"),
            no_rows("UNI-02", "parent_code", misplaced),
        ],
    )
