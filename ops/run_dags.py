"""Run DAGs of this project one after the other in this process, as Airflow runs them, but without a scheduler.

Input:  one JSON object per line: {"dag_id": "load__hr", "conf": {…}}; the settings of Airflow are in the environment.
        With "backfill": a day, the run that Airflow's own backfill makes for it. With "event": {…}, a run that an event
        of the asset it waits for has woken, with this extra. With "answer": {"option": …, "by": …, "reason": …}, what a
        person answers to every question of the run; without, nobody answers, and its time is over at once.
Output: one JSON object per line: {"dag_id": …, "state": "success", "note": …, "tasks": {"load_file[0]": "success", …}}.
        Everything that Airflow and the tasks say goes to standard error.
"""

# ruff: noqa: TID251 - outside etl/, where Airflow may be imported
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import DAG
    from sqlalchemy.orm import Session


def main() -> None:
    # Airflow logs to standard output: results get a stream of their own
    results = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dagrun import DagRun
    from airflow.models.pool import Pool
    from airflow.utils import db
    from airflow.utils.session import create_session

    from etl import settings

    try:
        db.check_migrations(0)
    except Exception:
        db.initdb()
    said = "Việc làm cùng lúc trong kho số liệu"
    Pool.create_or_update_pool("warehouse", settings.slots(), said, include_deferred=False)
    for line in sys.stdin:
        asked = json.loads(line)
        # parsed anew for each run: a DAG that has run keeps the parameters it was given
        dag = DagBag().dags[asked["dag_id"]]
        with _as_backfill(dag, asked.get("backfill")), _woken(asked.get("event")), _answered(asked.get("answer")):
            ended = dag.test(run_conf=asked.get("conf") or {})
        with create_session() as session:
            run = session.get(DagRun, ended.id)
            tasks = {
                ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
                for ti in run.get_task_instances(session=session)
            }
            result = {"dag_id": run.dag_id, "state": str(run.state), "note": run.note, "tasks": tasks}
        print(json.dumps(result, ensure_ascii=False), file=results)
    sys.stderr.flush()
    os._exit(0)  # all is committed, and an orderly end of Airflow's threads takes seconds


@contextmanager
def _as_backfill(dag: "DAG", day: str | None) -> Iterator[None]:
    """Let `dag.test` run what Airflow's backfill makes for a day, instead of a run that it makes itself."""
    if day is None:
        yield
        return
    from datetime import datetime, timedelta
    from unittest.mock import patch

    from airflow.models.backfill import ReprocessBehavior, _create_backfill
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    begin = datetime.fromisoformat(day).replace(tzinfo=dag.timezone)
    made = _create_backfill(
        dag_id=dag.dag_id,
        from_date=begin,
        to_date=begin + timedelta(days=1),
        max_active_runs=1,
        reverse=False,
        dag_run_conf={},
        triggering_user_name=None,
        reprocess_behavior=ReprocessBehavior.COMPLETED,
    )

    def run_of_backfill(*, dag: object, session: "Session", **_: object) -> DagRun:
        [run] = session.scalars(select(DagRun).where(DagRun.backfill_id == made.id)).all()
        run.dag, run.state, run.start_date = dag, DagRunState.RUNNING, run.run_after
        session.commit()
        return run

    with patch("airflow.models.dagrun.get_or_create_dagrun", run_of_backfill):
        yield


@contextmanager
def _woken(extra: dict | None) -> Iterator[None]:
    """Let `dag.test` run what an event of the asset `warehouse` starts."""
    if extra is None:
        yield
        return
    from unittest.mock import patch

    from airflow.models import dagrun
    from airflow.models.asset import AssetEvent, AssetModel
    from sqlalchemy import select

    make = dagrun.get_or_create_dagrun

    def run_of_event(*, session: "Session", **how: object) -> dagrun.DagRun:
        run = make(session=session, **how)
        asset = session.scalar(select(AssetModel).where(AssetModel.name == "warehouse"))
        run.consumed_asset_events.append(AssetEvent(asset_id=asset.id, extra=extra))
        session.commit()
        return run

    with patch("airflow.models.dagrun.get_or_create_dagrun", run_of_event):
        yield


@contextmanager
def _answered(given: dict[str, str] | None) -> Iterator[None]:
    """Answer what a run asks, as Airflow's page or its scheduler would: `dag.test` alone waits for ever."""
    import time
    from unittest.mock import patch

    from airflow._shared.timezones import timezone
    from airflow.models.hitl import HITLDetail, HITLUser
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    sleep = time.sleep

    def answer(seconds: float) -> None:
        with create_session(scoped=False) as session:  # the other one is that of `dag.test`
            waiting = session.scalars(
                select(HITLDetail)
                .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
                .where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
            ).all()
            for asked in waiting:
                asked.responded_at = timezone.utcnow()
                asked.responded_by = HITLUser(id=given["by"], name=given["by"]) if given else None
                asked.chosen_options = [given["option"]] if given else list(asked.defaults)
                asked.params_input = {
                    name: param["value"] if isinstance(param, dict) and "value" in param else param
                    for name, param in asked.params.items()
                } | {"reason": given["reason"] if given else ""}
                event = TriggerEvent(asked.as_resume_event_payload(timedout=not given))
                handle_event_submit(event, task_instance=asked.task_instance, session=session)
        if not waiting:
            sleep(seconds)

    # `dag.test` sleeps between two looks at a run that waits
    with patch("time.sleep", answer):
        yield


if __name__ == "__main__":
    main()
