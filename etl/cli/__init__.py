"""The command line: `cchc`. Results go to standard output, progress and logs to standard error.

Nothing heavy is imported before a command needs it: `cchc --help` answers at once.
"""

import importlib
import io
import logging
import os
import sys
from typing import TextIO

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from etl.cli.options import app
from etl.errors import CchcError

# Each adds its commands to the program; `cchc --help` lists them in this order.
for _module in (
    "load",
    "figures",
    "explain",
    "quality",
    "fix_list",
    "files",
    "layouts",
    "lateness",
    "publication",
    "report",
    "check_report",
    "pages",
    "readers",
):
    importlib.import_module(f"etl.cli.{_module}")


def main() -> None:
    """Run the command that the process was called with, and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit status. What a user did wrong is one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", newline="\n")  # also where the locale says otherwise
    _log_to(sys.stderr)
    try:
        command = get_command(app)
        with command.make_context("cchc", arguments) as context:  # its main() would swallow Ctrl-C and closed pipes
            status = command.invoke(context)
        sys.stdout.flush()
        return status or 0
    except typer.Exit as answered:  # --help
        return answered.exit_code
    except TyperException as error:
        return _stop(f"{error.format_message().removesuffix('.')}. `cchc --help` says how to use it.")
    except CchcError as error:
        return _stop(str(error))
    except KeyboardInterrupt:
        _stop("stopped. What was loaded stays; the same command finishes the rest.")
        return 130
    except BrokenPipeError:
        # whoever read the result has seen enough; the interpreter must not complain when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = error.filename or "the system"
        return _stop(f"{where}: {error.strerror or error}. Mend that and run the same command again.")
    except Exception as error:
        if sentence := _database_refused(error):
            return _stop(sentence)
        raise


def _log_to(stream: TextIO) -> None:
    """Our own progress, and what others only warn of: libraries say much that helps nobody here."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(lambda said: said.levelno >= logging.WARNING or said.name.split(".")[0] in ("cchc", "etl"))
    logging.basicConfig(handlers=[handler])
    for ours in ("cchc", "etl"):
        logging.getLogger(ours).setLevel(logging.INFO)


def _stop(sentence: str) -> int:
    print(f"cchc: {' '.join(sentence.split())}", file=sys.stderr)
    return 2


def _database_refused(error: Exception) -> str | None:
    """What to say of an error of the database; None if it is none. Rows that it quotes are not repeated."""
    import psycopg2

    cause = getattr(error, "orig", error)  # SQLAlchemy keeps the driver's error there
    if not isinstance(cause, psycopg2.Error):
        return None
    said = (str(cause).strip().splitlines() or ["connection lost"])[0].removesuffix(".")
    if isinstance(cause, psycopg2.errors.InsufficientPrivilege):
        return f"the database user may not do this: {said}. Use a user with more rights in CCHC_WAREHOUSE_URL."
    if isinstance(cause, psycopg2.errors.DiskFull):
        return f"the disk of the database is full: {said}. Make room there and run the same command again: it goes on."
    if isinstance(cause, psycopg2.errors.LockNotAvailable | psycopg2.errors.DeadlockDetected):
        return f"somebody else holds what this needs: {said}. Nothing was half done; run the same command again."
    if isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError):
        return f"the database stopped answering: {said}. Start it and run the same command again: it goes on."
    return (
        f"the database refused a statement ({type(cause).__name__}, {cause.pgcode}). Nothing was half done."
        " This is a fault of the warehouse: report it with this line."
    )
