"""Case a, the limit: a bare COPY of typed rows into a table that is there. Run as a process of its own.

Input: a CSV file without faulty rows, ISO days; the database in CCHC_WAREHOUSE_URL.
"""

import os
import sys
from pathlib import Path

import psycopg2


def main(path: Path) -> None:
    # nothing of ours is imported: the process does not cost more than COPY does
    dsn = os.environ["CCHC_WAREHOUSE_URL"].replace("+psycopg2", "")
    connection = psycopg2.connect(dsn, options="-c TimeZone=Asia/Ho_Chi_Minh")
    with connection, connection.cursor() as cursor, path.open("rb") as file:
        cursor.copy_expert("copy dossier from stdin (format csv)", file, size=1 << 20)
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
