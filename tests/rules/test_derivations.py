"""What a layout leaves to the office's lists: each row a question, and what the lists of two districts answer."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from etl import catalogue, pipeline, settings
from etl.loading import one_file
from etl.rules import derivations
from etl.rules.second_count import Verdict
from etl.warehouse import database
from tests.databases import fresh_database
from tests.inbox import deliver
from tests.tables import cells

pytestmark = pytest.mark.server

EXPORT = catalogue.export("one_stop_shop/dossiers")
IGATE = next(layout for layout in catalogue.layouts(EXPORT.name) if layout.name == "igate")

# Two districts, each with a department of the same name. On 1/7/2021 Ia Lang is merged into Ia Dơk.
UNITS_OF = {
    "duc-co": """
        Mã đơn vị | Tên đơn vị          | Mã đơn vị cấp trên | Loại               | Ngày giải thể | Đơn vị kế thừa
        631       | UBND huyện Đức Cơ   |                    | UBND cấp huyện     |               |
        631.01    | Phòng Tư pháp       | 631                | Cơ quan hành chính |               |
        631.21    | Trường Mầm non Số 1 | 631                | Đơn vị sự nghiệp   |               |
        631.22    | Trường Mầm non Số 1 | 631                | Đơn vị sự nghiệp   |               |
        23860     | Xã Ia Dơk           | 631                | UBND cấp xã        |               |
        23875     | UBND xã Ia Lang     | 631                | UBND cấp xã        | 01/07/2021    | 23860
    """,
    "chu-pro": """
        Mã đơn vị | Tên đơn vị           | Mã đơn vị cấp trên | Loại               | Ngày giải thể | Đơn vị kế thừa
        632       | UBND huyện Chư Prông |                    | UBND cấp huyện     |               |
        632.01    | Phòng Tư pháp        | 632                | Cơ quan hành chính |               |
        23890     | UBND xã Ia Drăng     | 632                | UBND cấp xã        |               |
    """,
}
# Its level changes with the list of 1/6/2021. The same name is another procedure at another level, and one code has
# another service level there.
PROCEDURES_OF = {
    ("duc-co", "2021-01-01"): """
        Mã thủ tục   | Cấp thực hiện | Tên thủ tục   | Lĩnh vực   | Mức độ
        1.000001     | Xã            | Khai tử       | Hộ tịch    | 2
        1.000002.H21 | Huyện         | Khai tử       | Hộ tịch    | 3
        2.000815     | Xã            | Sao bản chính | Chứng thực | 2
        2.000815     | Huyện         | Sao bản chính | Chứng thực | 4
        1.000003     | Xã            | Xác nhận      | Đất đai    | 2
        1.000004     | Xã            | Xác nhận      | Xây dựng   | 3
        1.000005     | Huyện         | Giao đất      | Đất đai    | 3
    """,
    ("duc-co", "2021-06-01"): """
        Mã thủ tục   | Cấp thực hiện | Tên thủ tục   | Lĩnh vực   | Mức độ
        1.000001     | Xã            | Khai tử       | Hộ tịch    | 4
        1.000002.H21 | Huyện         | Khai tử       | Hộ tịch    | 3
        2.000815     | Xã            | Sao bản chính | Chứng thực | 2
        2.000815     | Huyện         | Sao bản chính | Chứng thực | 4
        1.000003     | Xã            | Xác nhận      | Đất đai    | 2
        1.000004     | Xã            | Xác nhận      | Xây dựng   | 3
        1.000005     | Huyện         | Giao đất      | Đất đai    | 3
    """,
    ("chu-pro", "2021-01-01"): """
        Mã thủ tục | Cấp thực hiện | Tên thủ tục | Lĩnh vực | Mức độ
        1.000001   | Xã            | Khai tử     | Hộ tịch  | 3
        1.000009   | Xã            | Giao đất    | Đất đai  | 2
        1.000010   | Xã            | Hòa giải    | Tư pháp  | 2
    """,
}


@pytest.fixture(scope="module")
def lists(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """The lists that the layout asks, of the two districts."""
    folder = tmp_path_factory.mktemp("lists")
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        patch.setattr(one_file.second_count, "judge", lambda *_, **__: Verdict((), None))
        patch.setattr(one_file.data_docs, "write", lambda *_, **__: None)
        for sender, drawn in UNITS_OF.items():
            deliver(folder / "inbox", "hr/units", "2021-01-01", drawn, sender=sender)
        for (sender, day), drawn in PROCEDURES_OF.items():
            deliver(folder / "inbox", "one_stop_shop/procedures", day, drawn, sender=sender)
        pipeline.land(settings.read(), url, inbox=str(folder / "inbox"))
        assert {r.status for r in pipeline.load_waiting(settings.read(), url)} == {"accepted"}
        with database.transaction(url) as connection:
            yield derivations.lists_of(connection, EXPORT, IGATE)


ANSWERS = ("org_code", "procedure_code", "service_level")


def ask(lists: dict, rows: list[dict[str, str]], sender: str, asked: catalogue.Layout = IGATE) -> list[list[str]]:
    """Unit, procedure and service level of each row, empty where the lists do not tell."""
    names = ["org_name", "procedure_name", "field", "received_on", "procedure_code", "org_code"]
    texts = pl.DataFrame(
        [[row.get(name) or None for name in names] for row in rows], dict.fromkeys(names, pl.String), orient="row"
    )
    typed = texts.with_columns(pl.col("received_on").str.to_date())
    found = derivations.derived(typed, EXPORT, asked, lists, sender=sender)
    return [[value or "" for value in row] for row in found.select(ANSWERS).iter_rows()]


UNITS = """
    case                               | sender  | org_name                  | received_on | org_code
    as it stands in the list           | duc-co  | UBND huyện Đức Cơ         | 2021-03-01  | 631
    without UBND where the list has it | duc-co  | xã Ia Lang                | 2021-03-01  | 23875
    with UBND where the list has none  | duc-co  | UBND xã Ia Dơk            | 2021-03-01  | 23860
    written in full                    | duc-co  | ỦY BAN NHÂN DÂN xã Ia Dơk | 2021-03-01  | 23860
    other spaces and letters           | duc-co  | ubnd  XÃ IA DƠK           | 2021-03-01  | 23860
    one department in two districts    | duc-co  | Phòng Tư pháp             | 2021-03-01  | 631.01
    the same for the other's sender    | chu-pro | Phòng Tư pháp             | 2021-03-01  | 632.01
    for a sender of neither            | so-y-te | Phòng Tư pháp             | 2021-03-01  |
    only in another sender's list      | duc-co  | UBND xã Ia Drăng          | 2021-03-01  | 23890
    a name that two units have         | duc-co  | Trường Mầm non Số 1       | 2021-03-01  |
    before it was merged               | duc-co  | UBND xã Ia Lang           | 2021-06-30  | 23875
    after it was merged                | duc-co  | UBND xã Ia Lang           | 2021-07-01  |
    the unit that took it over         | duc-co  | Xã Ia Dơk                 | 2021-07-01  | 23860
    no day                             | duc-co  | UBND xã Ia Lang           |             | 23875
    no such name                       | duc-co  | UBND xã Không Có          | 2021-03-01  |
    no name                            | duc-co  |                           | 2021-03-01  |
