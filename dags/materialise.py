"""Figures of every open period that the loads touched. Wiring only; the work is in etl.pipeline.

One period by hand, over the window that a report states for itself (inclusive days):
airflow dags trigger materialise__indicators --conf '{"period": "2021-N", "from": "2020-12-15", "to": "2021-11-15"}'
"""

import logging
from datetime import datetime, timedelta

from airflow.sdk import Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule, conf, dag, get_current_context, task

from etl.errors import UsageError
from etl.periods import LOCAL

log = logging.getLogger(__name__)

RETRY_DELAY = timedelta(seconds=conf.getint("core", "default_task_retry_delay"))  # mapped tasks would not ask for it
DAY = {"type": ["null", "string"], "format": "date"}


@dag(
    dag_id="materialise__indicators",
    description="Tính các chỉ tiêu của những kỳ báo cáo còn mở mà dữ liệu đã thay đổi",
    schedule=[Asset("warehouse")],
    start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=1,  # in the order in which they close: a period is proved beside the one before it
    params={
        "period": Param(
            None, type=["null", "string"], title="Kỳ báo cáo", description="2021-Q3, 2021-6T, 2021-9T, 2021-N"
        ),
        "from": Param(None, title="Từ ngày", **DAY),
        "to": Param(None, title="Đến hết ngày", **DAY),
        "as_of": Param(None, title="Tính đến hết ngày", **DAY),
    },
    default_args={
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception="etl.errors.SetupError", action=RetryAction.RETRY),
                RetryRule(exception="etl.errors.CchcError", action=RetryAction.FAIL),
            ]
        ),
    },
    tags=["figures"],
    doc_md=__doc__,
)
def materialise() -> None:
    @task
    def periods(params: dict | None = None, triggering_asset_events: dict | None = None) -> list[dict[str, str]]:
        """The period asked for, else those that the loads name, else (started by hand) all there is data for."""
        from etl import pipeline, runs, settings

        if params["period"]:
            return [{name: given for name, given in params.items() if given}]
        if params["from"] or params["to"] or params["as_of"]:
            raise UsageError('a window without a period. Say which, e.g. {"period": "2021-N", "from": "2020-12-15"}.')
        url = pipeline.prepare(settings.read())
        touched = {p for events in triggering_asset_events.values() for event in events for p in event.extra["periods"]}
        return runs.windows(url, sorted(touched) or runs.touched_periods(url))

    @task(map_index_template="{{ period | default('') }}")
    def figures(asked: dict[str, str]) -> dict[str, int]:
        from etl import memory, pipeline, runs, settings
        from etl.periods import Period

        memory.keep()
        get_current_context()["period"] = asked["period"]
        period = Period.parse(asked["period"]).with_window(runs.day(asked.get("from")), runs.day(asked.get("to")))
        url = pipeline.prepare(settings.read())
        return {period.code: pipeline.materialise(url, period, as_of=runs.day(asked.get("as_of")))}

    @task
    def finish(made: list[dict[str, int]]) -> str:
        from etl import runs

        note = runs.note_of_figures({period: rows for one in made for period, rows in one.items()})
        log.info("%s", note)
        return note

    finish(figures.expand(asked=periods()))


materialise()
