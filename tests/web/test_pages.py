"""What stewards see and do on the pages, over a small warehouse: every page, masked, and nobody else's rows."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.engine import make_url

from etl import pipeline, settings
from etl.loading import one_file
from etl.rules.second_count import Verdict
from etl.stewardship import people
from etl.warehouse import database
from etl.web import app
from etl.web.access import Warehouse
from tests.databases import fresh_database, rows
from tests.inbox import PROCEDURES, deliver, quiet
from tests.web.conftest import csrf, logged_in, populate

DOSSIERS = "one_stop_shop/dossiers"
# a name and a number that stand in rows of every kind, and that no page may show
NAME, NUMBER = "Trần Thị Bí Mật", "064190009991"
CODE = "000.00.16.H21-211201-"
NIGHT = f"""
    Mã hồ sơ   | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái     | Chủ hồ sơ | Số giấy tờ
    {CODE}0001 | 23857     | 01/12/2021     | 10/12/2021   | 02/12/2021          | Đã trả kết quả | {NAME}    | {NUMBER}
    {CODE}0002 | 23857     | 01/12/2021     | 10/12/2021   | 30/11/2021          | Đã trả kết quả | {NAME}    | {NUMBER}
    {CODE}0003 | 23860     | 01/12/2021     | 10/12/2021   | 29/11/2021          | Đã trả kết quả | {NAME}    | {NUMBER}
    {CODE}0004 | 23857     | 01/12/2021     | 10/12/2021   |                     | Chờ ký         | {NAME}    | {NUMBER}
    {CODE}0005 | 23860     | 01/12/2021     | 10/12/2021   | 02/12/2021          | Đã trả kết quả | {NAME}    | 12345
