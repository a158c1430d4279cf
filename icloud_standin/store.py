"""Accounts, collections and resources in SQLite; bodies are the exact bytes received."""

import secrets
import sqlite3
import string
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from icloud_standin.rows import Account, Collection, OutgoingMail, Resource

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    dsid TEXT PRIMARY KEY, apple_id TEXT UNIQUE NOT NULL, app_password TEXT NOT NULL,
    name TEXT NOT NULL, time_zone TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS collection (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dsid TEXT NOT NULL, name TEXT NOT NULL,
    displayname TEXT NOT NULL, kind TEXT NOT NULL, components TEXT NOT NULL,
    color TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1, epoch INTEGER NOT NULL DEFAULT 1,
    owner TEXT NOT NULL DEFAULT '', UNIQUE (dsid, name));
CREATE TABLE IF NOT EXISTS resource (
    collection_id INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    name TEXT NOT NULL, uid TEXT NOT NULL, body BLOB, etag TEXT NOT NULL,
    revision INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    PRIMARY KEY (collection_id, name));
CREATE INDEX IF NOT EXISTS resource_revision ON resource (collection_id, revision);
CREATE INDEX IF NOT EXISTS resource_uid ON resource (uid);
CREATE TABLE IF NOT EXISTS outgoing_mail (
    dsid TEXT NOT NULL, method TEXT NOT NULL, href TEXT NOT NULL, attendees TEXT NOT NULL);