"""


@pytest.mark.parametrize("row", cells(UNITS)[1:], ids=lambda row: row[0])
def test_a_unit_is_found_by_its_name_on_the_day(lists: dict, row: list[str]) -> None:
    _, sender, org_name, received_on, expected = row
    ((org_code, *_),) = ask(lists, [{"org_name": org_name, "received_on": received_on}], sender)
    assert org_code == expected


PROCEDURES = """
    case                       | sender  | org_name      | procedure      | field      | received_on | code     | level
    one name, a commune's      | duc-co  | Xã Ia Dơk     | Khai tử        | Hộ tịch    | 2021-03-01  | 1.000001 | 2
    one name, a district's     | duc-co  | huyện Đức Cơ  | Khai tử        | Hộ tịch    | 2021-03-01  | 1.000002 | 3
    of a district's body       | duc-co  | Phòng Tư pháp | Khai tử        | Hộ tịch    | 2021-03-01  | 1.000002 | 3
    of an unknown unit         | duc-co  | Không Có      | Khai tử        | Hộ tịch    | 2021-03-01  |          |
    one code, a commune's      | duc-co  | Xã Ia Dơk     | sao  bản CHÍNH | Chứng thực | 2021-03-01  | 2.000815 | 2
    one code, a district's     | duc-co  | huyện Đức Cơ  | Sao bản chính  | Chứng thực | 2021-03-01  | 2.000815 | 4
    one code, nobody's         | duc-co  |               | Sao bản chính  | Chứng thực | 2021-03-01  | 2.000815 |
    before the level changed   | duc-co  | Xã Ia Dơk     | Khai tử        | Hộ tịch    | 2021-05-31  | 1.000001 | 2
    on the day of the change   | duc-co  | Xã Ia Dơk     | Khai tử        | Hộ tịch    | 2021-06-01  | 1.000001 | 4
    before the first list      | duc-co  | Xã Ia Dơk     | Khai tử        | Hộ tịch    | 2020-03-01  | 1.000001 | 2
    no day, and it changed     | duc-co  | Xã Ia Dơk     | Khai tử        | Hộ tịch    |             | 1.000001 |
    the other's list of it     | chu-pro | xã Ia Drăng   | Khai tử        | Hộ tịch    | 2021-07-01  | 1.000001 | 3
    one name in two fields     | duc-co  | Xã Ia Dơk     | Xác nhận       | Xây dựng   | 2021-03-01  | 1.000004 | 3
    in a field where it is not | duc-co  | Xã Ia Dơk     | Xác nhận       | Hộ tịch    | 2021-03-01  |          |
    no field, it is in two     | duc-co  | Xã Ia Dơk     | Xác nhận       |            | 2021-03-01  |          |
    no field, the name tells   | duc-co  | Xã Ia Dơk     | Sao bản chính  |            | 2021-03-01  | 2.000815 | 2
    unnamed, one in its field  | duc-co  | Xã Ia Dơk     |                | Tư pháp    | 2021-03-01  |          |
    only in another's list     | duc-co  | Xã Ia Dơk     | Hòa giải       | Tư pháp    | 2021-03-01  | 1.000010 | 2
    its list has another       | duc-co  | Xã Ia Dơk     | Giao đất       | Đất đai    | 2021-03-01  | 1.000009 | 2
    nobody has it there        | chu-pro | xã Ia Drăng   | Sao bản chính  | Chứng thực | 2021-03-01  | 2.000815 | 2
    only at another level      | duc-co  | huyện Đức Cơ  | Hòa giải       | Tư pháp    | 2021-03-01  | 1.000010 | 2
    no such name               | duc-co  | Xã Ia Dơk     | Sai tên        | Hộ tịch    | 2021-03-01  |          |
