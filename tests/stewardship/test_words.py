"""Words that nobody knows, and what happens once somebody says what they mean: all rows that waited load, no others."""

import csv
import io
from pathlib import Path

import pytest

from etl import catalogue, cli, pipeline, settings
from etl.catalogue import words as catalogue_words
from etl.errors import UsageError
from etl.migration import schema
from etl.stewardship import words
from etl.warehouse import database, locks
from tests.databases import content, rows
from tests.inbox import PROCEDURES, UNITS, deliver, quiet
from tests.tables import cells

DOSSIERS = "one_stop_shop/dossiers"
HEADER = "Mã hồ sơ | Ngày tiếp nhận | Ngày kết thúc xử lý | Trạng thái | Kênh tiếp nhận"


def dossiers(text: str) -> str:
    """Dossiers drawn as number, status, channel, and whether they were finished."""
    drawn = []
    for number, status, channel, finished in cells(text):
        drawn.append(f"000.00.16.H21-211201-{number} | 01/12/2021 | {finished} | {status} | {channel}")
    return "\n".join([HEADER, *drawn])


NIGHT = dossiers("""
    0001 | Đã trả kết quả | Trực tiếp | 02/12/2021
    0002 | Chờ ký         | Trực tiếp |
    0003 | chờ  KÝ        | Trực tiếp |
    0004 | Chờ ký         | Zalo      |
    0005 | Lưu kho        | Trực tiếp | 02/12/2021
    0006 | Đang xử lý     | Trực tiếp | 30/11/2021
""")


@pytest.fixture
def load(configured: settings.Settings, warehouse_url: str, inbox: Path, without_the_second_count: None):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)

    def run() -> list[tuple[str, str]]:
        pipeline.land(configured, warehouse_url, inbox=str(inbox))
        return [(r.sender, f"{r.delivered_on:%d/%m}") for r in pipeline.load_waiting(configured, warehouse_url)]

    return run


def unknown(url: str) -> list[tuple[str, str, int]]:
    with database.transaction(url) as connection:
        return [(one.column, one.word, one.rows) for one in words.unknown(connection)]


def statuses(url: str) -> dict[str, str]:
    return dict(rows(url, "select right(dossier_code, 4), status from core.dossier"))


def says(url: str, word: str, meaning: str, *, column: str = "status", export: str = DOSSIERS, **said: str):
    return words.map_word(url, export, column, word, meaning, **{"by": "lan", "reason": "", **said})


def test_unknown_words_are_listed_with_the_rows_that_wait(load, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    load()
    assert unknown(warehouse_url) == [("channel", "Zalo", 1), ("status", "Chờ ký", 3), ("status", "Lưu kho", 1)]
    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("2001 | Đang xử lý | | 30/11/2021"), sender="ia-kla")
    load()
    told = rows(warehouse_url, f"select message from landing.file where export = '{DOSSIERS}' order by sender")
    assert [message.partition("; ")[2] for (message,) in told] == [
        "xem chi tiết: cchc quality --rows 2; từ chưa biết: cchc words",
        "xem chi tiết: cchc quality --rows 4",  # a cell that is empty, and a day: no words
    ]
    assert statuses(warehouse_url) == {"0001": "Đã trả kết quả"}


def test_a_word_that_is_mapped_once_loads_all_rows_that_waited_for_it(load, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    load()
    mapped = says(warehouse_url, "chờ ký", "đang xử lý")
    assert (mapped.meaning, mapped.before, mapped.waiting) == ("Đang xử lý", None, 3)
    assert load() == [("duc-co", "06/12")]
    assert words.still_waiting(warehouse_url, mapped) == 1  # the one that came by Zalo
    assert statuses(warehouse_url) == {"0001": "Đã trả kết quả", "0002": "Đang xử lý", "0003": "Đang xử lý"}
    assert unknown(warehouse_url) == [("channel", "Zalo", 1), ("status", "Lưu kho", 1)]
    assert rows(warehouse_url, "select export, column_name, layout, word, meaning, by_name from landing.word") == [
        (DOSSIERS, "status", "", "chờ ký", "Đang xử lý", "lan")
    ]
    assert says(warehouse_url, "Zalo", "Trực tuyến", column="Kênh tiếp nhận").waiting == 1
    load()
    assert statuses(warehouse_url)["0004"] == "Đang xử lý"
    assert rows(warehouse_url, "select count(*) from core.dossier_history") == [(0,)]


def test_only_files_that_hold_the_word_are_judged_again(load, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("1001 | Lưu kho | Trực tiếp | 02/12/2021"), sender="ia-dok")
    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("2001 | Đang xử lý | Trực tiếp |"), sender="ia-kla")
    load()
    says(warehouse_url, "Lưu kho", "Đã trả kết quả")
    assert load() == [("duc-co", "06/12"), ("ia-dok", "06/12")]
    says(warehouse_url, "Chờ ký", "Đang xử lý")
    assert load() == [("duc-co", "06/12")]
    says(warehouse_url, "Chờ ký", "Đang xử lý")  # nothing has changed
    assert load() == []
    assert rows(warehouse_url, "select count(*) from landing.word") == [(2,)]


