"""The nightly run, as far as it knows nothing of Airflow: what it is asked for, its note, who is told."""

NOTE = 1000  # characters that Airflow keeps of a note
