"""A file that fits no layout says so; somebody is shown what its columns may be, says yes, and it is loaded."""

from pathlib import Path

import pytest

from etl import catalogue, cli
from etl.errors import UsageError
from etl.reading import proposal
from etl.settings import Settings
from etl.stewardship import layouts
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver, quiet
from tests.tables import cells

# A system that nobody has heard of: a title, headers of its own, officials and addresses among the columns.
UNHEARD_OF = """BÁO CÁO TÌNH HÌNH TIẾP NHẬN
Stt;Mã số HS;Thủ tục;Tên lĩnh vực TTHC;Ngày nhận hồ sơ;Hạn trả kết quả;Hoàn tất ngày;Người nộp đơn;ĐT liên hệ;Chỗ ở;Cơ quan giải quyết;Tình trạng hồ sơ;Mã phiếu
1;H21.12-210301-0001;Cấp bản sao trích lục hộ tịch;Hộ tịch;01/03/2021 08:00;05/03/2021;04/03/2021;Nguyễn Thử Một;0905000001;Thôn Ia Thử;Xã Ia Dơk;Đã trả kết quả;A1
2;H21.12-210301-0002;Cấp bản sao trích lục hộ tịch;Hộ tịch;01/03/2021 08:00;05/03/2021;;Nguyễn Thử Hai;0905000002;Thôn Ia Thử;Xã Ia Dơk;Đang xử lý;A2
"""  # noqa: E501 - a header row is a line
PROPOSED = """
    header             | role            | open
    Stt                | ignored         |
    Mã số HS           | dossier_code    |
    Thủ tục            | procedure_name  |
    Tên lĩnh vực TTHC  | field           |
    Ngày nhận hồ sơ    | received_at     |
    Hạn trả kết quả    | due_at          |
    Hoàn tất ngày      | finished_at     |
    Người nộp đơn      | applicant_name  |
    ĐT liên hệ         | personal        |
    Chỗ ở              | personal        |
    Cơ quan giải quyết | org_name        |
    Tình trạng hồ sơ   | status          |
    Mã phiếu           | ignored         | open
"""
VALUES = ["Nguyễn", "Thử", "0905", "Ia Dơk", "H21.12", "05/03"]  # of somebody's row: none is ever told


@pytest.fixture
def home(tmp_path: Path, configured: Settings, warehouse_url: str, inbox: Path, monkeypatch) -> Path:
    """A working folder with the lists of a district, and the file."""
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("CCHC_HOME", str(configured.home))
    monkeypatch.setenv("CCHC_PROVINCE", configured.province)
    deliver(inbox, "hr/units", "2021-02-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-02-01", PROCEDURES)
    path = inbox / "one_stop_shop" / "dossiers" / "2021-03-10" / "duc-co.csv"
    path.parent.mkdir(parents=True)
    path.write_text(UNHEARD_OF, encoding="utf-8")
    quiet(path)
    monkeypatch.chdir(tmp_path)
    return inbox


def test_a_layout_that_nobody_has_seen_is_proposed_accepted_and_read(home, warehouse_url, capfd):
    assert cli.run(["load", str(home)]) == 1
    ((file_id, status, rule_id, message),) = rows(
        warehouse_url,
        "select file_id, status, rule_id, message from landing.file where export = 'one_stop_shop/dossiers'",
    )
    assert (status, rule_id) == ("rejected", "FIL-02")
    assert "cchc layouts propose" in message

    assert cli.run(["layouts", "propose", str(file_id), "--to", "mau_moi.yml"]) == 0
    told = capfd.readouterr().out
    written = Path("mau_moi.yml").read_text("utf-8")
    assert not [value for value in VALUES if value in told or value in written]
    assert cli.run(["layouts", "accept", "mau_moi.yml", "--by", "bà Thử", "--reason", "phần mềm mới"]) == 0
    files = "select status, layout, rows_loaded from landing.file where export = 'one_stop_shop/dossiers'"
    assert rows(warehouse_url, files) == [("accepted", "mau_moi", 2)]
    assert rows(
        warehouse_url,
        "select dossier_code, org_code, procedure_code, due_on::text, finished_on::text, status from core.dossier"
        " order by 1",
    ) == [
        ("H21.12-210301-0001", "23860", "2.000635", "2021-03-05", "2021-03-04", "Đã trả kết quả"),
        ("H21.12-210301-0002", "23860", "2.000635", "2021-03-05", None, "Đang xử lý"),
    ]
    assert rows(warehouse_url, "select name, by_name, reason from landing.layout") == [
        ("mau_moi", "bà Thử", "phần mềm mới")
    ]
    # the next delivery needs nobody
    again = home / "one_stop_shop" / "dossiers" / "2021-03-11" / "duc-co.csv"
    again.parent.mkdir()
    again.write_text(UNHEARD_OF.replace("Đang xử lý", "Dừng xử lý"), encoding="utf-8")
    quiet(again)
    assert cli.run(["load", str(home)]) == 0
    capfd.readouterr()
    assert cli.run(["layouts", "--format", "csv"]) == 0
    listed = capfd.readouterr().out
    assert listed.splitlines()[0] == "layout,export,system,files"
    assert "mau_moi,one_stop_shop/dossiers,mau_moi,2" in listed


