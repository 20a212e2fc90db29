"""One DAG per source: land what was delivered, load each file, say what became of it. Wiring only; see etl.pipeline.

A backfill is one command: airflow dags trigger load__hr --conf '{"since": "2021-12-01", "until": "2021-12-31"}'
"""

import logging
from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    DAG,
    Asset,
    AssetAlias,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    conf,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException

from etl import catalogue
from etl.periods import LOCAL

log = logging.getLogger(__name__)

WAREHOUSE = Asset("warehouse")  # what materialise.py waits for
LOADS = AssetAlias("loads")  # an alias, because a night that brought nothing new changes nothing

# What can get better by itself is tried again: a database that is away. A bad file, rule or request is not.
RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="etl.errors.SetupError", action=RetryAction.RETRY),
        RetryRule(exception="etl.errors.CchcError", action=RetryAction.FAIL),
    ]
)
RETRY_DELAY = timedelta(seconds=conf.getint("core", "default_task_retry_delay"))  # mapped tasks would not ask for it


def load(source: str, schedule: CronTriggerTimetable) -> DAG:
    exports = {export.name for export in catalogue.sources()[source]}

    @dag(
        dag_id=f"load__{source}",
        description=f"Nhận, kiểm tra và nạp dữ liệu: {', '.join(e.title for e in catalogue.sources()[source])}",
        schedule=schedule,
        start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
        catchup=False,
        max_active_runs=1,
        max_active_tasks=4,
        params={
            name: Param(None, type=["null", "string"], format="date", title=title)
            for name, title in (("since", "Từ ngày giao"), ("until", "Đến ngày giao"))
        },
        default_args={"retries": 2, "retry_delay": RETRY_DELAY, "retry_policy": RETRY},
        tags=["load"],
        doc_md=__doc__,
    )
    def build() -> None:
        @task
        def land(params: dict | None = None) -> list[int]:
            """Keep what is new; the numbers of all files that wait, also those that a crash left behind."""
            from etl import pipeline, runs, settings

            configured = settings.read()
            since, until = runs.day(params["since"]), runs.day(params["until"])
            url = pipeline.prepare(configured)
            new = pipeline.land(configured, url, inbox=configured.inbox, exports=exports, since=since, until=until)
            return runs.to_load(url, exports=exports, new=new.file_ids, since=since, until=until)

        @task(map_index_template="{{ delivery | default('') }}")
        def load_file(file_id: int) -> dict[str, int]:
            from etl import memory, pipeline, runs, settings

            memory.keep()
            configured = settings.read()
            url = pipeline.prepare(configured)
            get_current_context()["delivery"] = runs.label(pipeline.receipt(url, file_id))
            receipt = pipeline.load_file(configured, url, file_id)
            if receipt.status in ("rejected", "held"):
                raise AirflowFailException(f"{runs.label(receipt)}: {receipt.message}")
            log.log(logging.WARNING if receipt.rows_quarantined else logging.INFO, "%s", receipt.message)
            return {"file_id": file_id, "loaded": receipt.rows_loaded, "quarantined": receipt.rows_quarantined}

        @task(trigger_rule="all_done", outlets=[LOADS])
        def finish(file_ids: list[int], **context: object) -> str:
            """Load again what has become stale, say what became of each file, and tell the figures what changed."""
            from etl import memory, pipeline, runs, settings

            memory.keep()
            configured = settings.read()
            url = pipeline.prepare(configured)
            again = [receipt.file_id for receipt in pipeline.load_waiting(configured, url)]
            file_ids = list(dict.fromkeys([*(file_ids or []), *again]))
            if periods := runs.touched_periods(url, file_ids):
                context["outlet_events"][LOADS].add(WAREHOUSE, extra={"periods": periods})
            note = runs.note_of_loads(
                [pipeline.receipt(url, i) for i in file_ids], periods, docs=configured.home / "data_docs"
            )
            log.info("%s", note)
            return note

        file_ids = land()
        loaded = load_file.expand(file_id=file_ids)
        # a rejected file leaves the others and the summary alone, and still turns the run red
        loaded >> finish(file_ids) >> (whole := EmptyOperator(task_id="all_went_in"))
        loaded >> whole

    return build()


def nightly() -> dict[str, CronTriggerTimetable]:
    """When each source is loaded: ten minutes apart from 01:00, those that others refer to first.

    Which comes first only spares work: a file that was judged too early is judged again.
    """

    def refers_to(source: str) -> int:
        return len({r.split("/")[0] for e in catalogue.sources()[source] for r in e.refers_to} - {source})

    order = sorted(catalogue.sources(), key=lambda source: (refers_to(source), source))
    return {
        source: CronTriggerTimetable(f"{10 * i % 60} {1 + 10 * i // 60} * * *", timezone="Asia/Ho_Chi_Minh")
        for i, source in enumerate(order)
    }


for source, schedule in nightly().items():
    globals()[f"load__{source}"] = load(source, schedule)
