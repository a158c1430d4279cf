"""Adding, changing, moving and deleting an event, or some of a series."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from icloud_standin.messages import Request, Response
from icloud_standin.phone import showing
from icloud_standin.phone.agenda import Occurrence, find
from icloud_standin.phone.forms import Mistake, filled, read, read_rule, with_unshown
from icloud_standin.phone.rendering import html, to
from icloud_standin.phone.rules import AS_IT_IS, CHOICES
from icloud_standin.phone.series import Series
from icloud_standin.phone.writes import Phone, Scope
from icloud_standin.rows import Account, Collection, Resource
from icloud_standin.store import Store

# The page's buttons: what is done, and to how much of a series.
BUTTONS: dict[str, tuple[str, Scope]] = {
    "save": ("save", "one"),
    "save-future": ("save", "future"),
    "save-all": ("save", "all"),
    "delete": ("delete", "one"),
    "delete-future": ("delete", "future"),
    "delete-all": ("delete", "all"),
}


class EventPages:
    def __init__(self, store: Store) -> None:
        self.store = store

    def new(self, request: Request, account: Account, zone: ZoneInfo) -> Response:
        calendars = showing.writable(self.store, account)
        context = {"account": account, "calendars": calendars, "chosen": "home", "new": True}
        context |= {"repeats_how": CHOICES}
        if request.method != "POST":
            day = request.arguments().get("date") or f"{datetime.now(zone):%Y-%m-%d}"
            form = {"date": day, "start": "09:00", "end": "10:00"}
            return html(200, "event.html", context | {"form": form})
        form = request.form()
        try:
            details = read(form, zone)
            collection = self._calendar(account, form.get("calendar", "home"))
            rule = read_rule(form, details.starts, details.starts, "", zone) or ""
            _phone(self.store, zone).add(collection, details, rule)
        except Mistake as mistake:
            context |= {"form": form, "mistake": str(mistake), "chosen": form.get("calendar")}
            return html(400, "event.html", context)
        return to(f"/phone/{account.dsid}/?from={form['date']}")

    def event(self, request: Request, account: Account, zone: ZoneInfo) -> Response:
        resource = self._resource(account, request.arguments().get("href", ""))
        occurrence = _occurrence(resource, request.arguments().get("at", ""), zone)
        shown = filled(occurrence, _rule(resource, zone), zone)
        if request.method != "POST":
            return html(200, "event.html", self._context(account, resource, occurrence, shown))
        form = request.form()
        try:
            self._act(form, resource, occurrence, zone)
        except Mistake as mistake:
            context = self._context(account, resource, occurrence, shown | form)
            return html(400, "event.html", context | {"mistake": str(mistake)})
        return to(f"/phone/{account.dsid}/?from={quote(form.get('date') or shown['date'])}")

    def _context(
        self, account: Account, resource: Resource, occurrence: Occurrence, form: dict[str, str]
    ) -> dict[str, Any]:
        now = {AS_IT_IS: "As it is now"} if form["repeat"] == AS_IT_IS else {}
        return {
            "account": account,
            "calendars": showing.writable(self.store, account),
            "chosen": resource.collection.name,
            "calendar": resource.collection,
            "repeats": bool(occurrence.recurrence_id),
            "repeats_how": now | CHOICES,
            "guests": occurrence.guests,
            "query": urlencode({"href": resource.href, "at": occurrence.recurrence_id}),
            "form": form,
        }

    def _act(
        self, form: dict[str, str], resource: Resource, occurrence: Occurrence, zone: ZoneInfo
    ) -> None:
        if not resource.collection.writable:
            raise Mistake("This calendar is shared with you for reading only.")
        what, scope = BUTTONS.get(form.get("action", "save"), BUTTONS["save"])
        if not occurrence.recurrence_id:
            scope = "all"
        phone = _phone(self.store, zone)
        if what == "delete":
            return phone.take_out(resource, occurrence, scope)
        before = occurrence.details
        details = with_unshown(read(form, zone), before)
        rule = read_rule(form, details.starts, before.starts, _rule(resource, zone), zone)
        account = self.store.account_named(resource.collection.dsid)
        target = self._calendar(account, form.get("calendar") or resource.collection.name)
        changed = phone.edit(resource, occurrence, details, rule, scope)
        if target.id != changed.collection.id:
            self.store.move(changed, target)
        return None

    def _calendar(self, account: Account, name: str) -> Collection:
        for collection in showing.writable(self.store, account):
            if collection.name == name:
                return collection
        raise Mistake("Please choose one of your calendars.")

    def _resource(self, account: Account, href: str) -> Resource:
        try:
            return self.store.at(account, href)
        except (LookupError, ValueError) as error:
            raise Mistake("This event is not there any more.") from error


def _phone(store: Store, zone: ZoneInfo) -> Phone:
    return Phone(store, zone, datetime.now(UTC))


def _rule(resource: Resource, zone: ZoneInfo) -> str:
    return Series(resource.body or b"", zone, datetime.now(UTC)).rule


def _occurrence(resource: Resource, recurrence_id: str, zone: ZoneInfo) -> Occurrence:
    try:
        found = find(resource, recurrence_id, zone)
    except ValueError as error:
        raise Mistake("This event cannot be read.") from error
    if found is None:
        raise Mistake("This event is not there any more.")
    return found
