"""`cchc readers`: which login of the database, and which key of the API, sees which unit in schema `reporting`."""

from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.options import ByOption, Format, FormatOption, app, day_of, login
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, warehouse

if TYPE_CHECKING:
    from datetime import date

    from etl.stewardship.readers import Reader

readers_app = typer.Typer(rich_markup_mode=None)
key_app = typer.Typer(rich_markup_mode=None, help="Keys of the API (cchc serve --api): make one, revoke one.")
app.add_typer(readers_app, name="readers")
readers_app.add_typer(key_app, name="key")
LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="A login of the database, member of cchc_reader.")]
ReadUnitArgument = Annotated[
    str,
    typer.Argument(
        metavar="UNIT",
        help="Code of the unit that it sees, with all below it; CODE@DAY is what the code meant on that day;"
        " '*': the whole province.",
    ),
]


@readers_app.callback(invoke_without_command=True)
def list_readers(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print who reads the province's views: logins of the database and keys of the API, and what each of them sees."""
    if context.invoked_subcommand:
        return
    from etl.stewardship import readers

    with connected() as connection, connection.cursor() as cursor:
        found = readers.readers(cursor)
    if form is not Format.table:
        header = ("login", "key_id", "name", "unit", "since", "by", "expires", "last_used", "ended")
        return write(form, header, [_plain(one) for one in found])
    if not found:
        return print(
            "Chưa có ai đọc. Thêm: cchc readers set TÊN_ĐĂNG_NHẬP MÃ_ĐƠN_VỊ, hoặc cchc readers key add TÊN MÃ_ĐƠN_VỊ"
        )
    write(
        form,
        ("Đăng nhập", "Khóa", "Của ai", "Xem", "Từ", "Hết hạn", "Dùng lần cuối", "Đã hết"),
        [
            (
                one.login,
                one.key_id,
                None if one.login else one.name,
                _sees(one),
                *(vietnamese(at.date() if at else None) for at in (one.since, one.expires_at, one.last_used_at)),
                vietnamese(one.ended_at.date() if one.ended_at else None),
            )
            for one in found
        ],
    )


def _sees(one: "Reader") -> str:
    if one.unit_code == "*":
        return "toàn tỉnh"
    return f"{one.unit_name} ({one.unit_code})" if one.unit_code else "không xem được gì"


def _plain(one: "Reader") -> tuple[str | int | None, ...]:
    moments = (one.expires_at, one.last_used_at, one.ended_at)
    return (
        one.login,
        one.key_id,
        one.name,
        one.unit_code,
        one.since.isoformat() if one.since else None,
        one.by,
        *(at.isoformat() if at else None for at in moments),
    )


def _meant(unit: str) -> tuple[str, "date | None"]:
    code, at, day = unit.partition("@")
    return code, day_of(day, "the day of UNIT") if at else None


@readers_app.command("set")
def set_reader(database_login: LoginArgument, unit: ReadUnitArgument, by: ByOption = None) -> None:
    """Let a login of the database see a unit and all below it, and nothing else."""
    from etl.stewardship import readers

    code, day = _meant(unit)
    settings, url = warehouse()
    from etl.warehouse import database

    with database.transaction(url) as connection, connection.cursor() as cursor:
        readers.let_read(cursor, database_login, code, province=settings.province, by=by or login(), on=day)
    print(f"{database_login} xem được {'toàn tỉnh' if code == '*' else f'đơn vị {code} và cấp dưới'}.")


@readers_app.command("remove")
def remove_reader(database_login: LoginArgument, by: ByOption = None) -> None:
    """Let a login of the database see nothing any more. The login itself stays."""
    from etl.stewardship import readers

    with connected() as connection, connection.cursor() as cursor:
        readers.remove(cursor, database_login, by=by or login())
    print(f"{database_login} không xem được gì nữa.")


@key_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose the key is.")],
    unit: ReadUnitArgument,
    days: Annotated[int, typer.Option(metavar="N", help="Days after which it ends.")] = 365,
    by: ByOption = None,
) -> None:
    """Make a key of the API and print it, once: it is kept nowhere."""
    from datetime import timedelta

    from etl.errors import UsageError
    from etl.stewardship import readers
    from etl.warehouse import database

    code, day = _meant(unit)
    if not 1 <= days <= readers.LONGEST_KEY.days:
        raise UsageError(f"--days {days}: a key lasts between 1 and {readers.LONGEST_KEY.days} days.")
    settings, url = warehouse()
    with database.transaction(url) as connection, connection.cursor() as cursor:
        key_id, key, expires_at = readers.make_key(
            cursor, name, code, province=settings.province, lasts=timedelta(days=days), by=by or login(), on=day
        )
    print(
        f"Khóa số {key_id} của {name}, đến ngày {expires_at:%d/%m/%Y}. Khóa chỉ hiện một lần này, hãy giữ kín:\n{key}"
    )


@key_app.command("revoke")
def revoke_key(
    key_id: Annotated[int, typer.Argument(metavar="KEY_ID", help="Number of a key; `cchc readers` lists them.")],
    by: ByOption = None,
) -> None:
    """End a key of the API at once."""
    from etl.stewardship import readers

    with connected() as connection, connection.cursor() as cursor:
        readers.revoke_key(cursor, key_id, by=by or login())
    print(f"Khóa số {key_id} không dùng được nữa.")
