"""The rules of the dossier export, stated a second time: counted by PostgreSQL over the typed rows."""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from etl.rules.expectations import (
    ROWS,
    between,
    given_once,
    given_when,
    listed_days,
    no_rows,
    not_before,
    one_of,
    stated,
    unit_on,
)
from etl.rules.lookups import holidays, make_up_days

EXPORT = "one_stop_shop/dossiers"
FINISHED = ["Đã xử lý xong", "Đã trả kết quả"]
NOT_RECEIVED = ["Mới đăng ký", "Không được tiếp nhận"]
# Behind the hyphen of the two national forms of a dossier code stands the day of receipt.
DATED_CODE = (
    "^([0-9]{{3}}[.][0-9]{{2}}[.][0-9]{{2}}[.][A-Z][0-9]{{2}}-[0-9]{{6}}-[0-9]{{4}}"
    "|[A-Z][0-9]{{2}}([.][0-9]{{1,3}})*-[0-9]{{6}}-[0-9]{{4,6}})$"
)
WRONGLY_DATED = f"""select line from {ROWS}
    where case
        when split_part(dossier_code, '-', 2) <> to_char(received_on, 'YYMMDD') then dossier_code ~ '{DATED_CODE}'
    end"""
# A successor's code stands for the unit that it took over from, on days before it existed.
UNIT_RECEIVES = unit_on("org_code", "received_on").replace("core.unit_period", "core.unit_receiving")
UNKNOWN_RESOLVING = f"""select line from {ROWS}
    where resolving_org_code is not null
    and not exists ({UNIT_RECEIVES.replace("given.org_code", "given.resolving_org_code")})"""
UNLISTED_PROCEDURE = f"""select line from {ROWS}
    where procedure_code is not null
    and exists ({unit_on("org_code", "received_on")})
    and not exists (
        {unit_on("org_code", "received_on").replace("as unit", "as unit, core.known_procedure as listed")}
        and listed.level = case unit.unit_kind
            when 'UBND cấp xã' then 'Xã' when 'UBND cấp tỉnh' then 'Sở' when 'Sở, ngành' then 'Sở' else 'Huyện'
        end
        and listed.national_code
            = split_part(given.procedure_code, '.', 1) || '.' || split_part(given.procedure_code, '.', 2)
    )"""

# Asked of each different field once; how its letters are written does not matter.
UNKNOWN_FIELD = f"""select line from {ROWS}
    where field is null or field in (
        select field
        from (select distinct field from {{batch}}) as every
        where core.fold(field) not in (select word from core.known_field)
    )"""


def suite(delivered_on: date) -> gx.ExpectationSuite:
    """The expectations of what was delivered on this day."""
    day_off = f"""select line from {ROWS}
        where (extract(isodow from due_on) > 5 or due_on in ({listed_days(holidays())}))
        and due_on not in ({listed_days(make_up_days())})"""
    late = f"select line from {ROWS} where due_on < finished_on and apology_letter is null"
    return gx.ExpectationSuite(
        name=EXPORT,
        expectations=[
            no_rows("DOS-03", "org_code", f"select line from {ROWS} where not exists ({UNIT_RECEIVES})"),
            given_once("DOS-12", "dossier_code"),
            not_before("DOS-13", "finished_at", "finished_on", "received_on"),
            given_when(
                "DOS-14",
                "finished_at",
                Column("status").is_in(FINISHED) & (Column("finished_at__unread") == False),  # noqa: E712
                typed="finished_on",
            ),
            between("DOS-15", "received_at", most=delivered_on, typed="received_on"),
            between("DOS-16", "finished_at", most=delivered_on, typed="finished_on"),
            not_before("DOS-17", "due_at", "due_on", "received_on"),
            not_before("DOS-51", "returned_at", "returned_on", "finished_on"),
            given_when(
                "DOS-52",
                "due_at",
                Column("status").is_not_in(NOT_RECEIVED) & (Column("due_at__unread") == False),  # noqa: E712
                typed="due_on",
            ),
            no_rows("DOS-53", "apology_letter", late),
            gxe.ExpectColumnValuesToNotBeInSet(
                column="channel",
                value_set=["Trực tuyến"],
                row_condition=Column("service_level") == "2",
                **stated("DOS-54", "channel"),
            ),
            no_rows("DOS-55", "dossier_code", WRONGLY_DATED),
            no_rows("DOS-56", "procedure_code", UNLISTED_PROCEDURE),
            no_rows("DOS-57", "due_at", day_off),
            one_of("DOS-58", "applicant_id", ["9" * 9, "9" * 12], typed="applicant_id__shape"),
            no_rows("DOS-61", "field", UNKNOWN_FIELD),
            no_rows("DOS-64", "resolving_org_code", UNKNOWN_RESOLVING),
            not_before("DOS-65", "supplement_given_at", "supplement_given_on", "supplement_asked_on"),
            not_before("DOS-66", "extended_due_at", "extended_due_on", "due_on"),
        ],
    )
