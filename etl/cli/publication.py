"""`cchc publish`, `releases` and `verify`: sign figures, look up what was signed, and see that nothing was changed."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.options import (
    AsOfOption,
    Format,
    FormatOption,
    FromOption,
    PeriodArgument,
    ReasonOption,
    ToOption,
    app,
    period_of,
    unit_of,
)
from etl.cli.output import vietnamese, write
from etl.cli.session import connected
from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.publication.register import Release
    from etl.reports.terminal import Cell

releases_app = typer.Typer(rich_markup_mode=None)
app.add_typer(releases_app, name="releases")
ReleaseArgument = Annotated[int, typer.Argument(metavar="RELEASE", help="Its number; `cchc releases` lists them.")]
TopUnitArgument = Annotated[
    str | None, typer.Argument(metavar="UNIT", help="Who signs, with all below it; by default the topmost unit.")
]
SignerOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who signs: an approver of the unit or above.")]


@app.command()
def publish(
    period: PeriodArgument,
    by: SignerOption,
    statement: Annotated[str, typer.Option(metavar="TEXT", help="What they sign.")],
    unit: TopUnitArgument = None,
    revise: Annotated[bool, typer.Option("--revise", help="Publish again what has changed.")] = False,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Of a revision: late_data, corrected_data, decision, definition, unit or mistake.",
        ),
    ] = None,
    changelog: Annotated[str, typer.Option(metavar="LINE", help="Of a revision: what has changed.")] = "",
    first: FromOption = None,
    last: ToOption = None,
    as_of: AsOfOption = None,
) -> int | None:
    """Freeze the figures of a period and a unit into a release. Status 1: something stands in its way."""
    if revise != (reason is not None):
        raise UsageError("a revision is --revise with --reason KIND and --changelog LINE; a first release has none.")
    asked, unit = period_of(period, first, last, as_of), unit_of(unit) if unit else None
    from etl.publication import blocks, releases

    try:
        with connected() as connection:
            published = releases.publish(
                connection, asked, unit, by=by, statement=statement, reason=reason, changelog=changelog
            )
    except blocks.Blocked as blocked:
        print("Chưa thể công bố:", file=sys.stderr)
        for line in blocked.lines:
            print(f"- {line}", file=sys.stderr)
        return 1
    release = published.release
    if not published.is_new:
        print(f"Số liệu không đổi: vẫn là bản công bố số {release.release_id}, mã {release.code}.")
        return None
    print(said_of(release))
    for line in release.incomplete:
        print(f"- {line}")
    return None


def said_of(release: "Release") -> str:
    """One line about a release."""
    again = f", công bố lại lần {release.revision}" if release.revision else ""
    return (
        f"Bản công bố số {release.release_id}{again}, mã {release.code}: {release.period_code} của {release.unit_name}"
        f" ({release.unit_code}), {release.signer} ký."
    )


@releases_app.callback(invoke_without_command=True)
def list_releases(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print what was published, the newest first."""
    if context.invoked_subcommand:
        return
    from etl.publication import register

    with connected() as connection, connection.cursor() as cursor:
        found = register.every(cursor)
    if form is not Format.table:
        header = (
            *("release_id", "code", "period_code", "unit_code", "revision", "signer", "statement", "reason"),
            *("changelog", "published_at", "hash"),
        )
        return write(form, header, [[_plain(getattr(release, name)) for name in header] for release in found])
    if not found:
        return print("Chưa công bố kỳ nào. Công bố: cchc publish KỲ --by TÊN --statement LỜI_KÝ")
    write(
        form,
        ("Số", "Mã", "Kỳ", "Đơn vị", "Lần", "Người ký", "Ngày", "Lý do công bố lại", "Thay đổi"),
        [
            (
                r.release_id,
                r.code,
                r.period_code,
                f"{r.unit_name} ({r.unit_code})",
                r.revision,
                r.signer,
                vietnamese(r.published_at.date()),
                register.REASONS[r.reason] if r.reason else None,
                r.changelog,
            )
            for r in found
        ],
    )


@releases_app.command("approve")
def approve_release(
    release: ReleaseArgument,
    by: SignerOption,
    text: Annotated[str, typer.Option("--statement", metavar="TEXT", help="What is said with it.")] = "",
) -> None:
    """Add the approval of the level above to a release."""
    from etl.publication import events

    with connected() as connection:
        events.approve_above(connection, release, by=by, text=text)
    print(f"Bản công bố số {release}: {by} đã duyệt.")


@releases_app.command("note")
def note_release(
    release: ReleaseArgument,
    by: SignerOption,
    text: Annotated[str, typer.Option(metavar="TEXT", help="The note; a revision copies it.")],
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Of a figure: whose.")] = "",
    code: Annotated[str, typer.Option(metavar="CODE", help="Of a figure: which.")] = "",
) -> None:
    """Add a note to a release, or to one of its figures."""
    from etl.publication import events

    with connected() as connection:
        events.note(connection, release, by=by, text=text, unit_code=unit, indicator_code=code)
    print(f"Bản công bố số {release}: đã ghi chú.")


@releases_app.command("plan")
def plan_revision(release: ReleaseArgument, form: FormatOption = Format.table) -> None:
    """Print what a revision of a release would change: each figure before and after, why, and what forbids it."""
    from etl.publication import causes, revisions

    with connected() as connection:
        planned = revisions.plan(connection, release)
    rows: list[tuple[Cell, ...]] = [
        (
            one.unit_code,
            one.indicator_code,
            one.before.value if one.before else None,
            one.after.value if one.after else None,
            one.before.status if one.before else None,
            one.after.status if one.after else None,
            causes.CAUSES[one.causes[0]] if form is Format.table else " ".join(one.causes),
            " ".join(str(source.file_id) for source in one.files),
        )
        for one in planned.changes
    ]
    if form is not Format.table:
        return write(form, ("unit_code", "code", "before", "after", "status_before", "status", "causes", "files"), rows)
    for line in revisions.summary(planned):
        print(line)
    if rows:
        print()
        titles = ("Đơn vị", "Mã", "Đã công bố", "Nay", "Trạng thái trước", "Trạng thái nay", "Do", "Tệp")
        write(form, titles, [[vietnamese(cell) for cell in row] for row in rows])


@releases_app.command("wait")
def let_wait(release: ReleaseArgument, by: SignerOption, reason: ReasonOption) -> None:
    """Record that what has changed since a release waits for now."""
    from etl.publication import revisions

    with connected() as connection:
        planned = revisions.wait(connection, release, by=by, text=reason)
    print(f"Bản công bố số {release}: {len(planned.changes)} số liệu thay đổi được để chờ.")


def _plain(value: object) -> "str | int | None":
    return value if isinstance(value, int) or value is None else str(value)


@app.command()
def verify(
    release: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="A number, or the code on a printed form; by default all.")
    ] = None,
) -> int | None:
    """Say what was changed since it was published. Status 1: something was."""
    from etl.publication import chain

    with connected() as connection, connection.cursor() as cursor:
        changed = chain.verify(cursor, release)
    for line in changed:
        print(line)
    if changed:
        return 1
    print(f"Bản công bố {release} còn nguyên." if release else "Mọi bản công bố còn nguyên.")
    return None
