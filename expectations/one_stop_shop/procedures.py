"""The rules of the catalogue of procedures, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe

from etl import catalogue
from etl.rules.expectations import given, matches, not_before, one_of, stated

EXPORT = "one_stop_shop/procedures"
PROCEDURE_CODE = "^[0-9][.][0-9]{6}([.][0-9]{3}[.][0-9]{2}[.][0-9]{2})?([.][A-Z][0-9]{2})?$"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            given("PRO-01", "procedure_code"),
            matches("PRO-01", "procedure_code", PROCEDURE_CODE),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["procedure_code", "level"],
                ignore_row_if="any_value_is_missing",
                **stated("PRO-03", "procedure_code"),
            ),
            not_before("PRO-05", "repealed_on", "repealed_on", "announced_on"),
            given("PRO-51", "interlink"),
            one_of("PRO-51", "interlink", list(catalogue.export(EXPORT).column("interlink").vocabulary)),
        ],
    )
