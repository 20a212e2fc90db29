"""The text of the pages of a .pdf."""

from collections.abc import Iterator
from pathlib import Path

from etl.errors import UsageError

MAX_PAGES = 2_000


def pages(path: Path) -> Iterator[str]:
    """The text of each page, line by line as it is printed.

    Raises: UsageError if the file is damaged, or locked with a password.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        why = "có mật khẩu" if locked else "bị hỏng"
        raise UsageError(f"{path}: tệp PDF {why}, không đọc được. Hãy xuất lại từ Word rồi thử lại.") from None
    try:
        for number in range(min(len(document), MAX_PAGES)):
            page = document[number]
            text = page.get_textpage()
            yield text.get_text_range().replace("\r\n", "\n").replace("\ufffe", "-")
            text.close()
            page.close()
    except pypdfium2.PdfiumError:
        raise UsageError(f"{path}: trang {number + 1} của tệp PDF bị hỏng. Hãy xuất lại từ Word rồi thử lại.") from None
    finally:
        document.close()
