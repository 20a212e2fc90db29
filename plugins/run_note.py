"""The note of a DAG run is what its task `finish` returned; if it returned nothing, which tasks failed.

Tasks cannot write to Airflow's own database. The scheduler can, and it calls these when a run ends.
"""

# ruff: noqa: TID251 - outside etl/, where Airflow may be imported
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from etl.nightly import NOTE

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session


class Note:
    @hookimpl
    def on_dag_run_success(self, dag_run: "DagRun", msg: str) -> None:
        self.write(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: "DagRun", msg: str) -> None:
        self.write(dag_run)

    def write(self, dag_run: "DagRun") -> None:
        # every task loads the plugins, only the scheduler gets here: what is slow to import is imported here
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy.orm import object_session

        if session := object_session(dag_run):
            # the scheduler holds the row and saves it with the run's state: a session of our own would wait for it
            dag_run.note = _said(session, dag_run) or dag_run.note
        else:  # `airflow dags test`
            with create_session() as session:
                kept = session.get(DagRun, dag_run.id)
                kept.note = _said(session, kept) or kept.note


def _said(session: "Session", dag_run: "DagRun") -> str | None:
    from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
    from sqlalchemy import select

    said = session.scalar(
        select(XComModel.value).where(
            XComModel.dag_id == dag_run.dag_id,
            XComModel.run_id == dag_run.run_id,
            XComModel.task_id == "finish",
            XComModel.key == XCOM_RETURN_KEY,
        )
    )
    return said[:NOTE] if said else _failed(session, dag_run)


def _failed(session: "Session", dag_run: "DagRun") -> str | None:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    failed = session.scalars(
        select(TaskInstance.task_id)
        .where(
            TaskInstance.dag_id == dag_run.dag_id,
            TaskInstance.run_id == dag_run.run_id,
            TaskInstance.state == "failed",
        )
        .distinct()
    ).all()
    return f"Không chạy xong: {', '.join(sorted(failed))}. Xem nhật ký của bước đó." if failed else None


class RunNote(AirflowPlugin):
    name = "run_note"
    listeners = (Note(),)
