"""GET, PUT, DELETE and MOVE of calendar object resources; DELETE of collections (S7, S12, S17)."""

from urllib.parse import quote

from icloud_standin import xml
from icloud_standin.messages import Refused, Request, Response, bad_request, curt
from icloud_standin.places import Place
from icloud_standin.rows import Collection, OutgoingMail, Resource
from icloud_standin.serving import served
from icloud_standin.switches import Switches
from icloud_standin.validation import Validation, attendees_in, organizers_in
from icloud_standin.view import View

CALENDAR_TYPE = "text/calendar; charset=utf-8"


class Objects:
    def __init__(self, view: View, switches: Switches) -> None:
        self.view, self.switches = view, switches
        self.store, self.account = view.store, view.account

    def get(self, request: Request, place: Place) -> Response:
        if place.kind in ("root", "principal", "home", "collection"):
            if self.switches.strict_requests:
                raise bad_request("GET of a collection")
            return Response(200, b"A calendar server.", {"Content-Type": "text/plain"})
        resource = self.view.read(place.collection, place.name) if place.collection else None
        if resource is None:
            raise Refused(404)
        body = served(resource.body or b"", self.switches)
        weak = self.switches.weak_etags == "on GET"
        etag = f"W/{resource.etag}" if weak else resource.etag
        return Response(200, body, {"ETag": etag, "Content-Type": CALENDAR_TYPE})

    def put(self, request: Request, place: Place) -> Response:
        collection = self._writable(place)
        validation = Validation(self.switches)
        content = validation.accept(request, collection)
        with self.store.alone():
            known = self.store.resource(collection, place.name)
            if not known:
                validation.accept_name(place.name)
            if known and request.header("if-none-match") == "*":
                raise Refused(412)
            self._check_if_match(request, known)
            self._check_organizer(known)
            self._check_uid(content.uid, collection, place.name)
            status = 204 if known else 201
            if self.switches.spend(Switches.vanishing_writes):
                return Response(status)
            stored = self.store.put(collection, place.name, content.uid, request.body)
            before = attendees_in(known.body) if known and known.body else []
            self._mail("PUT", stored.href, content.attendees or before)
            if self.switches.restless_etags == "after each write":
                self.store.touch(stored)
        etag = self.view.shown(stored).etag
        etag = quote(etag) if self.switches.encoded_etags == "after a write" else etag
        headers = {} if self.switches.put_without_etag else {"ETag": etag}
        return self._written(Response(status, b"", headers))

    def delete(self, request: Request, place: Place) -> Response:
        if request.header("depth") and self.switches.strict_requests:
            raise bad_request("illegal depth header value for DELETE")
        if place.kind == "collection" and place.collection and place.collection.is_calendar:
            self.store.remove_collection(place.collection)
            return self._written(Response(204))
        self._writable(place)
        with self.store.alone():
            resource = self._found(place)
            wanted = request.header("if-match")
            if wanted != "*":
                self._check_if_match(request, resource)
            self._check_organizer(resource)
            self.store.delete(resource)
            self._mail("DELETE", resource.href, attendees_in(resource.body or b""))
        return self._written(Response(204))

    def move(self, request: Request, place: Place) -> Response:
        target = self.view.locate(request.header("destination"))
        if self.switches.move == "412":
            raise Refused(412)
        collection, resource = self._writable(target), self._found(place)
        self._writable(place)
        self._check_if_match(request, resource)
        with self.store.alone():
            self.store.delete(resource)
            moved = self.store.put(collection, target.name, resource.uid, resource.body)
        return self._written(Response(201, b"", {"ETag": self.view.shown(moved).etag}))

    def _check_if_match(self, request: Request, known: Resource | None) -> None:
        wanted = request.header("if-match")
        if wanted == "*":
            # Apple has it backwards: refused where something is, accepted where nothing is (6.4).
            if bool(known) == self.switches.if_match_star_backwards:
                raise Refused(412)
        elif wanted and (known is None or wanted.removeprefix("W/") != known.etag):
            raise Refused(412)

    def _found(self, place: Place) -> Resource:
        if place.kind != "resource" or place.collection is None:
            raise Refused(404)
        resource = self.store.resource(place.collection, place.name)
        if resource is None:
            raise Refused(404)
        return resource

    def _writable(self, place: Place) -> Collection:
        if place.kind == "nowhere":
            raise Refused(404)
        if place.kind != "resource" or place.collection is None or not place.collection.writable:
            raise Refused(403)
        return place.collection

    def _check_uid(self, uid: str, collection: Collection, name: str) -> None:
        """A UID lives once in the whole account (6.6)."""
        for holder in self.store.holders_of(self.account.dsid, uid):
            if (holder.collection.id, holder.name) != (collection.id, name):
                words = self.switches.uid_conflict.split()
                status = int(words.pop(0)) if words[0].isdigit() else 403
                body = xml.error(xml.CALDAV, words[0]) if words else b""
                raise Refused(status, body, "text/xml")

    def _check_organizer(self, known: Resource | None) -> None:
        """What somebody else invited to is theirs to change (7.5)."""
        others = organizers_in(known.body or b"") - {self.account.apple_id} if known else set()
        if others and self.switches.invitations_closed:
            raise Refused(403, xml.error(xml.CALDAV, "valid-attendee-change"), "text/xml")

    def _mail(self, method: str, href: str, attendees: list[str]) -> None:
        if attendees and self.switches.mails_guests:
            self.store.record_mail(self.account.dsid, OutgoingMail(method, href, attendees))

    def _written(self, response: Response) -> Response:
        response.delay = self.switches.hang_after_write
        lost = self.switches.spend(Switches.drop_after_write)
        if lost and self.switches.lost_answer != "dropped":
            return curt(self.switches.lost_answer)
        response.drop = lost or response.delay > 0
        return response
