"""Numbers as offices write them, read by their unit of measure: one mark is a decimal point or groups thousands."""

import re
from decimal import Decimal

_WHOLE = re.compile(r"-?\d+|-?\d{1,3}(?:([.,\u00a0 ])\d{3})(?:\1\d{3})*")
_SHARE = re.compile(r"(-?\d+)(?:[.,](\d+))?\s*%?")
_AMBIGUOUS = re.compile(r"-?\d{1,3}[.,]\d{3}\s*%?")


def read(text: str | None, unit: str) -> Decimal | None:
    """The value of a printed or declared number; None if nothing is written.

    Input:  `unit` as the form prints it: "%", a word for what is counted, or a list of codes.
    Raises: ValueError (a Vietnamese sentence) if the text is no number of this unit, or could be two.
    Source: the appendix of 2021 writes 14,286 documents, 99,13 % and 99.85 % in one table.

    >>> read("14,286", "Văn bản"), read("1.401", "Số lượng"), read("01", "Người")
    (Decimal('14286'), Decimal('1401'), Decimal('1'))
    >>> read("99,13", "%"), read("99.85", "%"), read("10", "%")
    (Decimal('99.13'), Decimal('99.85'), Decimal('10'))
    """
    given = (text or "").strip()
    if not given:
        return None
    if unit == "%":
        found = _SHARE.fullmatch(given)
        if not found:
            raise ValueError(f"“{given}” không phải là tỷ lệ phần trăm, ví dụ 99,13.")
        if _AMBIGUOUS.fullmatch(given):
            raise ValueError(f"“{given}” có thể là phần nghìn hoặc phần trăm; ghi tối đa hai số lẻ.")
        return Decimal(f"{found[1]}.{found[2]}" if found[2] else found[1])
    if not _WHOLE.fullmatch(given):
        raise ValueError(f"“{given}” không phải là số nguyên, ví dụ 14.286.")
    return Decimal(re.sub(r"[^\d-]", "", given))


def decimals(text: str) -> int:
    """How many decimals a percentage is printed with: the precision at which it can be compared.

    >>> decimals("99,13"), decimals("10"), decimals("14,286")
    (2, 0, 3)
    """
    found = _SHARE.fullmatch(text.strip())
    return len(found[2] or "") if found else 0