"""


@pytest.mark.parametrize("row", cells(PROCEDURES)[1:], ids=lambda row: row[0])
def test_a_procedure_is_found_by_name_field_and_the_level_of_its_unit(lists: dict, row: list[str]) -> None:
    _, sender, org_name, procedure, field, received_on, *expected = row
    asked = {"org_name": org_name, "procedure_name": procedure, "field": field, "received_on": received_on}
    ((_, *found),) = ask(lists, [asked], sender)
    assert found == expected


def test_a_row_is_answered_alike_alone_and_among_others(lists: dict) -> None:
    """How a file falls into blocks must not tell what a row means."""
    names = ("org_name", "procedure_name", "field", "received_on")
    asked = [dict(zip(names, row[2:6], strict=True)) for row in cells(PROCEDURES) if row[1] == "duc-co"]
    alone = [ask(lists, [one], "duc-co")[0] for one in asked]
    assert ask(lists, asked, "duc-co") == alone
    assert ask(lists, asked[::-1], "duc-co") == alone[::-1]


CODES = """
    case                         | org_code | procedure_code         | received_on | level
    the national code            | 23860    | 2.000815               | 2021-03-01  | 2
    with what a province appends | 23860    | 2.000815.000.00.00.H21 | 2021-03-01  | 2
    at the other level           | 631      | 2.000815.H21           | 2021-03-01  | 4
    no such code                 | 23860    | 9.999999               | 2021-03-01  |
    no code                      | 23860    |                        | 2021-03-01  |
"""


@pytest.mark.parametrize("row", cells(CODES)[1:], ids=lambda row: row[0])
def test_a_service_level_is_found_by_the_code_that_the_file_has(lists: dict, row: list[str]) -> None:
    _, org_code, procedure_code, received_on, expected = row
    only_level = replace(IGATE, derived=("service_level",))
    asked = {"org_code": org_code, "procedure_code": procedure_code, "received_on": received_on}
    assert ask(lists, [asked], "duc-co", only_level) == [[org_code, procedure_code, expected]]
