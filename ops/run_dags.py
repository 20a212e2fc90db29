"""Run DAGs of this project one after the other in this process, as Airflow runs them, but without a scheduler.

Input:  one JSON object per line: {"dag_id": "load__hr", "conf": {…}}; the settings of Airflow are in the environment.
Output: one JSON object per line: {"dag_id": …, "state": "success", "note": …, "tasks": {"load_file[0]": "success", …}}.
        Everything that Airflow and the tasks say goes to standard error.
"""

# ruff: noqa: TID251 - outside etl/, where Airflow may be imported
import json
import os
import sys


def main() -> None:
    # Airflow logs to standard output: results get a stream of their own
    results = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dagrun import DagRun
    from airflow.utils import db
    from airflow.utils.session import create_session

    try:
        db.check_migrations(0)
    except Exception:
        db.initdb()
    for line in sys.stdin:
        asked = json.loads(line)
        # parsed anew for each run: a DAG that has run keeps the parameters it was given
        ended = DagBag().dags[asked["dag_id"]].test(run_conf=asked.get("conf") or {})
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


if __name__ == "__main__":
    main()
