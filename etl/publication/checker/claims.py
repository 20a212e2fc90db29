"""What the prose of a report says of figures of the appendix: which words mean which figure stands in `claims.yml`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.publication.checker.mentions import Mention
from etl.publication.checker.roles import flows

_PHRASES = Path(__file__).with_name("claims.yml")


@dataclass(frozen=True)
class Claim:
    """A figure of the appendix, said in words."""

    code: str
    value: Decimal
    decimals: int
    mention: Mention
    paragraph: int
    adds: bool  # others of the same code may each be a part of the figure


@dataclass(frozen=True)
class _Phrase:
    code: str
    kind: str
    noun: str
    says: re.Pattern[str]
    but_not: re.Pattern[str] | None
    adds: bool


@cache
def _phrases() -> tuple[_Phrase, ...]:
    made = []
    for entry in project_files.read_yaml(_PHRASES):
        try:
            says, but_not = entry.get("says") or entry["scope"], entry.get("not")
            made.append(
                _Phrase(
                    str(entry["code"]),
                    entry["kind"],
                    entry.get("noun", ""),
                    re.compile(rf"\b(?:{says})\b"),
                    re.compile(rf"\b(?:{but_not})\b") if but_not else None,
                    bool(entry.get("adds")),
                )
            )
        except (KeyError, re.error) as wrong:
            raise CatalogueError(f"{_PHRASES}: {entry}: {wrong}. See the comment at its top.") from None
    return tuple(made)


def claims(paragraph: int, text: str, found: Sequence[Mention]) -> list[Claim]:
    """What a paragraph says of figures of the appendix.

    Input:  `paragraph`: which one it is; `found`: its numbers.
    """
    made = []
    for mention in found:
        label = mention.label.lower()
        # what is said of a number may stand before a remark in brackets, or be parted by its noun
        wide = _clause(text, mention)
        for phrase in _phrases():
            if phrase.kind == "flow" or not _is_of(phrase, mention):
                continue
            if not (phrase.says.search(label) or phrase.says.search(wide)):
                continue
            if phrase.but_not and (phrase.but_not.search(label) or phrase.but_not.search(wide)):
                continue
            value = mention.of if phrase.kind == "of" else mention.value
            if value is not None:
                made.append(Claim(phrase.code, value, mention.decimals, mention, paragraph, phrase.adds))
            break
    return made + _of_flow(paragraph, text, found)


def _is_of(phrase: _Phrase, mention: Mention) -> bool:
    kind = "fraction" if phrase.kind == "of" else phrase.kind
    return (
        mention.kind == kind and phrase.noun == mention.noun and not re.search(r"\b(?:tăng|giảm)\b", mention.gap[-20:])
    )


def _clause(text: str, mention: Mention) -> str:
    """The words around a number up to the next comma, semicolon or full stop."""
    before = re.split(r"[,;:]|\. ", text[max(0, mention.start - 160) : mention.start])[-1]
    behind = re.split(r"[,;:(]|\. |\d", text[mention.end : mention.end + 160])[0]
    return f"{before} {behind}".lower()


def _of_flow(paragraph: int, text: str, found: Sequence[Mention]) -> list[Claim]:
    """The share of dossiers resolved on time that a paragraph prints of the offices with which it begins."""
    made = []
    for flow in flows(found):
        first = min(flow.counts.values(), key=lambda mention: mention.start)
        part = flow.of("resolved", "in_time") or flow.of("resolved", "on_time")
        if not part or flow.of("resolved", "early"):
            continue
        at = found.index(part)
        share = found[at + 1] if at + 1 < len(found) else None
        if not share or share.kind != "percent":
            continue
        for phrase in _phrases():
            if phrase.kind == "flow" and phrase.says.search(text[max(0, first.start - 60) : first.start].lower()):
                made.append(Claim(phrase.code, share.value, share.decimals, share, paragraph, False))
    return made
