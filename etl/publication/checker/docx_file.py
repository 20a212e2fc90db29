"""The paragraphs and the rows of tables of a .docx, in the order in which they are read."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from etl.errors import UsageError

MAX_UNPACKED = 256 << 20


def blocks(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Place, text, and whether it is a row of a table: its cells parted by |, a merged cell once.

    Raises: UsageError if the file is no document of Word.
    """
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table
    from lxml.etree import XMLSyntaxError

    try:
        with zipfile.ZipFile(path) as package:
            if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED:
                raise UsageError(f"{path}: tài liệu giải nén ra quá lớn, không phải một báo cáo.")
            if "word/document.xml" not in package.namelist():
                raise UsageError(
                    f"{path}: tệp không phải là tài liệu Word (.docx). Hãy chọn báo cáo .docx, .pdf, .txt."
                )
        document = Document(str(path))
    except (PackageNotFoundError, zipfile.BadZipFile, XMLSyntaxError, KeyError, ValueError) as error:
        raise UsageError(
            f"{path}: tài liệu Word bị hỏng ({type(error).__name__}). Hãy mở bằng Word, lưu lại rồi thử lại."
        ) from None
    paragraphs = tables = 0
    for block in document.iter_inner_content():
        if not isinstance(block, Table):
            paragraphs += 1
            yield f"đoạn {paragraphs}", block.text.replace("\n", " "), False
            continue
        tables += 1
        for number, row in enumerate(block._tbl.tr_lst, start=1):
            texts = [
                " ".join("".join(t.text or "" for t in p.iter(_WORD + "t")) for p in cell.p_lst) for cell in row.tc_lst
            ]
            yield f"bảng {tables}, hàng {number}", " | ".join(" ".join(text.split()) for text in texts), True


_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
