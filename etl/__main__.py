"""`python -m etl` is `cchc`."""

from etl.cli import main

main()