def test_a_word_that_is_mapped_anew_means_the_other_thing_in_all_rows(load, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    load()
    says(warehouse_url, "Lưu kho", "Đã xử lý xong")
    load()
    mapped = says(warehouse_url, "Lưu kho", "Đã trả kết quả")
    assert (mapped.before, mapped.waiting) == ("Đã xử lý xong", 0)
    assert load() == [("duc-co", "06/12")]
    assert statuses(warehouse_url)["0005"] == "Đã trả kết quả"
    assert rows(warehouse_url, "select count(*) from core.dossier_history") == [(0,)]
    # what ships is mapped anew likewise
    deliver(inbox, DOSSIERS, "2021-12-07", dossiers("3001 | Hoàn thành | Trực tiếp | 02/12/2021"))
    load()
    assert says(warehouse_url, "Hoàn thành", "Đã trả kết quả").before == "Đã xử lý xong"
    assert load() == [("duc-co", "07/12")]
    assert statuses(warehouse_url)["3001"] == "Đã trả kết quả"


def test_the_warehouse_is_as_if_the_word_had_always_been_known(
    load, warehouse_url: str, server_url: str, template_database: str, inbox: Path, configured: settings.Settings
) -> None:
    from tests.databases import fresh_database

    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    later = "0007 | Chờ ký | Trực tiếp |"
    deliver(inbox, DOSSIERS, "2021-12-07", NIGHT + "\n" + dossiers(later).splitlines()[1])
    load()
    says(warehouse_url, "Chờ ký", "Đang xử lý")
    assert load() == [("duc-co", "06/12"), ("duc-co", "07/12")]
    with fresh_database(server_url, template_database) as url:
        says(url, "Chờ ký", "Đang xử lý")
        pipeline.land(configured, url, inbox=str(inbox))
        list(pipeline.load_waiting(configured, url))
        assert content(warehouse_url) == content(url)


def test_words_that_come_with_a_release_or_in_the_office_s_folder_load_what_waited(
    load, warehouse_url: str, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("2001 | Đang xử lý | Trực tiếp |"), sender="ia-kla")
    load()
    path = tmp_path / "contracts" / "one_stop_shop" / "words" / "dossiers.yml"
    path.parent.mkdir(parents=True)
    for word, means in [("Lưu kho", "Đã xử lý xong"), ("lưu KHO", "Đã trả kết quả")]:
        path.write_text(f"words: {{status: {{{word}: {means}}}}}", "utf-8")
        monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
        catalogue_words._files.cache_clear()  # in a process of its own the file is read once
        assert schema.migrate(warehouse_url)
        assert load() == [("duc-co", "06/12")]
        assert statuses(warehouse_url)["0005"] == means
    assert not schema.migrate(warehouse_url)


def test_a_delivery_taken_back_leaves_no_trace_of_its_words(
    load, warehouse_url: str, inbox: Path, configured: settings.Settings
) -> None:
    from etl.stewardship import deliveries

    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("0001 | Hoàn thành | Trực tiếp | 02/12/2021"))
    load()
    (file_id,) = [f for (f,) in rows(warehouse_url, "select distinct file_id from landing.file_word")]
    deliveries.withdraw(configured, warehouse_url, file_id, by="lan", reason="nhầm")
    assert rows(warehouse_url, "select * from landing.file_word") == []
    says(warehouse_url, "Hoàn thành", "Đã trả kết quả")
    assert load() == []


def test_words_of_keys_are_mapped_too(load, warehouse_url: str, inbox: Path) -> None:
    """The level of a procedure is part of its key: two spellings of it are one procedure."""
    listed = "Mã thủ tục | Cấp thực hiện\n2.000001 | {}\n2.000002 | Xã\n2.000003 | Xã"
    deliver(inbox, "one_stop_shop/procedures", "2021-12-06", listed.format("Phường"), sender="631")
    load()
    assert unknown(warehouse_url) == [("level", "Phường", 1)]
    says(warehouse_url, "Phường", "Xã", column="level", export="one_stop_shop/procedures")
    load()
    deliver(inbox, "one_stop_shop/procedures", "2021-12-07", listed.format("Cấp xã"), sender="631")
    load()
    assert rows(
        warehouse_url,
        "select procedure_code, level, delivered_on::text from core.procedure where sender = '631' order by 1",
    )[0] == ("2.000001", "Xã", "2021-12-06")
    assert rows(warehouse_url, "select count(*) from core.procedure_history") == [(0,)]


