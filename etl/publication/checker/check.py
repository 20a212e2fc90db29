"""Check a report: sentences by their own numbers, prose and appendix against one another and the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from psycopg2.extensions import connection as Connection

from etl.publication.checker import claims as prose
from etl.publication.checker import document, identities, printed_appendix, table_rows, warehouse_figures
from etl.publication.checker.contradiction import Contradiction, vietnamese
from etl.publication.checker.mentions import mentions, sentences
from etl.publication.checker.paragraphs import Paragraph, paragraphs
from etl.publication.checker.passages import broken_in
from etl.publication.checker.printed_appendix import Figure


@dataclass(frozen=True)
class Against:
    """The figures of a unit and a period that a report is compared with."""

    connection: Connection
    period_code: str
    unit: str


def check(path: Path, against: Against | None = None) -> list[Contradiction]:
    """The contradictions of a report, in the order of the text, those of the appendix last.

    Input:  .txt in any encoding, .docx or .pdf. `against`: the stored figures of its unit and period.
    Output: nothing that holds; whoever gave the file may read the quotes, no log may.
    Raises: UsageError (a sentence) if the report cannot be read, or there are no such figures.
    """
    figures, rest = printed_appendix.find(document.read(path))
    found: list[Contradiction] = []
    claimed: list[tuple[prose.Claim, Paragraph]] = []
    for number, paragraph in enumerate(paragraphs(rest)):
        numbers = mentions(paragraph.text)
        for broken in broken_in(paragraph.text, numbers):
            quote = _sentence(paragraph.text, broken.mention.start)
            place = paragraph.place(broken.mention.start)
            found.append(Contradiction(place, broken.statement, broken.left, broken.right, broken.kind, quote))
        claimed += [(claim, paragraph) for claim in prose.claims(number, paragraph.text, numbers)]
    found += table_rows.broken_rows(rest)
    found += _prose(claimed, figures)
    if against:
        stored = warehouse_figures.read(against.connection, against.period_code, against.unit)
        found += warehouse_figures.identities_broken(against.connection, against.unit, figures)
        found += _appendix(figures, with_identities=False)
        found += warehouse_figures.printed_otherwise(figures, stored)
        found += warehouse_figures.said_otherwise(
            [
                (claim, paragraph.place(claim.mention.start), _sentence(paragraph.text, claim.mention.start))
                for claim, paragraph in claimed
                if claim.code not in figures
            ],
            stored,
        )
    else:
        found += _appendix(figures, with_identities=True)
    return found


def _sentence(text: str, at: int) -> str:
    end = 0
    for sentence in sentences(text):
        end += len(sentence)
        if end > at:
            return sentence.strip()
    return text.strip()


# --- the appendix against itself --------------------------------------------------------------------------------------


def _appendix(figures: Mapping[str, Figure], *, with_identities: bool) -> list[Contradiction]:
    values = {code: figure.value for code, figure in figures.items()}
    found = []
    for sides in identities.broken(values) if with_identities else ():
        statement = (
            f"Phụ lục, {sides.relation.rule_id}: {sides.subject} không đúng,"
            f" {vietnamese(sides.left)} so với {vietnamese(sides.right)}. {sides.relation.title}."
        )
        place, quote = place_and_quote(figures, (*sides.left_codes, *sides.right_codes))
        found.append(Contradiction(place, statement, sides.left, sides.right, "appendix", quote))
    for whole, shares, added in identities.unexplained(values):
        each = " + ".join(vietnamese(values[code]) for code in shares)
        statement = (
            f"Phụ lục, {' + '.join(shares)}: {each} = {vietnamese(added)}%, còn {vietnamese(100 - added)}% của"
            f" {whole} ({vietnamese(values[whole])}) chưa được giải thích."
        )
        place, quote = place_and_quote(figures, shares)
        found.append(Contradiction(place, statement, added, Decimal(100), "appendix", quote))
    return found


def place_and_quote(figures: Mapping[str, Figure], codes: Sequence[str]) -> tuple[str, str]:
    """Where the first of some figures stands, and all of them as printed."""
    printed = [figures[code] for code in codes if code in figures]
    quote = "; ".join(f"{figure.code} {figure.title}: {figure.text}" for figure in printed)
    return f"phụ lục {printed[0].code} ({printed[0].place})" if printed else "phụ lục", quote


# --- prose against the appendix ---------------------------------------------------------------------------------------


def _prose(claimed: Sequence[tuple[prose.Claim, Paragraph]], figures: Mapping[str, Figure]) -> list[Contradiction]:
    found = []
    for code in dict.fromkeys(claim.code for claim, _ in claimed if claim.code in figures):
        figure, of_code = figures[code], [(claim, at) for claim, at in claimed if claim.code == code]
        if of_code[0][0].adds and len(of_code) > 1:
            values = [claim.value for claim, _ in of_code]
            if figure.value in (*values, sum(values)):
                continue
            of_code = [max(of_code, key=lambda one: one[0].value)]
            others = f" (các chỗ khác cộng lại {vietnamese(sum(values, Decimal(0)))})"
        else:
            others = ""
        for claim, paragraph in of_code:
            if claim.value == figure.value:
                continue
            statement = (
                f"Lời văn ghi {vietnamese(claim.value)}{others}, phụ lục {code} ghi {figure.text}: {figure.title}."
            )
            quote = _sentence(paragraph.text, claim.mention.start)
            place = f"{paragraph.place(claim.mention.start)}; phụ lục {code} ({figure.place})"
            found.append(Contradiction(place, statement, claim.value, figure.value, "prose", quote))
    return found + _sums_of_prose(claimed, figures)


def _sums_of_prose(
    claimed: Sequence[tuple[prose.Claim, Paragraph]], figures: Mapping[str, Figure]
) -> list[Contradiction]:
    """Parts that one paragraph says, and their total in the appendix, where the appendix has other parts."""
    found = []
    values = {code: figure.value for code, figure in figures.items()}
    for paragraph in dict.fromkeys(claim.paragraph for claim, _ in claimed):
        said = {claim.code: claim for claim, _ in claimed if claim.paragraph == paragraph and not claim.adds}
        text = next(p for claim, p in claimed if claim.paragraph == paragraph)
        for sides in identities.broken({**values, **{code: claim.value for code, claim in said.items()}}):
            parts = [said[code] for code in sides.right_codes if code in said]
            whole = figures.get(sides.left_codes[0])
            changed = any(claim.value != values.get(claim.code) for claim in parts)
            if len(parts) < 2 or len(parts) < len(sides.right_codes) or not whole or not changed:
                continue
            each = " + ".join(vietnamese(claim.value) for claim in parts)
            statement = (
                f"Lời văn ghi {each} = {vietnamese(sides.right)}, phụ lục {whole.code} ghi {whole.text}: {whole.title}."
            )
            place = f"{text.place(parts[0].mention.start)}; phụ lục {whole.code} ({whole.place})"
            quote = _sentence(text.text, parts[0].mention.start)
            found.append(Contradiction(place, statement, sides.right, whole.value, "prose", quote))
    return found
