"""Measurements: `make bench` (one machine, side by side) and `make bench-workers` (files over Celery workers)."""
