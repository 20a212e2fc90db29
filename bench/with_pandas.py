"""Case b, what people write: `read_csv` and `to_sql` as they come, no key, no types, no checks.

Input: the delivered file; the database in CCHC_WAREHOUSE_URL.
"""

import os
import sys

import pandas
from sqlalchemy import create_engine

if __name__ == "__main__":
    frame = pandas.read_csv(sys.argv[1])
    frame.to_sql("dossier", create_engine(os.environ["CCHC_WAREHOUSE_URL"]), index=False)
