"""The next block is read while the last one is worked on."""

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread
from typing import Any, TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], depth: int = 2) -> Iterator[Item]:
    """The same items, prepared in a thread of their own: parsing goes on while COPY waits for the database."""
    queue: Queue[Any] = Queue(depth)
    done = object()
    stop = False

    def work() -> None:
        try:
            for item in items:
                if stop:
                    return
                queue.put(item)
            queue.put(done)
        except BaseException as error:  # handed to the consumer, who raises it
            queue.put(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    try:
        while (item := queue.get()) is not done:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop = True
        while worker.is_alive():
            while not queue.empty():
                queue.get_nowait()
            worker.join(0.01)
