"""The stewards' pages in Airflow's own UI: an entry of its menu, and the app behind it, below /cchc."""

# ruff: noqa: TID251 - outside etl/, where Airflow may be imported
import logging
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from etl.web.access import Warehouse

log = logging.getLogger(__name__)
TITLE = "Chất lượng dữ liệu"


@cache
def warehouse() -> "Warehouse":
    """The warehouse that this process is set up for; looked for when a page first needs it."""
    from etl import settings
    from etl.warehouse import database
    from etl.web.access import Warehouse

    configured = settings.read()
    return Warehouse(configured, database.url(configured))


class Pages(AirflowPlugin):
    name = "cchc_pages"
    # relative: Airflow itself may lie below a path
    external_views: ClassVar = [
        {"name": TITLE, "href": "cchc/", "icon": "cchc/static/icon.svg", "url_route": "cchc", "nav_top_level": True}
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The app. Every task loads the plugins, only the API server asks for this: what is slow is imported here."""
        try:
            from etl.web import access, app

            pages = app.create(warehouse, who=access.by_airflow())
        except Exception:
            log.exception("the pages cannot be built: Airflow runs without them")
            return []
        return [{"app": pages, "url_prefix": "/cchc", "name": TITLE}]