"""

# What a new account holds (S6): name ("" = a UUID), displayname, kind, components, colour.
NEW_ACCOUNT = (
    ("home", "Home", "calendar", "VEVENT", "#1BADF8FF"),
    ("work", "Work", "calendar", "VEVENT", "#CC73E1FF"),
    ("", "Family", "shared-owner", "VEVENT", "#1E4C63FF"),
    ("", "Holidays", "read-only", "VEVENT", "#FF2968FF"),
    ("tasks", "Reminders", "calendar", "VTODO", "#FF9500FF"),
    ("inbox", "", "inbox", "VEVENT", ""),
    ("outbox", "", "outbox", "VEVENT VTODO", ""),
    ("notification", "", "notification", "", ""),
)


def new_app_password() -> str:
    groups = ("".join(secrets.choice(string.ascii_lowercase) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


class Store:
    """Thread-safe: one connection, one lock, every change inside `alone()`."""

    def __init__(self, path: str | Path | None = None) -> None:
        self.on_change: Callable[[Resource | None, Resource], None] | None = None
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;" + SCHEMA
        )
        self._add_what_older_files_lack()

    def _add_what_older_files_lack(self) -> None:
        for table, column in (("account", "time_zone"), ("collection", "owner")):
            columns = {row["name"] for row in self._rows(f"PRAGMA table_info({table})")}
            if column not in columns:
                self._rows(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Everything inside happens at once or not at all, alone."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    # --- accounts

    def add_account(
        self, apple_id: str, app_password: str | None, name: str, time_zone: str = ""
    ) -> Account:
        """A new account with Apple's usual collections, or the known one with what is given."""
        apple_id = apple_id.strip().lower()
        with self.alone():
            known = self.account(apple_id)
            if known is None:
                dsid = str(10_000_000_000 + secrets.randbelow(9_000_000_000))
                self._rows(
                    "INSERT INTO account VALUES (?, ?, ?, ?, ?)",
                    *(dsid, apple_id, app_password or new_app_password(), name, time_zone),
                )
                for collection in NEW_ACCOUNT:
                    self.add_collection(dsid, *collection)
            else:
                self._rows(
                    "UPDATE account SET app_password = ?, time_zone = ? WHERE dsid = ?",
                    *(app_password or known.app_password, time_zone or known.time_zone),
                    known.dsid,
                )
            account = self.account(apple_id)
        assert account is not None
        return account

    def account(self, apple_id: str) -> Account | None:
        rows = self._rows("SELECT * FROM account WHERE apple_id = ?", apple_id.strip().lower())
        return Account(**rows[0]) if rows else None

    def account_named(self, name: str) -> Account:
        """By its Apple ID or its number."""
        for account in self.accounts():
            if name.strip().lower() in (account.apple_id, account.dsid):
                return account
        raise LookupError(f"There is no account {name}.")

    def accounts(self) -> list[Account]:
        return [Account(**row) for row in self._rows("SELECT * FROM account ORDER BY rowid")]

    def record_mail(self, dsid: str, mail: OutgoingMail) -> None:
        self._rows(
            "INSERT INTO outgoing_mail VALUES (?, ?, ?, ?)",
            *(dsid, mail.method, mail.href, "\n".join(mail.attendees)),
        )

    def outgoing_mail(self, dsid: str) -> list[OutgoingMail]:
        rows = self._rows("SELECT * FROM outgoing_mail WHERE dsid = ? ORDER BY rowid", dsid)
        return [OutgoingMail(r["method"], r["href"], r["attendees"].split("\n")) for r in rows]

    # --- collections

    def add_collection(
        self,
        dsid: str,
        name: str,
        displayname: str,
        kind: str,
        components: str,
        color: str,
        owner: str = "",
    ) -> Collection:
        name = name or str(uuid.uuid4()).upper()
        self._rows(
            "INSERT INTO collection (dsid, name, displayname, kind, components, color, owner)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(dsid, name, displayname, kind, components, color, owner),
        )
        collection = self.collection(dsid, name)
        assert collection is not None
        return collection

    def collections(self, dsid: str) -> list[Collection]:
        rows = self._rows("SELECT * FROM collection WHERE dsid = ? ORDER BY id", dsid)
        return [Collection(**row) for row in rows]

    def collection(self, dsid: str, name: str) -> Collection | None:
        return next((found for found in self.collections(dsid) if found.name == name), None)

    def collection_named(self, account: Account, name: str) -> Collection:
        """By the last part of its path or by its display name, whatever the case."""
        found = self.collections(account.dsid)
        for collection in found:
            if name.casefold() in (collection.name.casefold(), collection.displayname.casefold()):
                return collection
        names = ", ".join(each.displayname or each.name for each in found)
        raise LookupError(f"{account.apple_id} has no calendar {name}, only {names}.")

    def remove_collection(self, collection: Collection) -> None:
        self._rows("DELETE FROM collection WHERE id = ?", collection.id)

    def expire_tokens(self, collection: Collection) -> None:
        self._rows("UPDATE collection SET epoch = epoch + 1 WHERE id = ?", collection.id)

    # --- resources

    def members(self, collection: Collection, since: int = 0) -> list[Resource]:
        """Resources changed after a revision, the deleted among them (body None)."""
        rows = self._rows(
            "SELECT * FROM resource WHERE collection_id = ? AND revision > ? ORDER BY revision",
            *(collection.id, since),
        )
        return [_resource(collection, row) for row in rows]

    def resources(self, collection: Collection) -> list[Resource]:
        return [member for member in self.members(collection) if member.body is not None]

    def resource(self, collection: Collection, name: str) -> Resource | None:
        rows = self._rows(
            "SELECT * FROM resource WHERE collection_id = ? AND name = ? AND body IS NOT NULL",
            *(collection.id, name),
        )
        return _resource(collection, rows[0]) if rows else None

    def at(self, account: Account, href: str) -> Resource:
        collection, name = (unquote(part) for part in href.split("/")[-2:])
        found = self.collection(account.dsid, collection)
        resource = self.resource(found, name) if found else None
        if resource is None:
            raise LookupError(f"{account.apple_id} has nothing at {href}.")
        return resource

    def holders_of(self, dsid: str, uid: str) -> list[Resource]:
        """Where in the account a UID lives."""
        rows = self._rows(
            "SELECT r.* FROM resource r JOIN collection c ON c.id = r.collection_id"
            " WHERE c.dsid = ? AND r.uid = ? AND r.body IS NOT NULL",
            *(dsid, uid),
        )
        by_id = {found.id: found for found in self.collections(dsid)}
        return [_resource(by_id[row["collection_id"]], row) for row in rows]

    def put(self, collection: Collection, name: str, uid: str, body: bytes | None) -> Resource:
        """Store these bytes (None: a deletion the next sync report tells of)."""
        with self.alone():
            before = self.resource(collection, name)
            revision = self._next_revision(collection)
            etag = f'"{secrets.token_hex(6)}"'
            self._rows(
                "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(collection.id, name, uid, body, etag, revision, int(time.time())),
            )
            after = Resource(collection, name, uid, body, etag, revision, int(time.time()))
            if self.on_change:
                self.on_change(before, after)
        return after

    def touch(self, resource: Resource) -> None:
        """A new etag for the same body: housekeeping."""
        self.put(resource.collection, resource.name, resource.uid, resource.body)

    def delete(self, resource: Resource) -> None:
        self.put(resource.collection, resource.name, resource.uid, None)

    def move(self, resource: Resource, target: Collection) -> Resource:
        with self.alone():
            self.delete(resource)
            return self.put(target, resource.name, resource.uid, resource.body)

    def _next_revision(self, collection: Collection) -> int:
        self._rows("UPDATE collection SET revision = revision + 1 WHERE id = ?", collection.id)
        rows = self._rows("SELECT revision FROM collection WHERE id = ?", collection.id)
        if not rows:
            raise LookupError(f"collection {collection.href} was removed")
        return int(rows[0]["revision"])


def _resource(collection: Collection, row: sqlite3.Row) -> Resource:
    columns = ("name", "uid", "body", "etag", "revision", "changed_at")
    return Resource(collection, **{column: row[column] for column in columns})
