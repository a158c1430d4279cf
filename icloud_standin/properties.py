"""The properties of each kind of place, as finished XML by qualified name (S1, S2, S6)."""

from email.utils import formatdate
from xml.sax.saxutils import escape

from icloud_standin.rows import Account, Collection, Resource, make_token
from icloud_standin.xml import CALDAV, CS, DAV, ICAL, element, href

READ = ("read", "read-current-user-privilege-set")
WRITE = ("write", "write-properties", "write-content", "bind", "unbind")
PRIVILEGES = {
    "calendar": (*READ, *WRITE),
    "shared-owner": (*READ, *WRITE),
    "shared": (*READ, *WRITE),
    "read-only": READ,
    "subscribed": READ,
    "webcal": (),
    "inbox": (*READ, "unbind"),
    "outbox": READ,
    "notification": ("read", "unbind"),
}
RESOURCETYPES = {
    "calendar": ((CALDAV, "calendar"),),
    "shared-owner": ((CALDAV, "calendar"), (CS, "shared-owner")),
    "shared": ((CALDAV, "calendar"), (CS, "shared")),
    "read-only": ((CALDAV, "calendar"), (CS, "shared")),
    "subscribed": ((CALDAV, "calendar"), (CS, "subscribed")),
    "webcal": ((CS, "subscribed"),),
    "inbox": ((CALDAV, "schedule-inbox"),),
    "outbox": ((CALDAV, "schedule-outbox"),),
    "notification": ((CS, "notification"),),
}
Properties = dict[str, str]


def of_root(principal: str) -> Properties:
    return _named(
        (DAV, "current-user-principal", href(principal)),
        (DAV, "resourcetype", element(DAV, "collection")),
    )


def of_principal(account: Account, calendar_home: str) -> Properties:
    return _named(
        (DAV, "displayname", escape(account.name)),
        (DAV, "resourcetype", element(DAV, "principal")),
        (DAV, "principal-URL", href(account.principal_path)),
        (CALDAV, "calendar-home-set", href(calendar_home)),
        (CALDAV, "calendar-user-address-set", href(f"mailto:{account.apple_id}")),
        (CALDAV, "schedule-inbox-URL", href(f"{account.home_path}inbox/")),
        (CALDAV, "schedule-outbox-URL", href(f"{account.home_path}outbox/")),
    )


def of_home(account: Account, collections: list[Collection]) -> Properties:
    ctag = make_token(0, 1, sum(found.revision for found in collections) + len(collections))
    return _named(
        (DAV, "current-user-principal", href(account.principal_path)),
        (DAV, "owner", href(account.principal_path)),
        (DAV, "displayname", escape(account.name)),
        (DAV, "resourcetype", element(DAV, "collection")),
        (CALDAV, "supported-calendar-component-set", _components("VEVENT VTODO VFREEBUSY")),
        (CS, "getctag", escape(ctag)),
        (DAV, "current-user-privilege-set", _privileges("calendar")),
    )


def of_collection(collection: Collection, account: Account) -> Properties:
    """What Apple leaves out for a kind (a name, a ctag) is answered with a 404 propstat."""
    known = _named(
        (DAV, "current-user-principal", href(account.principal_path)),
        (DAV, "owner", href(f"/{collection.owner or account.dsid}/principal/")),
        (DAV, "resourcetype", _resourcetype(collection.kind)),
        (DAV, "current-user-privilege-set", _privileges(collection.kind)),
    )
    if collection.components:
        components = _components(collection.components)
        known |= _named((CALDAV, "supported-calendar-component-set", components))
    if collection.kind != "outbox":
        known |= _named((CS, "getctag", escape(collection.sync_token)))
    if collection.is_calendar:
        known |= _of_calendar(collection)
    return known


def of_resource(resource: Resource) -> Properties:
    return _named(
        (DAV, "getetag", escape(resource.etag)),
        (DAV, "resourcetype", ""),
        (DAV, "getcontenttype", "text/calendar; charset=utf-8"),
        (DAV, "getcontentlength", str(len(resource.body or b""))),
        (DAV, "getlastmodified", formatdate(resource.changed_at, usegmt=True)),
    )


def _of_calendar(collection: Collection) -> Properties:
    reports = ("calendar-query", "calendar-multiget", "sync-collection")
    spaces = (CALDAV, CALDAV, DAV)
    supported = "".join(
        element(DAV, "supported-report", element(DAV, "report", element(space, name)))
        for space, name in zip(spaces, reports, strict=True)
    )
    color = element(ICAL, "calendar-color", collection.color, symbolic_color="custom")
    return {
        **_named(
            (DAV, "displayname", escape(collection.displayname)),
            (DAV, "sync-token", escape(collection.sync_token)),
            (DAV, "getetag", f'"{collection.sync_token}"'),
            (DAV, "supported-report-set", supported),
            (ICAL, "calendar-order", str(collection.id)),
        ),
        f"{{{ICAL}}}calendar-color": color,
    }


def _named(*properties: tuple[str, str, str]) -> Properties:
    return {f"{{{space}}}{name}": element(space, name, xml) for space, name, xml in properties}


def _components(names: str) -> str:
    return "".join(element(CALDAV, "comp", name=name) for name in names.split())


def _privileges(kind: str) -> str:
    names = [element(DAV, name) for name in PRIVILEGES[kind]]
    if kind == "inbox":
        names.append(element(CALDAV, "schedule-deliver"))
    if kind == "outbox":
        names.append(element(CALDAV, "schedule-send"))
    names.append(element(CALDAV, "read-free-busy"))
    return "".join(element(DAV, "privilege", name) for name in names)


def _resourcetype(kind: str) -> str:
    return element(DAV, "collection") + "".join(
        element(space, name) for space, name in RESOURCETYPES[kind]
    )
