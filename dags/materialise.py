"""Tính các chỉ tiêu của những kỳ báo cáo mà dữ liệu đã thay đổi sau lần tính trước.

Chạy khi có dữ liệu mới; kho tự biết kỳ nào đã cũ, nên lần chạy sau làm bù cho lần bị lỗi. Chạy tay không tham số: tính
mọi kỳ có dữ liệu. Một kỳ, theo khoảng ngày mà báo cáo tự nêu (ngày đầu và ngày cuối đều tính):
`airflow dags trigger materialise__indicators --conf '{"period": "2021-N", "from": "2020-12-15", "to": "2021-11-15"}'`.
"""

# Wiring only; the work is in etl.pipeline and etl.nightly.
import logging
from collections import Counter
from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

from dags.defaults import DAY, TASKS
from etl.periods import LOCAL

log = logging.getLogger("cchc")


@dag(
    dag_id="materialise__indicators",
    dag_display_name="Tính chỉ tiêu",
    description="Tính các chỉ tiêu của những kỳ báo cáo mà dữ liệu đã thay đổi sau lần tính trước",
    schedule=[Asset("warehouse")],
    start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=1,  # in the order in which they close: a period is proved beside the one before it
    dagrun_timeout=timedelta(hours=12),
    params={
        "period": Param(
            None, type=["null", "string"], title="Kỳ báo cáo", description="2021-Q3, 2021-6T, 2021-9T, 2021-N"
        ),
        "from": Param(None, title="Từ ngày", **DAY),
        "to": Param(None, title="Đến hết ngày", **DAY),
        "as_of": Param(None, title="Tính đến hết ngày", **DAY),
    },
    default_args=TASKS | {"pool": "warehouse", "execution_timeout": timedelta(hours=2)},
    tags=["figures"],
    doc_md=__doc__,
)
def materialise() -> None:
    @task(task_display_name="Chọn kỳ")
    def periods(triggering_asset_events: dict | None = None, **context: object) -> list[dict[str, str]]:
        """The period asked for; woken by a load, those older than their loads; by hand, all there is data for."""
        from etl import pipeline, settings
        from etl.nightly import dag_runs

        if window := dag_runs.window_asked({**context["params"], **(context["dag_run"].conf or {})}):
            return [window]
        url = pipeline.prepare(settings.read())
        return dag_runs.windows(
            url, dag_runs.stale_periods(url) if triggering_asset_events else dag_runs.loaded_periods(url)
        )

    @task(task_display_name="Tính kỳ", map_index_template="{{ period | default('') }}")
    def figures(asked: dict[str, str]) -> dict[str, int]:
        from etl import memory, pipeline, settings
        from etl.nightly import dag_runs
        from etl.periods import Period

        memory.keep()
        get_current_context()["period"] = asked["period"]
        period = Period.parse(asked["period"]).with_window(
            dag_runs.day(asked.get("from")), dag_runs.day(asked.get("to"))
        )
        url = pipeline.prepare(settings.read())
        return {period.code: pipeline.materialise(url, period, as_of=dag_runs.day(asked.get("as_of")))}

    @task(task_display_name="Ghi kết quả", trigger_rule="none_failed")
    def finish(made: list[dict[str, int]] | None) -> str:
        from etl.nightly import dag_runs

        written: Counter[str] = Counter()
        for one in made or ():  # a period is made over each of its windows
            written.update(one)
        note = dag_runs.note_of_figures(written)
        log.info("%s", note)
        return note

    finish(figures.expand(asked=periods()))


materialise()
