"""One module for each page or group of pages: its `router` is found by itself (etl/web/app.py says how)."""
