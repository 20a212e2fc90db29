"""Why a figure is what it is: now, and as it was published."""

import json
from collections.abc import Iterator

import pytest

from etl import cli
from etl.errors import UsageError
from etl.periods import Period
from etl.publication import explaining, jumps
from etl.publication.explaining import Explanation
from tests.inbox import PROCEDURES
from tests.publication.offices import Office, dossiers, opened_office


@pytest.fixture(scope="module")
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A quarter is published, release 1; then a dossier comes again, another late, and the figures are made anew.

    One row that the release rests on was confirmed before, and is waived after it.
    """
    with opened_office(server_url, template_database, tmp_path_factory.mktemp("office")) as one:
        one.load("one_stop_shop/procedures", "2020-12-02", PROCEDURES)
        first = one.load(
            "one_stop_shop/dossiers",
            "2021-03-15",
            dossiers(
                "0001 23857 01/03/2021 10/03/2021 09/03/2021",
                "0002 23857 02/03/2021 10/03/2021 12/03/2021",
                "0003 23860 03/03/2021 10/03/2021 10/03/2021",
            ),
        )
        decide(one, "confirm", first, 2)
        one.make("2021-Q1")
        one.publish("2021-Q1")
        decide(one, "waive", first, 2)
        one.load(
            "one_stop_shop/dossiers",
            "2021-04-15",
            dossiers(
                "0002 23857 02/03/2021 10/03/2021 10/03/2021",
                "0004 23860 04/03/2021 10/03/2021 11/03/2021",
            ),
        )
        one.make("2021-Q1")
        yield one


def decide(office: Office, kind: str, file_id: int, line: int) -> None:
    with office.opened() as connection, connection.cursor() as cursor:
        cursor.execute(
            "with batch as ("
            "insert into quality.batch (name, by_name, reason) values ('Đợt', 'lan', 'Đã xem') returning batch_id"
            "), decision as ("
            "insert into quality.decision (batch_id, kind, export, sender, record_key, rule_id, column_name, cell_hash,"
            " unit_code, file_id, line) select batch_id, %s, 'one_stop_shop/dossiers', 'duc-co', '', 'DOS-52',"
            " 'due_at', '', '', %s, %s from batch returning decision_id"
            ") insert into quality.decided_row (file_id, line, decision_id, column_name, applied)"
            " select %s, %s, decision_id, 'due_at', true from decision",
            (kind, file_id, line, file_id, line),
        )


def explained(office: Office, unit: str = "631", code: str = "3.4.3", release: int | None = None) -> Explanation:
    with office.opened() as connection:
        return explaining.explain(connection, Period.parse("2021-Q1"), unit, code, release=release)


def added(told: Explanation) -> dict[str, tuple[int, int]]:
    """What each dossier adds, by the last digits of its code."""
    return {row.record.record_key[-4:]: (int(row.in_numerator), int(row.in_denominator)) for row in told.rows}


def test_a_figure_is_explained_as_it_is(office: Office) -> None:
    told = explained(office)
    assert (told.numerator, told.denominator, told.has_moved) == (3, 4, False)
    assert added(told) == {"0001": (1, 1), "0002": (1, 1), "0003": (1, 1), "0004": (0, 1)}
    assert told.indicator.legal_basis
    assert told.decided == {"được xác nhận đúng": 1, "được miễn": 1}


def test_some_rows_are_enough_for_a_page(office: Office) -> None:
    with office.opened() as connection:
        told = explaining.explain(connection, Period.parse("2021-Q1"), "631", "3.4.3", limit=2)
    assert (len(told.rows), told.row_count) == (2, 4)
    assert told.decided == {"được xác nhận đúng": 1, "được miễn": 1}


def test_and_as_it_was_published(office: Office) -> None:
    told = explained(office, release=1)
    assert (told.numerator, told.denominator, told.has_moved) == (2, 3, False)
    assert added(told) == {"0001": (1, 1), "0002": (0, 1), "0003": (1, 1)}
    assert told.decided == {"được xác nhận đúng": 1}
    assert added(explained(office, "23857", release=1)) == {"0001": (1, 1), "0002": (0, 1)}


def test_a_jump_is_told_by_unit_field_and_channel(office: Office) -> None:
    found = jumps.changes(explained(office, release=1), explained(office))
    assert [(c.value, c.before, c.after) for c in found if c.dimension == "unit"] == [
        ("23857", (1, 2), (2, 2)),
        ("23860", (1, 1), (1, 2)),
    ]
    assert {c.dimension for c in found} == set(jumps.DIMENSIONS)
    for dimension in jumps.DIMENSIONS:
        steps = [c.step for c in found if c.dimension == dimension]
        assert [sum(side) for side in zip(*steps, strict=True)] == [1, 1]


def test_a_figure_without_a_value_says_why(office: Office) -> None:
    told = explained(office, code="3.4.1")
    assert (told.status, told.rows, told.has_moved) == ("not_applicable", (), False)


@pytest.mark.parametrize(
    ("unit", "code", "release", "sentence"),
    [
        ("631", "9.9", None, r"no indicator '9\.9' in the figures of 2021-Q1"),
        ("999", "3.4.3", None, "no unit '999'"),
        ("631", "3.4.3", 7, "Không có bản công bố số 7"),
        ("64", "3.4.3", 1, "release 1 has no figure '3.4.3' of unit '64'"),
    ],
)
def test_what_is_not_there_is_said(office: Office, unit: str, code: str, release: int | None, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        explained(office, unit, code, release)


def test_the_command_line_prints_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", office.url)
    ask = ["explain", "2021-Q1", "631", "3.4.3"]
    assert cli.run([*ask, "--format", "csv"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header == "in_numerator,in_denominator,export,record_key,file_id,line"
    assert lines[0].split(",")[:3] == ["1", "1", "one_stop_shop/dossiers"]
    assert len(lines) == 4
    assert cli.run([*ask, "--format", "json", "--release", "1"]) == 0
    assert [row["decided"] for row in json.loads(capsys.readouterr().out)] == ["được xác nhận đúng", None, None]
    assert cli.run([*ask, "--release", "1"]) == 0
    printed = capsys.readouterr().out
    for said in ("66,67 %", "Tử số: 2; mẫu số: 3", "bản công bố số 1", "Dựa trên 3 dòng; trong đó 1 được xác nhận"):
        assert said in printed
    assert cli.run([*ask, "--against", "2021-Q1"]) == 0
    assert "So với Quý I năm 2021: 75,00 (3 / 4) → 75,00 (3 / 4)" in capsys.readouterr().out
    assert cli.run([*ask, "--against", "2020-Q4"]) == 2
    assert "no figures of 2020-Q4" in capsys.readouterr().err
    assert cli.run(["explain", "2021-Q2", "631", "3.4.3", "--release", "1"]) == 2
    assert "is of 2021-Q1" in capsys.readouterr().err
