"""`cchc lateness`: why dossiers were late, said with evidence."""

from collections.abc import Sequence
from typing import Annotated

import typer

from etl.cli.options import ByOption, Format, FormatOption, ReasonOption, app, day_of, login
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, warehouse

lateness_app = typer.Typer(rich_markup_mode=None)
app.add_typer(lateness_app, name="lateness")
BatchArgument = Annotated[int, typer.Argument(metavar="BATCH", help="Its number; `cchc lateness` lists them.")]


@lateness_app.callback(invoke_without_command=True)
def list_lateness(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print why dossiers were late, as it was recorded, and what became of it."""
    if context.invoked_subcommand:
        return
    from etl.stewardship import lateness

    with connected() as connection, connection.cursor() as cursor:
        found = lateness.batches(cursor, units=None, limit=2**31)
    if form is not Format.table:
        header = ("batch_id", "side", "kind", "document", "document_on", "dossiers", "void", "state", "by", "last_by")
        return write(form, header, [[getattr(batch, name) for name in header] for batch in found])
    if not found:
        return print("Chưa ghi nguyên nhân quá hạn nào. Ghi: cchc lateness record MÃ_HỒ_SƠ…")
    titles = ("Đợt", "Nguyên nhân", "Loại", "Văn bản", "Số hồ sơ", "Đã đổi", "Tình trạng", "Người ghi", "Người thứ hai")
    write(
        form,
        titles,
        [
            (
                b.batch_id,
                lateness.SIDES[b.side],
                lateness.KINDS[b.kind] if b.kind else None,
                f"{b.document} ngày {vietnamese(b.document_on)}",
                b.dossiers,
                b.void,
                lateness.STATES[b.state],
                b.by,
                b.last_by,
            )
            for b in found
        ],
    )


@lateness_app.command("record")
def record_lateness(
    dossiers: Annotated[list[str], typer.Argument(metavar="DOSSIER…", help="Codes of dossiers (Mã hồ sơ).")],
    side: Annotated[str, typer.Option(metavar="SIDE", help="unit (do đơn vị) or outside (ngoài đơn vị).")],
    document: Annotated[str, typer.Option(metavar="NUMBER", help="Of a document in the document book.")],
    dated: Annotated[str, typer.Option(metavar="DAY", help="The day of that document.")],
    reason: ReasonOption,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="pause, late_click_off or outage; without one the unit itself was slow."),
    ] = None,
    done: Annotated[
        str | None, typer.Option(metavar="DAY", help="Of late_click_off: when they were really done.")
    ] = None,
    by: ByOption = None,
) -> None:
    """Record why dossiers were late; it counts once a second person has confirmed it."""
    settings, url = warehouse()
    from etl.stewardship import lateness

    done_on = day_of(done, "--done")
    recorded = lateness.record(
        settings,
        url,
        [lateness.Asked(code, done_on) for code in dossiers],
        side=side,
        kind=kind,
        document=document,
        document_on=day_of(dated, "--dated"),
        by=by or login(),
        reason=reason,
    )
    print(
        f"Đợt {recorded.batch_id}: {recorded.dossiers} hồ sơ, {lateness.SIDES[side]}. Người thứ hai xác nhận:"
        f" cchc lateness confirm {recorded.batch_id} --reason …"
    )


@lateness_app.command("confirm")
def confirm_lateness(
    batch: BatchArgument,
    reason: ReasonOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no.")] = False,
    by: ByOption = None,
) -> None:
    """Confirm as a second person why dossiers were late, or refuse it."""
    _, url = warehouse()
    from etl.stewardship import lateness

    done = lateness.confirm(url, batch, by=by or login(), reason=reason, agreed=not refuse)
    if refuse:
        return print(f"Đợt {batch}: không xác nhận {done.dossiers} hồ sơ.")
    print(f"Đợt {batch}: đã xác nhận {done.dossiers} hồ sơ.{_made_again(done.periods)}")


@lateness_app.command("undo")
def undo_lateness(batch: BatchArgument, reason: ReasonOption, by: ByOption = None) -> None:
    """Take back what was recorded, confirmed or not."""
    _, url = warehouse()
    from etl.stewardship import lateness

    done = lateness.undo(url, batch, by=by or login(), reason=reason)
    print(f"Đợt {batch}: đã hoàn tác, {done.dossiers} hồ sơ.{_made_again(done.periods)}")


def _made_again(periods: Sequence[str]) -> str:
    if not periods:
        return ""
    named = ", ".join(periods)
    return f" Tỷ lệ theo căn cứ của {named} được lập lại trong lần chạy đêm tới; muốn có ngay: cchc materialise <kỳ>."
