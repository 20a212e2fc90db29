"""What the figures of a random world are, from the definitions alone: plain loops over rows, nothing of the project.

As it was: of a list speaks what its sender delivered last up to a month after the window's last day, else what it
delivered first; a row's own days speak whenever they were delivered.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from tests.worlds.world import LEFT, PAUSED, PRESENT, REFUSED, WITHDRAWN, Delivery, Row, World

YEAR_START = date(2020, 12, 15)
WINDOWS = {
    "2021-Q1": (YEAR_START, date(2021, 3, 14)),
    "2021-6T": (YEAR_START, date(2021, 6, 14)),
    "2021-Q3": (date(2021, 6, 15), date(2021, 9, 14)),
    "2021-N": (YEAR_START, date(2021, 12, 14)),
}
MONTH = timedelta(days=31)
NEVER = date(9999, 12, 31)
FLOW = [
    *("received", "received_online", "received_direct", "received_postal", "carried_over"),
    *("resolved", "resolved_early", "resolved_on_time", "resolved_late"),
    *("pending", "pending_in_time", "pending_overdue", "refused", "withdrawn", "resolved_elsewhere"),
]
BY_CHANNEL = {
    "Trực tiếp": "received_direct",
    "Trực tuyến": "received_online",
    "Bưu chính công ích": "received_postal",
}
EARLY_OR_LATE = ["resolved_early", "resolved_on_time", "resolved_late"]
IN_TIME_OR_NOT = ["pending_in_time", "pending_overdue"]


def told(deliveries: list[Delivery], last: date) -> Delivery:
    """The delivery of one sender that speaks for a window."""
    in_time = [d for d in deliveries if d.day <= last + MONTH]
    return in_time[-1] if in_time else deliveries[0]


def by_sender(world: World, export: str) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    for delivery in world.of(export):
        found.setdefault(delivery.sender, []).append(delivery)
    return found


def latest(deliveries: list[Delivery], key: tuple[str, ...]) -> dict[tuple, Row]:
    """The last version of every row that a sender ever listed: it has the row's own days."""
    return {tuple(row[k] for k in key): row for d in deliveries for row in d.rows}


