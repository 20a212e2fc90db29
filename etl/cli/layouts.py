"""`cchc layouts` and `words`: what columns and words mean, and what no one has said yet."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from etl.cli.options import ByOption, Format, FormatOption, app, login
from etl.cli.output import print_files, print_loaded, vietnamese, write
from etl.cli.session import connected, load_waiting, warehouse

layouts_app = typer.Typer(rich_markup_mode=None)
app.add_typer(layouts_app, name="layouts")


@layouts_app.callback(invoke_without_command=True)
def list_layouts(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print the layouts that are known, and the files that fit none."""
    if context.invoked_subcommand:
        return
    from etl.reports import quality
    from etl.stewardship import layouts

    with connected() as connection, connection.cursor() as cursor:
        known, waiting = layouts.known(cursor), layouts.waiting(cursor)
        files = quality.deliveries(connection, file_ids=waiting) if waiting else []
    rows = [(one.layout, one.export, one.system, one.files) for one in known]
    if form is not Format.table:
        return write(form, ("layout", "export", "system", "files"), rows)
    write(form, ("Mẫu", "Loại dữ liệu", "Phần mềm", "Số tệp"), rows)
    if files:
        print(f"\n{len(files)} tệp chưa hợp mẫu nào. Xem đề xuất cho một tệp: cchc layouts propose SỐ_TỆP")
        print_files(files)


@layouts_app.command("propose")
def propose_layout(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Number of a delivered file, or a path.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="LAYOUT.yml", help="Write the layout there.")] = None,
    export: Annotated[str | None, typer.Option(metavar="EXPORT", help="If the place of the file does not say.")] = None,
) -> None:
    """Print a layout for a file that fits none: of each column its likely role, and why. No value is printed."""
    settings, url = warehouse()
    from etl.stewardship import layouts

    proposal = layouts.propose(settings, url, file, export=export)
    roles = {c.name: c.header for c in proposal.export.columns}
    rows = [
        (c.number, c.header, c.role, roles.get(c.role, ""), ("? " if c.is_open else "") + c.why)
        for c in proposal.columns
    ]
    write(Format.table, ("Cột", "Tiêu đề trong tệp", "Vai trò", "Cột của kho", "Vì sao"), rows)
    if proposal.missing:
        print(f"\nChưa có cột cho: {', '.join(proposal.missing)}. Không có các cột này thì không nạp được tệp.")
    if to is None:
        return print("\nGhi đề xuất ra tệp để sửa: thêm --to MAU.yml; rồi: cchc layouts accept MAU.yml")
    to.write_text(proposal.as_yaml(to.stem), encoding="utf-8")
    print(f"\nĐã ghi {to}. Sửa các dòng có dấu hỏi nếu cần, rồi: cchc layouts accept {to}")


@layouts_app.command("accept")
def accept_layout(
    layout: Annotated[Path, typer.Argument(metavar="LAYOUT.yml", help="As `propose --to` writes it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "cchc layouts accept",
    by: ByOption = None,
) -> int:
    """Keep a layout, and load the files that waited for it."""
    settings, url = warehouse()
    from etl.stewardship import layouts

    accepted, file_ids = layouts.accept(url, layout, by=by or login(), reason=reason)
    print(f"Đã nhận mẫu «{accepted.name}» ({accepted.system}) cho {accepted.export}.")
    loaded = [*file_ids, *load_waiting(settings, url)]
    return print_loaded(settings, url, loaded, "Không có tệp nào chờ mẫu này.")


words_app = typer.Typer(rich_markup_mode=None)
app.add_typer(words_app, name="words")


@words_app.callback(invoke_without_command=True)
def list_words(
    context: typer.Context,
    known: Annotated[bool, typer.Option("--known", help="The words that are mapped, and by whom, instead.")] = False,
    form: FormatOption = Format.table,
) -> None:
    """Print the words that no vocabulary knows, and how many rows wait in quarantine for each."""
    if context.invoked_subcommand:
        return
    if known:
        return _print_known_words(form)
    from etl.stewardship import words

    with connected() as connection:
        found = words.unknown(connection)
    if form is not Format.table:
        return write(form, ("export", "column", "word", "rows"), [(w.export, w.column, w.word, w.rows) for w in found])
    if not found:
        return print("Không có từ nào chưa biết.")
    titles = ("Loại dữ liệu", "Cột", "Tiêu đề cột", "Từ chưa biết", "Số dòng chờ")
    write(form, titles, [(w.export, w.column, w.header, w.word, w.rows) for w in found])
    print('\nNói nghĩa của một từ, một lần cho mọi tệp: cchc words map <loại dữ liệu> <cột> "<từ>" "<nghĩa>"')


def _print_known_words(form: Format) -> None:
    from etl.stewardship import words

    with connected() as connection, connection.cursor() as cursor:
        found = words.known(cursor)
    if form is not Format.table:
        header = [field.name for field in fields(words.KnownWord)]
        return write(form, header, [[getattr(word, name) for name in header] for word in found])
    titles = ("Loại dữ liệu", "Cột", "Mẫu", "Từ", "Nghĩa", "Ai nói", "Khi nào", "Vì sao")
    write(
        form,
        titles,
        [
            (w.export, w.column, w.layout, w.word, w.meaning, words.SAID_BY.get(w.said_by, w.said_by), day, w.reason)
            for w in found
            for day in [vietnamese(w.at.date() if w.at else None)]
        ],
    )


@words_app.command("map")
def map_word(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="Such as one_stop_shop/dossiers.")],
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="Its name or its header.")],
    word: Annotated[str, typer.Argument(metavar="WORD", help="As the files have it.")],
    meaning: Annotated[
        str,
        typer.Argument(metavar="MEANING", help="A word of the column's vocabulary; of a name, the code of its unit."),
    ],
    layout: Annotated[str, typer.Option(metavar="NAME", help="It means that in files of this layout alone.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "",
    by: ByOption = None,
) -> int:
    """Keep what an office means by a word, and load the rows that waited for it."""
    settings, url = warehouse()
    from etl.stewardship import words

    mapped = words.map_word(url, export, column, word, meaning, layout=layout, by=by or login(), reason=reason)
    where = f"{mapped.export.name}, cột {mapped.column.name} ({mapped.column.header})"
    anew = f", không còn là «{mapped.before}»" if mapped.before not in (None, mapped.meaning) else ""
    print(f"{where}: «{mapped.word}» nghĩa là «{mapped.meaning}»{anew}.")
    for name, told in mapped.otherwise.items():
        print(f"Tệp theo mẫu «{name}» vẫn hiểu là «{told}»; đổi riêng cho mẫu này: thêm --layout {name}")
    status = print_loaded(settings, url, load_waiting(settings, url), "Không có tệp nào phải xét lại.")
    if mapped.waiting:
        left = words.still_waiting(url, mapped)
        more = f"; {left} dòng còn giữ lại vì lỗi khác" if left else ""
        print(f"{mapped.waiting - left} trong {mapped.waiting} dòng chờ từ này đã nạp{more}.")
    return status
