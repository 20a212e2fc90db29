"""`cchc users` and `serve`: who may see the pages, and the pages."""

import sys
from typing import Annotated

import typer

from etl.cli.options import ByOption, Format, FormatOption, app, login
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, warehouse
from etl.errors import UsageError

users_app = typer.Typer(rich_markup_mode=None)
app.add_typer(users_app, name="users")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As they log in, or as Airflow knows them.")]
ROLES = "reader, steward, approver or ops; each may all that those before it may."
THEIR_UNIT = "Code of their unit: they see it and all below it; '*': all units."
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; else it is asked for.")
]


@users_app.callback(invoke_without_command=True)
def list_users(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print who may come in to the pages, as what, and whose figures they see."""
    if context.invoked_subcommand:
        return
    from etl.stewardship import people

    with connected() as connection, connection.cursor() as cursor:
        accounts = people.accounts(cursor)
    if form is not Format.table:
        header = ("name", "role", "unit", "password", "removed", "last_came")
        rows = [(a.name, a.role, a.unit_code, "yes" if a.has_password else "no") for a in accounts]
        times = [tuple(t.isoformat() if t else "" for t in (a.removed_at, a.last_came)) for a in accounts]
        return write(form, header, [(*row, *of_row) for row, of_row in zip(rows, times, strict=True)])
    if not accounts:
        return print("Chưa có ai. Thêm: cchc users add TÊN QUYỀN MÃ_ĐƠN_VỊ")
    write(
        form,
        ("Tên", "Quyền", "Đơn vị", "Đăng nhập", "Đã bỏ", "Lần gần nhất"),
        [
            (
                a.name,
                people.ROLES[a.role],
                "tất cả" if a.unit_code == people.EVERY_UNIT else f"{a.unit_name} ({a.unit_code})",
                None if a.removed_at else "mật khẩu" if a.has_password else "qua Airflow",
                vietnamese(a.removed_at.date() if a.removed_at else None),
                vietnamese(a.last_came.date() if a.last_came else None),
            )
            for a in accounts
        ],
    )


@users_app.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=ROLES)],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help=THEIR_UNIT)],
    password_stdin: PasswordOption = False,
    airflow: Annotated[bool, typer.Option("--airflow", help="Without a password: through Airflow only.")] = False,
    by: ByOption = None,
) -> None:
    """Let somebody come in to the pages; who was removed comes back."""
    from etl.stewardship import people

    if airflow and password_stdin:
        raise UsageError("--airflow is for who needs no password here: give one of --airflow and --password-stdin.")
    with connected() as connection, connection.cursor() as cursor:
        people.check(cursor, role, unit)
        password = None if airflow else _password(password_stdin)
        people.add(cursor, name, role, unit, password=password, by=by or login())
    print(f"Đã thêm {name}, quyền {people.ROLES[role]}.")


@users_app.command("change")
def change_user(
    name: NameArgument,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=ROLES)] = None,
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help=THEIR_UNIT)] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: PasswordOption = False,
    by: ByOption = None,
) -> None:
    """Give somebody another role, unit or password; they have to log in again."""
    from etl.stewardship import people

    if not (role or unit or password or password_stdin):
        raise UsageError("say what changes: --role, --unit, --password or --password-stdin.")
    with connected() as connection, connection.cursor() as cursor:
        new = _password(password_stdin) if password or password_stdin else None
        people.change(cursor, name, role=role, unit=unit, password=new, by=by or login())
    print(f"Đã đổi {name}. Người này phải đăng nhập lại.")


@users_app.command("remove")
def remove_user(name: NameArgument, by: ByOption = None) -> None:
    """Let somebody come in no more, from now on; what they decided stays, with their name."""
    from etl.stewardship import people

    with connected() as connection, connection.cursor() as cursor:
        people.remove(cursor, name, by=by or login())
    print(f"Đã bỏ {name}. Những gì người này đã quyết định vẫn còn, kèm tên.")


def _password(from_input: bool) -> str:
    """A password that somebody types twice, or the first line of standard input."""
    import getpass

    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password on: give it with --password-stdin.")
    password = getpass.getpass("Mật khẩu: ")
    if password != getpass.getpass("Nhập lại mật khẩu: "):
        raise UsageError("the two passwords differ; nothing was changed. Run the command again.")
    return password


@app.command()
def serve(
    api: Annotated[
        bool, typer.Option("--api", help="The province's API, for keys (cchc readers), and no pages.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=65535, help="0: any that is free; by default 8090, of the API 8091."),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where others reach it.")] = "127.0.0.1",
    https: Annotated[
        bool, typer.Option("--https", help="People reach it by https: a proxy in front of it ends TLS.")
    ] = False,
) -> None:
    """Show the stewards' pages to whoever has an account (cchc users), or the API, until it is stopped."""
    if api:
        return _serve_api(host, 8091 if port is None else port, https)
    settings, url = warehouse()
    from etl.web import serve

    serve.run(settings, url, host=host, port=8090 if port is None else port, https=https)


def _serve_api(host: str, port: int, https: bool) -> None:
    from etl import settings
    from etl.web.api import serve

    configured = settings.api()
    # a login of its own may not bring the warehouse up to date, and has no need to
    url = configured.warehouse_url or warehouse()[1]
    serve.run(url, secret=configured.secret, a_minute=configured.requests_a_minute, host=host, port=port, https=https)
