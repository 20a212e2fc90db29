"""Case c, what people install: dlt, merging on the key. It has an environment of its own (dlt.txt), without ours.

The quickest way that its documentation names for PostgreSQL: frames, handed over as CSV, taken in by COPY. Everything
stays text and nothing is checked; only rows without a key are left out, because dlt refuses them.
Input: the delivered file, the header of its key, an empty folder; the database in CCHC_WAREHOUSE_URL.
"""

import os
import sys
from collections.abc import Iterator

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
import pandas


def main(path: str, key: str, folder: str) -> None:
    def rows() -> Iterator[pandas.DataFrame]:
        for block in pandas.read_csv(path, chunksize=100_000, dtype=str):
            yield block.dropna(subset=[key])

    url = os.environ["CCHC_WAREHOUSE_URL"].replace("+psycopg2", "")
    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.postgres(url), dataset_name="bench", pipelines_dir=folder
    )
    dossier = dlt.resource(rows, name="dossier", primary_key=key, write_disposition="merge")
    pipeline.run(dossier, loader_file_format="csv").raise_on_failed_jobs()


if __name__ == "__main__":
    main(*sys.argv[1:])
