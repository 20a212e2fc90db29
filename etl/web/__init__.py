"""The pages for stewards: server-rendered, alone by `cchc serve` and inside Airflow."""