def test_a_flag_is_mapped_too_and_an_x_is_never_guessed(load, warehouse_url: str, inbox: Path) -> None:
    listed = "Mã thủ tục | Quy trình nội bộ\n2.000001 | x\n2.000002 | Có"
    deliver(inbox, "one_stop_shop/procedures", "2021-12-06", listed, sender="631")
    load()
    assert unknown(warehouse_url) == [("workflow_approved", "x", 1)]
    says(warehouse_url, "X", "Không", column="workflow_approved", export="one_stop_shop/procedures")
    load()
    approved = "select procedure_code, workflow_approved from core.procedure where sender = '631' order by 1"
    assert rows(warehouse_url, approved) == [("2.000001", False), ("2.000002", True)]


REFUSED = """
    export                 | column   | word       | meaning      | says
    one_stop_shop/none     | status   | Chờ ký     | Đang xử lý   | no export 'one_stop_shop/none'; the catalogue has: hr/units
    one_stop_shop/dossiers | fee      | Chờ ký     | Đang xử lý   | has no column 'fee' whose words can be mapped; it has: applicant_kind (Đối tượng), channel
    one_stop_shop/dossiers | status   | Chờ ký     | Đang ký      | «Đang ký» is not in the vocabulary of status (Trạng thái); it has: Mới đăng ký, Được tiếp nhận,
    one_stop_shop/dossiers | status   | Dừng xử lý | Đang xử lý   | «Dừng xử lý» is a word of the vocabulary of status and means itself
    one_stop_shop/dossiers | status   |            | Đang xử lý   | the word for status is empty
"""  # noqa: E501 - a table is easier to read wide than folded


@pytest.mark.parametrize("export, column, word, meaning, expected", cells(REFUSED)[1:])
def test_what_cannot_be_meant_is_refused(
    warehouse_url: str, export: str, column: str, word: str, meaning: str, expected: str
) -> None:
    with pytest.raises(UsageError) as refused:
        says(warehouse_url, word, meaning, column=column, export=export)
    assert expected in str(refused.value)
    assert rows(warehouse_url, "select count(*) from landing.word") == [(0,)]


def test_a_word_of_one_layout_holds_in_its_files_alone(warehouse_url: str) -> None:
    from etl.loading import words as loading_words

    says(warehouse_url, "1", "Trực tuyến", column="channel", layout="igate")
    says(warehouse_url, "Zalo", "Trực tuyến", column="channel")
    export = catalogue.export(DOSSIERS)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        of_layout = loading_words.as_read_by_name(cursor, export)
        read = {
            (layout, word): catalogue_words.reader(of_layout(layout).column("channel"))(word)
            for layout in ("", "igate", "gone")
            for word in ("1", "Zalo")
        }
    assert read == {
        ("", "1"): "Trực tiếp",
        ("", "Zalo"): "Trực tuyến",
        ("igate", "1"): "Trực tuyến",
        ("igate", "Zalo"): "Trực tuyến",
        ("gone", "1"): None,
        ("gone", "Zalo"): "Trực tuyến",
    }


def test_whoever_maps_a_word_is_told_of_layouts_that_mean_something_else(warehouse_url: str) -> None:
    otherwise = {"national_codes": "Trực tiếp", "opencps": "Trực tuyến"}
    assert says(warehouse_url, "1", "Bưu chính công ích", column="channel").otherwise == otherwise
    assert says(warehouse_url, "1", "Trực tuyến", column="channel").otherwise == {"national_codes": "Trực tiếp"}
    assert says(warehouse_url, "1", "Trực tuyến", column="channel", layout="national_codes").otherwise == {}
    assert says(warehouse_url, "1", "Trực tuyến", column="channel").otherwise == {}


def test_a_layout_that_nobody_knows_is_refused(warehouse_url: str) -> None:
    with pytest.raises(UsageError, match="no layout 'igat' of one_stop_shop/dossiers; known are bkav_follow_up, "):
        says(warehouse_url, "1", "Trực tuyến", column="channel", layout="igat")


