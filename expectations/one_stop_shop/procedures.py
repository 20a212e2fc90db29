"""The rules of the catalogue of procedures, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe

from etl.rules.expectations import given, in_vocabulary, matches, not_before, readable, shaped, stated

EXPORT = "one_stop_shop/procedures"
PROCEDURE_CODE = "^[0-9][.][0-9]{6}([.][0-9]{3}[.][0-9]{2}[.][0-9]{2})?([.][A-Z][0-9]{2})?$"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("PRO-01", "procedure_code"),
            matches("PRO-01", "procedure_code", PROCEDURE_CODE),
            *in_vocabulary("PRO-02", EXPORT, "level"),
            *in_vocabulary("PRO-02", EXPORT, "service_level"),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["procedure_code", "level"],
                ignore_row_if="any_value_is_missing",
                **stated("PRO-03", "procedure_code"),
            ),
            given("PRO-04", "announced_on"),
            readable("PRO-04", "repealed_on"),
            given("PRO-04", "workflow_approved"),
            given("PRO-04", "workflow_digital"),
            readable("PRO-04", "on_provincial_portal"),
            readable("PRO-04", "on_national_portal"),
            given("PRO-04", "online_payment"),
            readable("PRO-04", "postal"),
            not_before("PRO-05", "repealed_on", "repealed_on", "announced_on"),
            given("PRO-51", "interlink"),
            *in_vocabulary("PRO-51", EXPORT, "interlink"),
            *shaped("PRO-60", EXPORT),
        ],
    )
