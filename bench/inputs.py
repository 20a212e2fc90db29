"""What is measured: one generated dossier export, the next night's, and the rows of the first that are not faulty.

A process that wrote a million rows would hand its peak memory on to every process that it starts: the system counts it
as theirs. So `python -m bench.inputs` writes in a process of its own.
"""

import hashlib
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from bench import measuring
from etl.catalogue import project_files
from etl.warehouse import database

DOSSIERS = "one_stop_shop/dossiers"
UNITS = 200


@dataclass(frozen=True)
class Inputs:
    """The generated files, and how many rows of what they hold."""

    folder: Path
    rows: int
    good: int
    changed: int  # good rows that the next night tells differently
    broken: dict[str, int]  # rule -> rows that break it, in either night
    keyed: int  # different keys, those of faulty rows included
    bytes: int

    def inbox(self, name: str) -> Path:
        """`reference`: units and procedures; `first`, `second`: a night each; `again`: the bytes of the second."""
        return self.folder / name

    def file(self, night: str) -> Path:
        """The dossier file of a night."""
        return next((self.inbox(night) / DOSSIERS).glob("*/*.csv"))

    @property
    def limit(self) -> Path:
        """The good rows of the first night, typed."""
        return self.folder / "limit.csv"


def prepare(folder: Path, size: int, *, log: Path) -> Inputs:
    """Write the inputs of this size below `folder`, unless they lie there already; `limit` is not written yet."""
    receipt = folder / "inputs.json"
    made_by = _made_by()
    if not receipt.exists() or json.loads(receipt.read_text("utf-8"))["made_by"] != made_by:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "bench.inputs", "write", str(folder), str(size), made_by]
        measuring.run(command, environment=dict(os.environ), log=log)
    kept = json.loads(receipt.read_text("utf-8"))
    del kept["made_by"]
    return Inputs(folder=folder, **kept)


def _made_by() -> str:
    writers = [*sorted((project_files.ROOT / "demo").glob("*.py")), Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in writers)).hexdigest()


def write(folder: Path, size: int, made_by: str) -> None:
    """Write the deliveries, each night in an inbox of its own, and a receipt of what they hold."""
    from demo.bulk import write_dossiers

    inbox = folder / "inbox"
    planted = write_dossiers(inbox, rows=size, units=UNITS)
    nights = sorted((inbox / DOSSIERS).iterdir())
    for name, night in zip(("first", "second"), nights, strict=True):
        place = folder / name / DOSSIERS / night.name
        place.parent.mkdir(parents=True)
        night.rename(place)
    (inbox / DOSSIERS).rmdir()
    inbox.rename(folder / "reference")
    sent = next((folder / "second" / DOSSIERS).glob("*/*.csv"))
    day_after = date.fromisoformat(nights[1].name) + timedelta(days=1)
    again = folder / "again" / DOSSIERS / day_after.isoformat() / sent.name
    again.parent.mkdir(parents=True)
    os.link(sent, again)
    rules = {rule: count for rule, count in planted.rules.items() if rule.startswith("DOS-") and count}
    inputs = Inputs(
        folder=folder,
        rows=size,
        good=planted.good(DOSSIERS),
        changed=planted.changed,
        broken=rules,
        # DOS-01 has no key, and each key of DOS-12 stands there twice
        keyed=size - rules.get("DOS-01", 0) - rules.get("DOS-12", 0) // 2,
        bytes=next((folder / "first" / DOSSIERS).glob("*/*.csv")).stat().st_size,
    )
    kept = {name: value for name, value in asdict(inputs).items() if name != "folder"}
    (folder / "inputs.json").write_text(json.dumps(kept | {"made_by": made_by}), "utf-8")


def write_limit(folder: Path, warehouse_url: str) -> None:
    """Write the rows of the first night that a load has kept, typed: ISO moments, whole đồng, flags.

    Input: a warehouse into which the first night was loaded.
    """
    import polars as pl

    from demo.dossiers import COLUMNS

    codes, given = folder / "codes.csv", next((folder / "first" / DOSSIERS).glob("*/*.csv"))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor, codes.open("wb") as file:
        cursor.copy_expert("copy (select dossier_code from core.dossier) to stdout (format csv, header)", file)
    good = pl.scan_csv(codes, infer_schema=False)
    moments = [name for name in COLUMNS if name.endswith("_at")]
    (
        pl
        .scan_csv(given, infer_schema=False, new_columns=list(COLUMNS))
        .join(good, on="dossier_code", how="semi")
        .with_columns(
            pl.col(moments).str.to_datetime("%d/%m/%Y %H:%M:%S"),
            pl.col("fee").str.replace_all(r"\D", "").cast(pl.Int64),
            pl.col("paid_online") == "Có",
        )
        .sink_csv(folder / "limit.half", include_header=False, datetime_format="%Y-%m-%d %H:%M:%S")
    )
    codes.unlink()
    (folder / "limit.half").rename(folder / "limit.csv")


if __name__ == "__main__":
    what, place, *more = sys.argv[1:]
    if what == "write":
        write(Path(place), int(more[0]), more[1])
    else:
        write_limit(Path(place), os.environ["CCHC_WAREHOUSE_URL"])