def test_each_column_is_proposed_with_why(tmp_path):
    path = tmp_path / "tệp.csv"
    path.write_text(UNHEARD_OF, encoding="utf-8")
    proposed = proposal.propose(path, catalogue.export("one_stop_shop/dossiers"))
    assert [
        [column.header.strip("«»"), column.role, "open" if column.is_open else ""] for column in proposed.columns
    ] == cells(PROPOSED)[1:]
    assert all(column.why for column in proposed.columns)
    assert not proposed.missing


LAYOUT = "export: one_stop_shop/dossiers\ncolumns:\n  - Mã: dossier_code\n  - Ngày: received_at\n"


@pytest.mark.parametrize(
    "said, says",
    [
        ("columns: [a]", "a layout has export, columns"),
        (LAYOUT.replace("dossiers", "dossier"), "there is no export 'one_stop_shop/dossier'"),
        (LAYOUT.replace("dossier_code", "dosier_code"), "'dosier_code' is no column of one_stop_shop/dossiers"),
        (LAYOUT.replace("  - Ngày: received_at\n", ""), "no column has the role received_at"),
        (LAYOUT + "  - Hạn: received_at\n", "received_at comes from two places"),
        (LAYOUT + "constants: {dossier_code: 1}\n", "dossier_code comes from two places"),
        (LAYOUT + "derived: [status]\n", "does not say how status is found"),
        (LAYOUT + "words: {status: {Xong: Đã xong}}\n", "status has no word Đã xong"),
        (LAYOUT + "fingerprint: 1\n", "a layout has export, columns"),
        ("- a: [", "a.yml"),
    ],
)
def test_what_is_no_layout_is_refused_with_what_is_wrong(warehouse_url, tmp_path, said, says):
    path = tmp_path / "a.yml"
    path.write_text(said, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        layouts.accept(warehouse_url, path, by="thử", reason="thử")
    assert says in str(caught.value)
    assert rows(warehouse_url, "select count(*) from landing.layout") == [(0,)]


def test_what_is_no_file_and_what_is_no_table_is_said(configured, warehouse_url, tmp_path):
    path = tmp_path / "ghi chú.csv"
    path.write_text("Không có bảng nào ở đây\n", encoding="utf-8")
    for file, export, says in [
        (str(tmp_path / "không có.csv"), None, "there is no file"),
        ("77", None, "no file has the number 77"),
        (str(path), None, "--export hr/units"),
        (str(path), "one_stop_shop/dossiers", "no row looks like a header"),
    ]:
        with pytest.raises(UsageError) as caught:
            layouts.propose(configured, warehouse_url, file, export=export)
        assert says in str(caught.value)


def test_an_office_keeps_layouts_in_its_own_folder(tmp_path, monkeypatch):
    folder = tmp_path / "contracts" / "one_stop_shop" / "layouts"
    folder.mkdir(parents=True)
    (folder / "igate.yml").write_text(LAYOUT, encoding="utf-8")
    before = {layout.name: layout for layout in catalogue.layouts("one_stop_shop/dossiers")}
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    after = {layout.name: layout for layout in catalogue.layouts("one_stop_shop/dossiers")}
    assert after.keys() == before.keys()
    assert after["igate"].roles == ("dossier_code", "received_at")
