"""The rules of the pauses of dossiers, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe

from etl.rules.expectations import between, not_before, stated

EXPORT = "one_stop_shop/pauses"


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["dossier_code", "kind", "from_on"],
                ignore_row_if="any_value_is_missing",
                **stated("PAU-04", "dossier_code"),
            ),
            not_before("PAU-05", "to_on", "to_on", "from_on"),
            between("PAU-06", "from_on", most=delivered_on),
        ],
    )