def test_words_are_kept_whoever_said_them_and_what_holds_is_told(warehouse_url: str) -> None:
    says(warehouse_url, "Chờ ký", "Đang xử lý", reason="họp ngày 5/12")
    says(warehouse_url, "chờ KÝ", "Dừng xử lý", by="minh")
    says(warehouse_url, "Tạm dừng", "Yêu cầu bổ sung")
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        known = {(w.column, w.word.casefold()): (w.meaning, w.said_by) for w in words.known(cursor)}
    assert known["status", "chờ ký"] == ("Dừng xử lý", "minh")
    assert known["status", "tạm dừng"] == ("Yêu cầu bổ sung", "lan")
    assert known["status", "hoàn thành"] == ("Đã xử lý xong", "shipped")
    assert known["channel", "x"] == ("Trực tuyến", "layout")  # of OpenCPS
    assert rows(warehouse_url, "select count(*) from landing.word") == [(3,)]
    with pytest.raises(Exception, match="rows of word are only ever added"):
        rows(warehouse_url, "update landing.word set meaning = 'x' returning 1")


def test_a_word_waits_for_a_load_that_is_under_way(
    warehouse_url: str, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that began before would keep rows in quarantine that nobody takes up any more."""
    monkeypatch.setattr(locks, "FIRST_WORD", 0.05)
    monkeypatch.setenv("CCHC_LOCK_WAIT", "0.002")
    connection = database.connect(warehouse_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            locks.load(cursor, DOSSIERS, "duc-co")
            with pytest.raises(Exception, match="minutes for loads of one_stop_shop/dossiers, and words of it"):
                says(warehouse_url, "Chờ ký", "Đang xử lý")
            says(warehouse_url, "Phường", "Xã", column="level", export="one_stop_shop/procedures")
    finally:
        connection.close()


def test_somebody_in_a_coded_column_is_not_told(load, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", dossiers("0001 | Gọi Lê Thị Bình 0977123456 | Trực tiếp |"))
    load()
    ((column, word, count),) = unknown(warehouse_url)
    assert (column, count) == ("status", 1)
    assert "Bình" not in word
    assert "0977123456" not in word


# --- names that a layout looks up in the office's lists ---------------------------------------------------------------

IGATE = (
    "STT;Số hồ sơ;Tên thủ tục hành chính;Tên lĩnh vực;Phòng ban;Ngày tiếp nhận;Ngày hẹn trả;Ngày kết thúc xử lý;"
    "Cơ quan/đơn vị;Chủ hồ sơ;Số điện thoại;Cán bộ xử lý hiện tại;Trạng thái hồ sơ\n"
)
KNOWN = "Cấp bản sao trích lục hộ tịch"


def igate(inbox: Path, day: str, text: str, *, sender: str = "duc-co") -> None:
    """Deliver dossiers as iGate writes them, drawn as number, procedure, unit, status."""
    path = inbox / DOSSIERS / day / f"{sender}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{n};H21.12-211201-{number};{procedure};Hộ tịch;;01/12/2021;07/12/2021;03/12/2021;{unit};Người Thử;;;{said}\n"
        for n, (number, procedure, unit, said) in enumerate(cells(text), start=1)
    ]
    path.write_text(IGATE + "".join(lines), "utf-8")
    quiet(path)


def found(url: str) -> list[tuple[str, str, str]]:
    return rows(url, "select right(dossier_code, 4), org_code, procedure_code from core.dossier order by 1")


def test_a_name_that_no_list_has_is_listed_and_mapped_to_a_code(load, warehouse_url: str, inbox: Path) -> None:
    igate(
        inbox,
        "2021-12-06",
        f"""
        0001 | {KNOWN}         | Xã Ia Dơk     | Hoàn thành
        0002 | {KNOWN}         | Một cửa Ia Dơk | Hoàn thành
        0003 | Trích lục (cũ)  | UBND xã Ia Dơk | Từ chối
        """,
    )
    igate(inbox, "2021-12-06", f"1001 | {KNOWN} | Xã Ia Dơk | Hoàn thành", sender="631")
    load()
    assert unknown(warehouse_url) == [("org_code", "Một cửa Ia Dơk", 1), ("procedure_code", "Trích lục (cũ)", 1)]
    assert found(warehouse_url) == [
        ("0001", "23860", "2.000635"),
        ("0003", "23860", None),
        ("1001", "23860", "2.000635"),
    ]
    assert says(warehouse_url, "một cửa  Ia Dơk", "23857", column="org_code").waiting == 1
    assert load() == [("duc-co", "06/12")]
    assert says(warehouse_url, "Trích lục (cũ)", "2.000635", column="Mã thủ tục").before is None
    assert load() == [("duc-co", "06/12")]
    assert unknown(warehouse_url) == []
    assert found(warehouse_url) == [
        ("0001", "23860", "2.000635"),
        ("0002", "23857", "2.000635"),
        ("0003", "23860", "2.000635"),
        ("1001", "23860", "2.000635"),
    ]
    assert says(warehouse_url, "UBND Một cửa Ia Dơk", "23860", column="org_code").before == "23857"
    assert load() == [("duc-co", "06/12")]
    assert found(warehouse_url)[1] == ("0002", "23860", "2.000635")
    assert rows(warehouse_url, "select count(*) from core.dossier_history") == [(0,)]


def test_a_name_is_mapped_to_a_code_of_the_lists_alone(load, warehouse_url: str) -> None:
    load()
    with pytest.raises(UsageError, match="no list of hr/units has '99999': deliver the list, or give a code"):
        says(warehouse_url, "Một cửa", "99999", column="org_code")
    with pytest.raises(UsageError, match="the name for org_code is empty"):
        says(warehouse_url, " ", "23860", column="org_code")


def test_numbers_of_the_national_lists_in_the_layout_of_a_system(load, warehouse_url: str, inbox: Path) -> None:
    path = inbox / DOSSIERS / "2021-12-06" / "631.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "Mã hồ sơ;Mã TTHC;Tên lĩnh vực;Chủ hồ sơ;Loại đối tượng;Ngày nộp hồ sơ;Ngày tiếp nhận;Ngày hẹn trả;"
        "Ngày hẹn trả cá nhân;Ngày trả;Ngày kết thúc xử lý;Ngày từ chối;Ngày yêu cầu bổ sung;Ngày công dân bổ sung;"
        "Đơn vị trả kết quả;Kênh thực hiện;Mức độ;Trạng thái\n"
        "H21.12-211201-0001;2.000635;Hộ tịch;Người Thử;2;;01/12/2021;;07/12/2021;;;;;;;2;4;5\n",
        "utf-8",
    )
    quiet(path)
    load()
    assert rows(warehouse_url, "select applicant_kind, channel, service_level, status from core.dossier") == [
        ("Doanh nghiệp", "Trực tuyến", "4", "Yêu cầu bổ sung")
    ]


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def cchc(tmp_path: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_from_an_unknown_word_to_its_rows_on_the_command_line(load, cchc, inbox: Path) -> None:
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    load()
    status, out, _ = cchc("words", "--format", "csv")
    assert (status, out.splitlines()) == (
        0,
        [
            "export,column,word,rows",
            "one_stop_shop/dossiers,channel,Zalo,1",
            "one_stop_shop/dossiers,status,Chờ ký,3",
            "one_stop_shop/dossiers,status,Lưu kho,1",
        ],
    )
    out = cchc("words")[1]
    assert "Trạng thái" in out
    assert "cchc words map" in out
    status, out, _ = cchc("words", "map", DOSSIERS, "Trạng thái", "Chờ ký", "Đang xử lý", "--reason", "hỏi VNPT")
    assert status == 1  # more rows than the ceiling allows are still in quarantine
    assert out.startswith("one_stop_shop/dossiers, cột status (Trạng thái): «Chờ ký» nghĩa là «Đang xử lý».\n")
    assert out.endswith("2 trong 3 dòng chờ từ này đã nạp; 1 dòng còn giữ lại vì lỗi khác.\n")
    status, out, err = cchc("words", "map", DOSSIERS, "status", "Lưu kho", "Lưu")
    assert (status, out) == (2, "")
    assert err.startswith("cchc: «Lưu» is not in the vocabulary of status (Trạng thái); it has: Mới đăng ký,")
    known = list(csv.DictReader(io.StringIO(cchc("words", "--known", "--format", "csv")[1])))
    (own,) = [row for row in known if row["word"] == "Chờ ký"]
    assert (own["meaning"], own["reason"]) == ("Đang xử lý", "hỏi VNPT")
    assert "có sẵn" in cchc("words", "--known")[1]
    cchc("words", "map", DOSSIERS, "status", "Lưu kho", "Đã trả kết quả")
    out = cchc("words", "map", DOSSIERS, "status", "Lưu kho", "Đã xử lý xong")[1]
    assert "«Lưu kho» nghĩa là «Đã xử lý xong», không còn là «Đã trả kết quả»." in out
    cchc("words", "map", DOSSIERS, "channel", "Zalo", "Trực tuyến")
    assert cchc("words") == (0, "Không có từ nào chưa biết.\n", "")
    assert cchc("words", "--format", "json") == (0, "[]\n", "")
