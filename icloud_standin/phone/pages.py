"""The phone page: what the owner of an account sees and does on an iPhone, and the faults.

It touches the store directly, as a phone with Apple's own protocol does, and needs no
password: it listens on this machine only, and no other site may use it.
"""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from icloud_standin.messages import Refused, Request, Response
from icloud_standin.phone import showing
from icloud_standin.phone.agenda import Agenda
from icloud_standin.phone.event_pages import EventPages
from icloud_standin.phone.fault_pages import FaultPages
from icloud_standin.phone.forms import Mistake
from icloud_standin.phone.rendering import html, to
from icloud_standin.records import Records
from icloud_standin.rows import Account
from icloud_standin.store import Store
from icloud_standin.switches import Boards

DAYS = 14
Page = Callable[[Request, Account, ZoneInfo], Response]


class PhonePages:
    def __init__(self, store: Store, boards: Boards, records: Records, zone: ZoneInfo) -> None:
        self.store, self.boards, self.zone = store, boards, zone
        self.faults = FaultPages(store, boards, records)
        events = EventPages(store)
        self.pages: dict[str, Page] = {
            "": self._agenda,
            "new": events.new,
            "event": events.event,
            "faults": self.faults.account,
        }

    def answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD", "POST"):
            raise Refused(405)
        try:
            return self._route(request)
        except Mistake as mistake:
            return html(400, "mistake.html", {"mistake": str(mistake)})

    def _route(self, request: Request) -> Response:
        match request.path.split("/")[2:]:
            case [] | [""]:
                return self._accounts()
            case ["faults"]:
                return self.faults.everybody(request)
            case [dsid, name]:
                account = next((a for a in self.store.accounts() if a.dsid == dsid), None)
                if account and name in self.pages:
                    return self.pages[name](request, account, self._zone(account))
        return html(404, "mistake.html", {"mistake": "There is nothing here."})

    def _accounts(self) -> Response:
        accounts = self.store.accounts()
        if len(accounts) == 1:
            return to(f"/phone/{accounts[0].dsid}/")
        return html(200, "accounts.html", {"accounts": accounts})

    def _agenda(self, request: Request, account: Account, zone: ZoneInfo) -> Response:
        today = datetime.now(zone).date()
        first = _date_or(request.arguments().get("from", ""), today)
        agenda = Agenda(self.store, account, zone)
        days = showing.days(agenda.days(first, DAYS), today)
        context = showing.frame(account, self.store, first, DAYS, today)
        context |= {"days": days, "unreadable": agenda.unreadable, "zone": zone.key}
        context |= {"faults": self.faults.count(account)}
        return html(200, "agenda.html", context)

    def _zone(self, account: Account) -> ZoneInfo:
        return ZoneInfo(account.time_zone) if account.time_zone else self.zone


def _date_or(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
