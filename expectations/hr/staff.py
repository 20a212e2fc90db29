"""The rules of the staff list, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl.rules.expectations import ROWS, given, given_once, no_rows, one_of

EXPORT = "hr/staff"
UNKNOWN_UNIT = f"""select line from {ROWS}
    where org_code is null or org_code not in (select org_code from core.unit_period where org_code is not null)"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("STF-01", "staff_code"),
            given_once("STF-01", "staff_code"),
            no_rows("STF-02", "org_code", UNKNOWN_UNIT),
            one_of("STF-51", "national_id", ["9" * 9, "9" * 12], typed="national_id__shape"),
        ],
    )
