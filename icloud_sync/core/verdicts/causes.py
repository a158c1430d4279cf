"""What can be the matter, by name. The words for each stand in three tables: server_words,
account_words and machine_words. `{…}` in them are filled in by whoever judges."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    # The way to the server
    NO_NETWORK = "no_network"
    NO_NAME = "no_name"
    NOBODY_LISTENS = "nobody_listens"
    SILENCE = "silence"
    STALLED = "stopped_answering"
    PORTAL = "captive_portal"
    FOREIGN_REDIRECT = "foreign_redirect"
    WRONG_NAME = "certificate_for_another_name"
    UNKNOWN_CERTIFICATE = "certificate_unknown"
    EXPIRED_CERTIFICATE = "certificate_expired"
    BAD_TLS = "tls_failed"
    PROXY = "proxy"
    NOT_ALLOWED = "host_not_allowed"
    BAD_ADDRESS = "bad_address"
    # What the server says to everybody
    THROTTLED = "throttled"
    SERVER_FAILED = "server_failed"
    NOT_CALDAV = "not_caldav"
    BROKE_OFF = "broke_off"
    ODD_ANSWER = "odd_answer"
    REFUSED = "refused"
    # The account
    KEY_LOST = "key_lost"
    NO_PASSWORD = "no_password"
    WRONG_PASSWORD = "wrong_password"
    ORDINARY_PASSWORD = "ordinary_password"
    ALIAS = "alias"
    ALIAS_OR_PASSWORD = "alias_or_wrong_password"
    UNKNOWN_APPLE_ID = "unknown_apple_id"
    REVOKED = "revoked_password"
    NOT_TAKEN_NOTICE = "credentials_ignored"
    MARKED_DEAD = "marked_needs_password"
    OTHER_ACCOUNT = "other_account"
    NO_HOME = "no_calendar_home"
    PARTITION_MOVED = "partition_moved"
    # Its calendars
    NO_CALENDARS = "no_calendars"
    NOWHERE_TO_WRITE = "nowhere_to_write"
    CALENDAR_GONE = "calendar_gone"
    MIRRORED_GONE = "mirrored_calendar_gone"
    READ_ONLY = "read_only"
    NO_TARGET = "no_target"
    UNREADABLE = "unreadable_events"
    NOT_SERVED_YET = "not_served_yet"
    NO_SYNC_REPORTS = "no_sync_reports"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REFUSED = "token_refused"
    CLOCK_WRONG = "clock_wrong"
    NO_CLOCK = "no_clock"
    SLOW = "slow"
    # The test event
    MAY_NOT_WRITE = "may_not_write"
    WRITE_REFUSED = "write_refused"
    ACCOUNT_FULL = "account_full"
    NOT_AS_WRITTEN = "not_as_written"
    LEFT_BEHIND = "left_behind"
    # Ourselves
    BUSY = "busy"
    TAKEN_OVER = "taken_over"
    TIME_IS_UP = "time_is_up"
    OUR_MISTAKE = "our_mistake"
    # The machine
    DEBUG_ON = "debug_on"
    NO_HOSTS = "no_allowed_hosts"
    LINKS_LEAD_NOWHERE = "links_lead_nowhere"
    DATABASE_DOWN = "database_down"
    NOT_MIGRATED = "not_migrated"
    CLOCKS_DIFFER = "clocks_differ"
    KEYS_LOST = "keys_lost"
    OLD_KEY_NEEDED = "old_key_needed"
    QUEUE_DOWN = "queue_down"
    NO_SCHEDULES = "no_schedules"
    NO_WORKER = "no_worker"
    SCHEDULES_STUCK = "schedules_stuck"
    BEHIND = "worker_behind"
    # A connection at a glance
    NEEDS_PASSWORD = "needs_password"
    PAUSED = "paused"
    OVERDUE = "overdue"
    SYNCING = "being_synced"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Words:
    """`likely` is one sentence, the most likely cause."""

    likely: str
    could_be: str = ""
    next_step: str = ""
