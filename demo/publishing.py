"""The last step of the demo: the district signs its annual report, and the release and its code are printed."""

from pathlib import Path

from demo.district import DISTRICT
from demo.printout import title
from etl.periods import Period
from etl.publication import blocks, releases
from etl.publication.forms import filled, writing
from etl.stewardship import people
from etl.warehouse import database

SIGNER = "chu-tich"
STATEMENT = "Số liệu của báo cáo CCHC năm 2021 đã đối chiếu với các đơn vị."


def publish(url: str, period: Period, home: Path) -> list[str]:
    """Publish the period as the district's approver, print the release and leave its appendix below `home`, to open.

    Output: what stands in its way, one sentence each.

    Repeated, the figures are the same, and so is the release.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        if SIGNER not in {one.name for one in people.accounts(cursor)}:
            people.add(cursor, SIGNER, "approver", DISTRICT, password=None, by="demo")
    title("CÔNG BỐ")
    try:
        with database.transaction(url) as connection:
            published = releases.publish(connection, period, DISTRICT, by=SIGNER, statement=STATEMENT)
    except blocks.Blocked as blocked:
        return [f"chưa công bố được: {line}" for line in blocked.lines]
    release = published.release
    print(f"Bản công bố số {release.release_id}, mã {release.code}: {period.title_vi}, {release.unit_name}.")
    print(f"{release.signer} ký: «{release.statement}»")
    for line in release.incomplete:
        print(f"- {line}")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        form = filled.fill(cursor, "appendix", period, DISTRICT, release.release_id)
    for path in (home / "phu-luc.pdf", home / "phu-luc.xlsx"):
        writing.write(form, path)
        print(f"Phụ lục  {path}")
    print("Kiểm tra còn nguyên: .venv/bin/cchc verify")
    return []
