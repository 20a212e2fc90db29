"""Failing rows drawn as text, put into a warehouse: what stewards work on."""

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from tests.tables import drawn

DOSSIERS = "one_stop_shop/dossiers"
UNITS = """
org_code | org_name     | parent_code | unit_kind      | sender
H        | UBND huyện   | -           | UBND cấp huyện | huyen
X        | UBND xã Một  | H           | UBND cấp xã    | huyen
Y        | UBND xã Hai  | H           | UBND cấp xã    | huyen
"""
# two nights of the district, and a sender of whom nobody knows whose it is
FILES = """
id | sender | day        | status               | rule
1  | huyen  | 2021-12-01 | accepted_with_errors | -
2  | huyen  | 2021-12-02 | accepted_with_errors | -
3  | la     | 2021-12-02 | accepted_with_errors | -
"""
ROWS = """
file | line | rule   | column      | unit | record | closed | word   | value
1    | 2    | DOS-13 | finished_at | X    | A-1    | 2      | -      | 30/11/2021
2    | 2    | DOS-13 | finished_at | X    | A-1    | -      | -      | 30/11/2021
2    | 2    | DOS-13 | returned_at | X    | A-1    | -      | -      | 29/11/2021
2    | 3    | DOS-13 | finished_at | X    | A-2    | -      | -      | 28/11/2021
2    | 4    | DOS-13 | finished_at | Y    | A-3    | -      | -      | 28/11/2021
2    | 5    | DOS-10 | status      | X    | A-4    | -      | chờ ký | Chờ ký
2    | 6    | DOS-10 | status      | X    | A-5    | -      | lưu    | Lưu
2    | 7    | DOS-10 | status      | 99   | A-6    | -      | lưu    | Lưu
3    | 2    | DOS-10 | status      | 99   | B-1    | -      | lưu    | Lưu
"""


def files(cursor: Cursor, table: str) -> None:
    """Receipts; what is not drawn is plain."""
    for row in drawn(table):
        more = {"loaded": f"{row['day']} 01:30", "export": DOSSIERS, "headers": None} | row
        cursor.execute(
            """
            insert into landing.file (file_id, source, export, sender, delivered_on, path, sha256, bytes, modified_ns,
                archived_as, landed_at, loaded_at, status, rule_id, unknown_headers)
            overriding system value
            values (%(id)s, 'one_stop_shop', %(export)s, %(sender)s, %(day)s,
                '/in/' || %(export)s || '/' || %(day)s || '/' || %(sender)s || '.csv', %(id)s, 1, 1, 'x',
                %(day)s::date + time '01:00', %(loaded)s, %(status)s, %(rule)s,
                coalesce(string_to_array(%(headers)s, ';'), '{}'))
            """,
            more,
        )


def failing(cursor: Cursor, table: str) -> None:
    """Failing values of these files."""
    for row in drawn(table):
        rule = catalogue.rules()[row["rule"]]
        cursor.execute(
            """
            insert into quality.violation (file_id, line, rule_id, column_name, severity, value, export, sender,
                record_key, unit_code, cell_hash, word, closed_by)
            select file_id, %(line)s, %(rule)s, %(column)s, %(severity)s, %(value)s, export, sender,
                %(record)s, coalesce(%(unit)s, ''), md5(%(value)s), %(word)s, %(closed)s
            from landing.file where file_id = %(file)s
            """,
            row | {"severity": rule.severity},
        )