class Reckoning:
    """The figures of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.parents = {u["org_code"]: u["parent_code"] for d in world.of("hr/units") for u in d.rows}

    def subtree(self, top: str) -> set[str]:
        def is_below(code: str | None) -> bool:
            return code == top or (code is not None and is_below(self.parents.get(code)))

        return {code for code in self.parents if is_below(code)}

    def every_unit(self) -> Iterable[Row]:
        return (unit for d in self.world.of("hr/units") for unit in d.rows)

    # --- units ---

    def units(self, last: date) -> dict[str, Row]:
        """The units at the end of a window, with the attributes of the time."""
        found = {}
        for deliveries in by_sender(self.world, "hr/units").values():
            was = {u["org_code"]: u for u in told(deliveries, last).rows}
            for code, now in ((k[0], row) for k, row in latest(deliveries, ("org_code",)).items()):
                if (now.get("established_on") or date.min) <= last < (now.get("dissolved_on") or NEVER):
                    found[code] = was.get(code, now)
        return found

    def unit_figures(self, top: str, last: date) -> dict[str, int]:
        units = [u for code, u in self.units(last).items() if code in self.subtree(top)]
        bodies = [u for u in units if u["unit_kind"] in ("Cơ quan hành chính", "Sở, ngành")]
        schools = [u for u in units if u["unit_kind"] == "Đơn vị sự nghiệp"]
        return {
            "5.1.1": sum(u["positions_approved"] == "Có" for u in bodies),
            "5.1.2": sum(u["positions_approved"] == "Có" for u in schools),
            **{f"6.{group}": sum(u["autonomy_group"] == group for u in schools) for group in "1234"},
        }

    # --- procedures ---

    def owners(self) -> dict[str, set[str]]:
        """Of each sender of procedures the units whose list it is."""
        delivered: dict[str, set[str]] = {}
        for d in self.world.of("hr/units"):
            delivered.setdefault(d.sender, set()).update(u["org_code"] for u in d.rows)
        found = {}
        for sender in by_sender(self.world, "one_stop_shop/procedures"):
            own = delivered.get(sender, set())
            found[sender] = {u for u in own if self.parents[u] not in own} or {sender}
        return found

    def catalogue(self, top: str, level: str, last: date) -> dict[str, Row]:
        """The procedures of one level in force for a unit: the nearest list at or above it, else those below it."""
        lists: dict[str, dict[str, Row]] = {}
        for sender, deliveries in by_sender(self.world, "one_stop_shop/procedures").items():
            was = latest([told(deliveries, last)], ("procedure_code", "level"))
            for key, now in latest(deliveries, ("procedure_code", "level")).items():
                first_told = next(d.day for d in deliveries if key in latest([d], ("procedure_code", "level")))
                if key[1] != level or (key not in was and first_told <= last + MONTH):
                    continue  # taken off the list by then
                row = was.get(key) or next(
                    found for d in deliveries if (found := latest([d], ("procedure_code", "level")).get(key))
                )
                for owner in self.owners()[sender]:
                    lists.setdefault(owner, {})[key[0]] = row | {
                        "announced_on": now["announced_on"],
                        "repealed_on": now.get("repealed_on"),
                    }
        unit: str | None = top
        while unit is not None and unit not in lists:
            unit = self.parents.get(unit)
        chosen = [unit] if unit is not None else [owner for owner in lists if owner in self.subtree(top)]
        return {
            code: row
            for owner in chosen
            for code, row in lists[owner].items()
            if row["announced_on"] <= last < (row["repealed_on"] or NEVER)
        }

    def procedure_figures(self, top: str, kind: str, last: date) -> dict[str, int]:
        levels = {"UBND cấp tỉnh": ["Sở", "Huyện", "Xã"], "UBND cấp huyện": ["Huyện", "Xã"], "UBND cấp xã": ["Xã"]}
        rows = [row for level in levels.get(kind, ["Sở"]) for row in self.catalogue(top, level, last).values()]
        return {
            "3.1.3": len(rows),
            "3.3": sum(row["interlink"] is not None for row in rows),
            "3.3.1": sum(row["interlink"] == "Cùng cấp" for row in rows),
            "3.3.2": sum(row["interlink"] == "Giữa các cấp" for row in rows),
            "3.5.2": sum(row["on_provincial_portal"] == "Có" and row["service_level"] != "2" for row in rows),
            "3.5.3": sum(row["online_payment"] == "Có" for row in rows),
            "7.8.1": sum(row["service_level"] in ("3", "Một phần") for row in rows),
            "7.8.2": sum(row["service_level"] in ("4", "Toàn trình") for row in rows),
        }

    # --- staff ---

    def staff_figures(self, top: str, last: date) -> dict[str, int]:
        communes = {code for code, u in self.units(last).items() if u["unit_kind"] == "UBND cấp xã"}
        began = {u["org_code"] for u in self.every_unit() if (u.get("established_on") or date.min) <= last}
        inside = (self.subtree(top) & began) - communes
        present: Counter[object] = Counter()
        for deliveries in by_sender(self.world, "hr/staff").values():
            was = latest([told(deliveries, last)], ("staff_code",))
            for key, now in latest(deliveries, ("staff_code",)).items():
                row = was.get(key)
                if row is None:
                    first = next(d for d in deliveries if key in latest([d], ("staff_code",)))
                    if first.day <= last + MONTH or now["joined_on"] is None:
                        continue  # taken off the list by then, or not yet on it
                    row = latest([first], ("staff_code",))[key]
                if (now["joined_on"] or date.min) > last:
                    continue
                if now["status"] in LEFT and now.get("status_on"):
                    is_present = now["status_on"] > last
                else:
                    is_present = row["status"] in PRESENT
                if is_present and row["org_code"] in inside:
                    present[row["staff_kind"]] += 1
        kinds = {"4.2.2": "Công chức", "4.2.3": "Hợp đồng lao động", "4.3.2": "Viên chức"}
        return {code: present[kind] for code, kind in kinds.items()}

    # --- dossiers ---

    def dossiers(self) -> Iterable[list[tuple[date, Row]]]:
        """Each dossier as its versions with the day of the delivery that brought them."""
        versions: dict[str, list[tuple[date, Row]]] = {}
        for d in self.world.of("one_stop_shop/dossiers"):
            for delivered in d.rows:
                row = {name: value for name, value in delivered.items() if name not in d.lacks}
                chain = versions.setdefault(row["dossier_code"], [])
                if not chain or chain[-1][1] != row:
                    chain.append((d.day, row))
        return versions.values()

    def flow(self, top: str, window: tuple[date, date]) -> dict[str, int | None]:
        """Received and carried over where it was received, all else where it is resolved; None: nobody knows."""
        start, last = window
        count: Counter[str] = Counter()
        unknown: set[str] = set()
        inside = self.subtree(top)
        for chain in self.dossiers():
            now = chain[-1][1]
            came, done = now["received_at"], now.get("finished_at")
            due = max(filter(None, (now.get("due_at"), now.get("extended_due_at"))), default=None)
            is_due_known = "due_at" in now or due is not None
            received_here = now["org_code"] in inside
            resolved_here = (now["resolving_org_code"] or now["org_code"]) in inside
            if came > last:
                continue
            if now["status"] == REFUSED:
                count["refused"] += received_here and came >= start
                continue
            if now["status"] == WITHDRAWN and done is None:
                done = next(day for day, row in chain if row["status"] == WITHDRAWN)
            if done is not None and max(done, came) < start:
                continue
            count["resolved_elsewhere"] += received_here - resolved_here
            if received_here and came < start:
                count["carried_over"] += 1
            elif received_here:
                count["received"] += 1
                if "channel" in now:
                    count[BY_CHANNEL[now["channel"]]] += 1
                else:
                    unknown.update(BY_CHANNEL.values())
            if not resolved_here:
                continue
            if done is None or done > last:
                was = [row for day, row in chain if day <= last + MONTH] or [chain[0][1]]
                overdue = due is not None and due < last and was[-1]["status"] not in PAUSED
                count.update(["pending", "pending_overdue" if overdue else "pending_in_time"])
                unknown.update(() if is_due_known else IN_TIME_OR_NOT)
            elif now["status"] == WITHDRAWN:
                count["withdrawn"] += 1
            else:
                how = "on_time" if due is None or done == due else "early" if done < due else "late"
                count.update(["resolved", f"resolved_{how}"])
                unknown.update(() if is_due_known else EARLY_OR_LATE)
        return {measure: None if measure in unknown else count[measure] for measure in FLOW}
