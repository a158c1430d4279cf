"""The phone page: what the owner of an account sees and does on an iPhone.

It touches the store directly, as a phone with Apple's own protocol does, and needs no
password: it listens on this machine only and refuses requests other sites send here.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from zoneinfo import ZoneInfo

from django.template import Context, Engine

from icloud_standin.messages import Refused, Request, Response
from icloud_standin.phone import showing
from icloud_standin.phone.agenda import Agenda, Occurrence, find
from icloud_standin.phone.forms import Mistake, filled, read, with_unshown
from icloud_standin.phone.writes import Phone
from icloud_standin.rows import Account, Collection, Resource
from icloud_standin.store import Store
from icloud_standin.strangers import refuse_strangers

DAYS = 14
TEMPLATES = Engine(dirs=[str(Path(__file__).parent / "templates")])
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
Page = Callable[[Request, Account], Response]


class PhonePages:
    def __init__(self, store: Store, zone: ZoneInfo, hosts: set[str]) -> None:
        self.store, self.zone, self.hosts = store, zone, hosts

    def answer(self, request: Request) -> Response:
        try:
            refuse_strangers(request, self.hosts)
            if request.method not in ("GET", "HEAD", "POST"):
                raise Refused(405)
            return self._route(request)
        except Refused as refused:
            return refused.response
        except Mistake as mistake:
            return _html(400, "mistake.html", {"mistake": str(mistake)})

    def _route(self, request: Request) -> Response:
        match request.path.split("/")[2:]:
            case [] | [""]:
                return self._accounts()
            case [dsid, name]:
                pages: dict[str, Page] = {"": self._agenda, "new": self._new, "event": self._event}
                account = next((a for a in self.store.accounts() if a.dsid == dsid), None)
                if account and name in pages:
                    return pages[name](request, account)
        return _html(404, "mistake.html", {"mistake": "There is nothing here."})

    def _accounts(self) -> Response:
        accounts = self.store.accounts()
        if len(accounts) == 1:
            return _to(f"/phone/{accounts[0].dsid}/")
        return _html(200, "accounts.html", {"accounts": accounts})

    def _agenda(self, request: Request, account: Account) -> Response:
        today = datetime.now(self._zone(account)).date()
        first = _date_or(request.arguments().get("from", ""), today)
        zone = self._zone(account)
        agenda = Agenda(self.store, account, zone)
        days = showing.days(agenda.days(first, DAYS), today)
        context = showing.frame(account, self.store, first, DAYS, today)
        context |= {"days": days, "unreadable": agenda.unreadable, "zone": zone.key}
        return _html(200, "agenda.html", context)

    def _new(self, request: Request, account: Account) -> Response:
        calendars = showing.writable(self.store, account)
        context = {"account": account, "calendars": calendars, "chosen": "home"}
        if request.method != "POST":
            day = request.arguments().get("date") or f"{datetime.now(self._zone(account)):%Y-%m-%d}"
            form = {"date": day, "start": "09:00", "end": "10:00"}
            return _html(200, "event.html", context | {"form": form, "new": True})
        form = request.form()
        try:
            details = read(form, self._zone(account))
            collection = self._calendar(account, form.get("calendar", "home"))
            self._phone(account).add(collection, details, weekly=bool(form.get("weekly")))
        except Mistake as mistake:
            context |= {"form": form, "new": True, "mistake": str(mistake)}
            return _html(400, "event.html", context | {"chosen": form.get("calendar")})
        return _to(f"/phone/{account.dsid}/?from={form['date']}")

    def _event(self, request: Request, account: Account) -> Response:
        resource = self._resource(account, request.arguments().get("href", ""))
        occurrence = self._occurrence(account, resource, request.arguments().get("at", ""))
        context = {
            "account": account,
            "calendars": showing.writable(self.store, account),
            "chosen": resource.collection.name,
            "calendar": resource.collection,
            "repeats": bool(occurrence.recurrence_id),
            "guests": occurrence.guests,
            "query": urlencode({"href": resource.href, "at": occurrence.recurrence_id}),
        }
        if request.method != "POST":
            return _html(200, "event.html", context | {"form": filled(occurrence)})
        try:
            self._act(request.form(), account, resource, occurrence)
        except Mistake as mistake:
            context |= {"form": request.form(), "mistake": str(mistake)}
            return _html(400, "event.html", context)
        day = request.form().get("date") or filled(occurrence)["date"]
        return _to(f"/phone/{account.dsid}/?from={quote(day)}")

    def _act(
        self, form: dict[str, str], account: Account, resource: Resource, occurrence: Occurrence
    ) -> None:
        """One button of the event's page: save or delete, this one or the whole series."""
        if not resource.collection.writable:
            raise Mistake("This calendar is shared with you for reading only.")
        phone, action = self._phone(account), form.get("action", "save")
        if action == "delete-all" or (action == "delete" and not occurrence.recurrence_id):
            return self.store.delete(resource)
        if action == "delete":
            return phone.take_out(resource, occurrence)
        details = with_unshown(read(form, self._zone(account)), occurrence.details)
        target = self._calendar(account, form.get("calendar") or resource.collection.name)
        phone.edit(resource, occurrence, details, whole_series=action == "save-all")
        if target.id != resource.collection.id:
            current = self.store.resource(resource.collection, resource.name)
            self.store.move(current or resource, target)
        return None

    def _phone(self, account: Account) -> Phone:
        return Phone(self.store, self._zone(account), datetime.now(UTC))

    def _zone(self, account: Account) -> ZoneInfo:
        return ZoneInfo(account.time_zone) if account.time_zone else self.zone

    def _calendar(self, account: Account, name: str) -> Collection:
        for collection in showing.writable(self.store, account):
            if collection.name == name:
                return collection
        raise Mistake("Please choose one of your calendars.")

    def _resource(self, account: Account, href: str) -> Resource:
        for collection in self.store.collections(account.dsid):
            if href.startswith(collection.href):
                name = unquote(href.removeprefix(collection.href))
                found = self.store.resource(collection, name)
                if found:
                    return found
        raise Mistake("This event is not there any more.")

    def _occurrence(self, account: Account, resource: Resource, recurrence_id: str) -> Occurrence:
        try:
            found = find(resource, recurrence_id, self._zone(account))
        except ValueError as error:
            raise Mistake("This event cannot be read.") from error
        if found is None:
            raise Mistake("This event is not there any more.")
        return found


def _html(status: int, template: str, context: dict[str, Any]) -> Response:
    page = TEMPLATES.get_template(template).render(Context(context, use_l10n=False, use_tz=False))
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "same-origin",
    }
    return Response(status, page.encode(), headers)


def _to(location: str) -> Response:
    return Response(303, b"", {"Location": location})


def _date_or(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