"""  # noqa: E501 - the header is a line
STRANGE = (
    "Stt;Mã số HS;Thủ tục;Tên lĩnh vực TTHC;Ngày nhận hồ sơ;Hoàn tất ngày;Người nộp đơn;Cơ quan giải quyết;"
    f"Tình trạng hồ sơ\n1;{CODE}0009;Cấp bản sao trích lục hộ tịch;Hộ tịch;01/12/2021;02/12/2021;{NAME};"
    "Thị trấn Chư Ty;Đã trả kết quả\n"
)


@pytest.fixture(scope="module")
def loaded(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, settings.Settings]]:
    """A warehouse after a night of the district, and a file of a commune that fits no layout: tests work in copies."""
    folder = tmp_path_factory.mktemp("night")
    here = replace(settings.read(), archive=folder / "archive", home=folder / "home")
    inbox = folder / "inbox"
    deliver(inbox, "one_stop_shop/procedures", "2021-12-02", PROCEDURES)
    deliver(inbox, DOSSIERS, "2021-12-02", NIGHT)
    path = inbox / DOSSIERS / "2021-12-02" / "23860.csv"
    path.write_text(STRANGE, "utf-8")
    quiet(path)
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patched:
        populate(url)
        patched.setattr(one_file.second_count, "judge", lambda *_, **__: Verdict((), None))
        patched.setattr(one_file.data_docs, "write", lambda *_, **__: None)
        pipeline.land(here, url, inbox=str(inbox))
        list(pipeline.load_waiting(here, url))
        yield url, here


@pytest.fixture
def url(server_url: str, loaded: tuple[str, settings.Settings]) -> Iterator[str]:
    """A copy of it for one test."""
    with fresh_database(server_url, make_url(loaded[0]).database or "") as copied:
        yield copied


@pytest.fixture
def here(loaded: tuple[str, settings.Settings]) -> settings.Settings:
    return loaded[1]


@pytest.fixture
def night(url: str, here: settings.Settings, without_the_second_count: None) -> FastAPI:
    """The pages on that copy."""
    return app.create(lambda: Warehouse(here, url))


def seen(answer) -> str:
    """What somebody reads of a page: without tags."""
    assert answer.status_code in (200, 409, 422), (answer.status_code, answer.text[-800:])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def links(answer, beginning: str) -> list[str]:
    found = re.findall(rf'href="({beginning}[^"]*)"', answer.text)
    return list(dict.fromkeys(html.unescape(one) for one in found))


def issue(client: TestClient, rule: str, unit: str = "") -> str:
    """The address of the one issue of a rule, of a unit."""
    (address,) = links(client.get(f"/issues?rule={rule}&unit={unit}"), f"/issues/{rule}/")
    return address


def post(client: TestClient, path: str, **said: str):
    client.token = getattr(client, "token", None) or csrf(client)
    return client.post(path, data={"csrf": client.token, **said})


def file_of(url: str, sender: str) -> int:
    return rows(url, "select file_id from landing.file where sender = %s and export = %s", sender, DOSSIERS)[0][0]


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_every_page_tells_what_there_is_and_nothing_of_persons(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "ops")
    told = {}
    paths = ["/", "/issues", "/words", "/files", "/decisions", "/decisions/waivers", "/issues?state=all&order=unit"]
    paths += links(steward.get("/issues"), "/issues/[A-Z-]")
    for path in [*paths, *links(steward.get("/files"), "/files/\\d")]:
        told[path] = seen(answer := steward.get(path))
        for row in links(answer, f"{re.escape(path)}/\\d+/\\d+") if path.startswith("/issues/") else []:
            told[row] = seen(steward.get(row))
    for path, text in told.items():
        assert "Bí Mật" not in text, path
        assert NUMBER not in text, path
        assert "cchc " not in text, path
    assert "Ngày kết thúc xử lý trước ngày tiếp nhận." in told["/"]
    assert "4 dòng lỗi" not in told["/"]
    assert "3 dòng lỗi" in told["/"]
    assert "«Chờ ký»" in told["/words"]
    one = next(text for path, text in told.items() if re.fullmatch(r"/issues/DOS-13/\w+/\d+/\d+", path))
    assert "30/11/2021 (ô sai)" in one or "29/11/2021 (ô sai)" in one
    assert "T•••••••••••••t" in one


def test_nothing_open_says_so_and_when_that_was_checked(pages: FastAPI, warehouse_url: str) -> None:
    reader = logged_in(pages, "reader")
    for path in ("/", "/issues"):
        assert "Không có lỗi nào đang mở. Chưa nạp tệp nào." in seen(reader.get(path))
    rows(
        warehouse_url,
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as,"
        " status, loaded_at) values ('hr', 'hr/units', 'duc-co', '2021-12-02', 'a/b/c/d', 'x', 1, 1, 'x', 'accepted',"
        " '2021-12-02 01:30+07') returning 1",
    )
    for path in ("/", "/issues"):
        assert "Không có lỗi nào đang mở. Kiểm tra lần cuối 02/12/2021 01:30." in seen(reader.get(path))


def test_somebody_of_one_unit_sees_nothing_of_another(night: FastAPI, url: str) -> None:
    own, all_of_them = logged_in(night, "of-chu-ty"), logged_in(night, "ops")
    others = [issue(all_of_them, rule, "23860") for rule in ("DOS-13", "DOS-58")]
    assert "Xã Ia Dơk" in seen(all_of_them.get("/issues"))
    for path in ("/", "/issues", "/issues?state=all", "/files", "/decisions", "/words"):
        text = seen(own.get(path))
        assert "Ia Dơk" not in text, path
        assert "23860" not in text.replace("23860.csv", ""), path
    assert [path for path in others if "Không có lỗi này" not in seen(own.get(path))] == []
    (row,) = links(all_of_them.get(others[0]), f"{others[0]}/\\d+")
    for path, said in (
        (row, {}),
        (f"{row}/reveal", {"reason": "xem"}),
        (f"{others[0]}/act", {"kind": "acknowledged"}),
        (f"{others[0]}/preview", {"kind": "discard", "all": "1"}),
        (f"{others[0]}/decide", {"asked": "[]"}),
    ):
        answer = post(own, path, **said) if said else own.get(path)
        assert "không còn" in seen(answer), path
    for file_id in (file_of(url, "23860"), file_of(url, "duc-co")):
        for path in ("", "/checks"):
            assert own.get(f"/files/{file_id}{path}").status_code == 403
        assert post(own, f"/files/{file_id}/confirm", reason="x").status_code == 403
    assert rows(url, "select count(*) from quality.reveal") == [(0,)]
    assert rows(url, "select count(*) from quality.issue_event") == [(0,)]


def test_a_dossier_is_found_by_its_code_which_stands_in_no_address(night: FastAPI) -> None:
    steward = logged_in(night, "steward")
    answer = post(steward, "/issues", record=f" {CODE.lower()}0004 ")
    assert links(answer, "/issues/") == [issue(steward, "DOS-10")]
    assert "Không có lỗi nào của hồ sơ" in seen(post(steward, "/issues", record=f"{CODE}0001"))
    assert "0004" not in str(answer.url)


def test_the_list_goes_on_where_the_page_before_ended(night: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    from etl.stewardship import issues

    monkeypatch.setattr(issues.listed, "__kwdefaults__", issues.listed.__kwdefaults__ | {"limit": 2})
    steward = logged_in(night, "ops")
    path, pages, walked = "/issues", [], 0
    while path:
        answer = steward.get(path)
        pages += links(answer, "/issues/[A-Z]")
        path = next(iter(links(answer, r"/issues\?.*after")), "")
        walked += 1
    assert (len(pages), len(set(pages)), walked) == (5, 5, 3)
    assert seen(steward.get("/issues?after=nonsense")) == seen(steward.get("/issues"))


# --- what is done about an issue --------------------------------------------------------------------------------------


def test_an_issue_is_taken_on_given_away_and_put_off(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "steward")
    path = issue(steward, "DOS-10")
    assert post(steward, f"{path}/act", kind="assigned", assignee="chị Lan").status_code == 303
    assert "đã giao cho chị Lan" in seen(steward.get("/issues"))
    assert "chọn ngày muộn hơn hôm nay" in seen(post(steward, f"{path}/act", kind="snoozed", until="2021-12-01"))
    assert "«mai» không phải một ngày" in seen(post(steward, f"{path}/act", kind="snoozed", until="mai"))
    post(steward, f"{path}/act", kind="commented", text="đã gọi xã")
    post(steward, f"{path}/act", kind="snoozed", until="2999-01-01")
    assert path not in links(steward.get("/issues"), "/issues/")
    assert path in links(steward.get("/issues?state=snoozed"), "/issues/")
    told = seen(steward.get(path))
    assert "steward : ghi chú: đã gọi xã" in told
    assert logged_in(night, "reader").post(f"{path}/act", data={"kind": "acknowledged"}).status_code == 403
    # its rows go while it is open: what was done about it stays
    rows(url, "update quality.violation set closed_by = 1 where rule_id = 'DOS-10' returning 1")
    assert "Không còn dòng nào của lỗi này" in (told := seen(steward.get(path)))
    assert "đã gọi xã" in told
    assert "không còn" in seen(post(steward, f"{path}/act", kind="acknowledged"))


def test_a_row_is_revealed_one_at_a_time_with_a_reason(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "steward")
    path = issue(steward, "DOS-10")
    (row,) = links(steward.get(path), f"{path}/\\d+")
    assert "Hãy ghi lý do" in seen(post(steward, f"{row}/reveal", reason=" "))
    assert NAME in (told := seen(post(steward, f"{row}/reveal", reason="gọi hỏi người nộp")))
    assert NUMBER in told
    assert rows(url, "select by_name, reason from quality.reveal") == [("steward", "gọi hỏi người nộp")]
    assert NAME not in seen(steward.get(row))
    assert post(logged_in(night, "reader"), f"{row}/reveal", reason="xem").status_code == 403


# --- decisions --------------------------------------------------------------------------------------------------------


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, seen(answer)
    return html.unescape(found[1])


def decided(client: TestClient, path: str, said: dict, **more: str):
    """Preview, then decide; the answer to the latter."""
    before = post(client, f"{path}/preview", **said)
    return post(
        client, f"{path}/decide", asked=hidden(before, "asked"), **{"name": "Đợt thử", "reason": "đối chiếu"} | more
    )


def test_a_cell_is_corrected_and_the_batch_undone(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "steward")
    path = issue(steward, "DOS-13", "23857")
    (row,) = links(steward.get(path), f"{path}/\\d+")
    file_id, line = row.split("/")[-2:]
    assert "Chưa có giá trị đúng nào" in seen(post(steward, f"{path}/preview", kind="correct", row=f"{file_id} {line}"))
    assert "Chưa chọn dòng nào" in seen(post(steward, f"{path}/preview", kind="discard"))
    assert "Hãy chọn một quyết định" in seen(post(steward, f"{path}/preview", all="1"))
    said = {"kind": "correct", f"value {file_id} {line} finished_at": "02/12/2021"}
    assert "Dòng 1" in seen(post(steward, f"{path}/preview", **said))
    assert rows(url, "select count(*) from quality.decision") == [(0,)]
    done = decided(steward, path, said)
    assert done.status_code == 303
    told = seen(steward.get(done.headers["location"]))
    assert "30/11/2021 02/12/2021 có hiệu lực" in told
    finished = "select finished_on::text from core.dossier where dossier_code like '%%0002'"
    assert rows(url, finished) == [("2021-12-02",)]
    assert links(steward.get("/issues?rule=DOS-13&unit=23857"), "/issues/DOS-13/") == []
    # as it was
    batch = done.headers["location"].partition("?")[0]
    undone = post(steward, f"{batch}/undo", reason="nhầm hồ sơ")
    assert "đã hoàn tác" in seen(steward.get(undone.headers["location"]))
    assert rows(url, finished) == []
    assert issue(steward, "DOS-13", "23857") == path
    assert "không có gì để hoàn tác" in seen(post(steward, f"{batch}/undo", reason="nhầm"))


def test_a_waiver_waits_for_a_second_person_and_the_second_steward_sees_the_first_one_s(
    night: FastAPI, url: str
) -> None:
    steward, approver = logged_in(night, "steward"), logged_in(night, "approver")
    path = issue(steward, "DOS-58")
    said = {"kind": "waive", "all": "1", "until": "2999-12-31"}
    assert "phải có căn cứ" in seen(decided(steward, path, said))
    done = decided(steward, path, said, evidence="12/UBND")
    batch = done.headers["location"].partition("?")[0]
    assert "miễn , chờ duyệt: steward" in seen(steward.get(path))
    conflict = post(approver, f"{path}/preview", kind="confirm", all="1")
    assert (conflict.status_code, "steward đã quyết định «miễn»" in seen(conflict)) == (409, True)
    assert links(conflict, "/decisions/") == [batch]
    assert post(steward, f"{batch}/approve", agreed="yes").status_code == 403
    assert batch in links(approver.get("/"), "/decisions/")
    assert batch in links(approver.get("/decisions?state=waiting"), "/decisions/")
    post(approver, f"{batch}/approve", agreed="yes", reason="đồng ý")
    assert links(approver.get("/issues?rule=DOS-58"), "/issues/DOS-58/") == []
    waived = approver.get("/decisions/waivers")
    assert "Số giấy tờ không có 9 hoặc 12 chữ số. 1 1 0 0 0" in seen(waived)
    told = seen(approver.get(batch))
    assert "approver" in told
    assert "12345" not in told  # an identity number, also a wrong one


def test_a_waiver_outlives_who_approved_it_and_the_unit_it_is_for(night: FastAPI, url: str) -> None:
    own, approver = logged_in(night, "of-chu-ty"), logged_in(night, "approver")
    said = {"kind": "waive", "all": "1", "until": "2999-12-31"}
    rows(url, "update quality.violation set unit_code = '23857' where rule_id = 'DOS-58' returning 1")
    done = decided(own, issue(own, "DOS-58"), said, evidence="12/UBND")
    batch = done.headers["location"].partition("?")[0]
    with database.transaction(url) as connection, connection.cursor() as cursor:
        # the commune goes into its neighbour while the waiver waits
        cursor.execute(
            "update core.unit set dissolved_on = '2021-12-31', successor_code = '23860' where org_code = '23857'"
        )
        people.add(cursor, "of-ia-dok", "approver", "23860", password=None, by="test")
    heir = logged_in(night, "of-ia-dok")
    assert batch in links(heir.get("/decisions?state=waiting"), "/decisions/")
    assert post(heir, f"{batch}/approve", agreed="yes", reason="đồng ý").status_code == 303
    with database.transaction(url) as connection, connection.cursor() as cursor:
        people.remove(cursor, "of-ia-dok", by="test")
    assert heir.get(batch).status_code in (303, 403)
    told = seen(approver.get(batch))
    assert "có hiệu lực of-ia-dok" in told
    assert "đồng ý" in told


def test_what_was_previewed_is_decided_about_and_nothing_else(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "steward")
    path = issue(steward, "DOS-13", "23857")
    before = post(steward, f"{path}/preview", kind="discard", all="1")
    ((kind, file_id, line, *rest),) = json.loads(hidden(before, "asked"))
    other = json.dumps([(kind, file_id, line + 1, *rest)])  # a row of another issue
    assert "1 dòng đã chọn không còn lỗi này" in seen(
        post(steward, f"{path}/decide", asked=other, name="x", reason="x")
    )
    assert "Không đọc được" in seen(post(steward, f"{path}/decide", asked="[[1]]", name="x", reason="x"))
    assert rows(url, "select count(*) from quality.batch") == [(0,)]


# --- words, files, layouts --------------------------------------------------------------------------------------------


def test_a_word_is_mapped_and_its_rows_load(night: FastAPI, url: str) -> None:
    own = logged_in(night, "of-chu-ty")
    said = {"export": DOSSIERS, "column": "status", "word": "Chờ ký"}
    assert "Hãy chọn nghĩa" in seen(post(own, "/words/map", **said))
    assert "không còn dòng nào chờ từ này" in seen(post(own, "/words/map", **said | {"word": "Zalo"})).lower()
    told = seen(post(own, "/words/map", **said, meaning="Đang xử lý", reason="hỏi phần mềm"))
    assert "«Chờ ký» nghĩa là «Đang xử lý». 1 dòng đã nạp" in told
    assert "Không có từ nào chưa biết" in told
    assert rows(url, "select word, meaning, by_name from landing.word") == [("Chờ ký", "Đang xử lý", "of-chu-ty")]
    assert rows(url, "select status from core.dossier where dossier_code like '%%0004'") == [("Đang xử lý",)]


def test_a_layout_is_proposed_and_accepted_and_the_file_loads(night: FastAPI, url: str) -> None:
    steward = logged_in(night, "steward")
    file_id = file_of(url, "23860")
    page = steward.get(f"/files/{file_id}/layout")
    assert "«Mã số HS»" in seen(page)
    assert "Bí Mật" not in page.text
    assert "tên phần mềm" in seen(post(steward, f"/files/{file_id}/layout"))
    twice = {"system": "Một cửa", "role 1": "dossier_code"}
    assert "Hai cột cùng là «Mã hồ sơ»" in seen(post(steward, f"/files/{file_id}/layout", **twice))
    without = {"system": "Một cửa", "role 2": "ignored"}
    assert "Chưa có cột nào là «Mã hồ sơ»" in seen(post(steward, f"/files/{file_id}/layout", **without))
    assert post(steward, f"/files/{file_id}/layout", system="Một cửa Đức Cơ").status_code == 303
    assert rows(url, "select name, by_name from landing.layout") == [("mot_cua_duc_co", "steward")]
    assert "Đọc theo mẫu mot_cua_duc_co" in seen(steward.get(f"/files/{file_id}"))
    assert rows(url, "select org_code from core.dossier where dossier_code like '%%0009'") == [("23857",)]


def test_a_file_is_confirmed_and_taken_back_with_a_reason(
    night: FastAPI, url: str, here: settings.Settings, inbox: Path
) -> None:
    deliver(inbox, "one_stop_shop/procedures", "2021-12-03", "Mã thủ tục\n1.000001\n1.000002\n1.000003\n1.000004")
    deliver(inbox, "one_stop_shop/procedures", "2021-12-04", "Mã thủ tục\n1.000001")
    pipeline.land(here, url, inbox=str(inbox))
    list(pipeline.load_waiting(here, url))
    ((held,),) = rows(url, "select file_id from landing.file where status = 'held'")
    steward, approver = logged_in(night, "steward"), logged_in(night, "approver")
    assert f"/files/{held}" in links(steward.get("/files?status=waits"), "/files/")
    assert "Hãy ghi lý do" in seen(post(steward, f"/files/{held}/confirm", reason=""))
    assert post(steward, f"/files/{held}/confirm", reason="đã bỏ bớt thủ tục").status_code == 303
    assert "xác nhận: đã bỏ bớt thủ tục" in seen(steward.get(f"/files/{held}"))
    assert "không chờ xác nhận" in seen(post(steward, f"/files/{held}/confirm", reason="x"))
    assert post(steward, f"/files/{held}/withdraw", reason="x").status_code == 403
    assert post(approver, f"/files/{held}/withdraw", reason="gửi nhầm").status_code == 303
    assert "đã rút lại" in seen(approver.get(f"/files/{held}"))
    assert "đã được rút lại" in seen(post(approver, f"/files/{held}/withdraw", reason="x"))


def test_the_page_of_the_second_count_is_served_by_number(night: FastAPI, url: str, here: settings.Settings) -> None:
    steward = logged_in(night, "steward")
    file_id = file_of(url, "duc-co")
    assert "không còn" in seen(steward.get(f"/files/{file_id}/checks"))
    page = here.home / "data_docs" / str(file_id) / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("<p>phép kiểm tra</p>", "utf-8")
    try:
        assert f"/files/{file_id}/checks" in links(steward.get(f"/files/{file_id}"), "/files/")
        answer = steward.get(f"/files/{file_id}/checks")
        assert answer.text == "<p>phép kiểm tra</p>"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    finally:
        page.unlink()
    assert "Không có tệp số 999" in seen(steward.get("/files/999/checks"))
    assert steward.get("/files/..%2f..%2fetc/checks").status_code in (404, 422)


def test_the_page_of_a_file_says_what_was_asked_about_it_and_what_was_answered(night: FastAPI, url: str) -> None:
    from datetime import datetime, timedelta

    from etl.periods import LOCAL
    from etl.stewardship import questions
    from etl.warehouse import database

    at = datetime(2021, 12, 2, 2, 0, tzinfo=LOCAL)
    (file_id,) = rows(url, "select file_id from landing.file where export = %s and sender = 'duc-co'", DOSSIERS)[0]
    with database.transaction(url) as connection, connection.cursor() as cursor:
        asked = questions.ask(
            cursor, file_id, about="ceiling", said="4 trong 5 dòng bị giữ lại.", until=at + timedelta(hours=9), run="x"
        )
    steward = logged_in(night, "steward")
    assert "không ai trả lời thì «giữ»" in steward.get(f"/files/{file_id}").text
    here = night.state.warehouse().settings
    questions.answer(
        here,
        url,
        asked,
        "nạp",
        by_id="steward",
        by_name="steward",
        reason="đã biết",
        answered_at=at + timedelta(hours=1),
    )
    shown = html.unescape(steward.get(f"/files/{file_id}").text)
    assert "4 trong 5 dòng bị giữ lại. <strong>steward</strong> trả lời «nạp»: đã biết (đã thực hiện)." in shown
