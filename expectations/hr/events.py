"""The rules of the staff events, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl import catalogue
from etl.rules.expectations import ROWS, no_rows, told_once

EXPORT = "hr/events"
UNKNOWN_PERSON = f"""select line from {ROWS}
    where not exists (select from core.known_staff as staff where staff.staff_code = given.staff_code)"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            no_rows("EVT-51", "staff_code", UNKNOWN_PERSON),
            told_once("EVT-63", "event_code", catalogue.export(EXPORT)),
        ],
    )
