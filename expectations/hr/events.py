"""The rules of the staff events, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl.rules.expectations import ROWS, given, in_vocabulary, no_rows, shaped

EXPORT = "hr/events"
UNKNOWN_PERSON = f"""select line from {ROWS}
    where not exists (select from core.known_staff as staff where staff.staff_code = given.staff_code)"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("EVT-01", "event_code"),
            given("EVT-01", "decided_on"),
            *in_vocabulary("EVT-02", EXPORT, "event_kind"),
            no_rows("EVT-51", "staff_code", UNKNOWN_PERSON),
            *shaped("EVT-60", EXPORT),
            *in_vocabulary("EVT-61", EXPORT, "position_level"),
        ],
    )
