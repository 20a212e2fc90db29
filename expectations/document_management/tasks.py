"""The rules of the register of tasks, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx

from etl.rules.expectations import given, given_once, not_before, unit_exists

EXPORT = "document_management/tasks"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("TSK-01", "task_code"),
            given_once("TSK-01", "task_code"),
            unit_exists("TSK-02", "org_code", "assigned_on"),
            not_before("TSK-04", "completed_on", "completed_on", "assigned_on"),
        ],
    )
