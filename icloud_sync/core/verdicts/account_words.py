"""The table of verdicts, its second part: one account, its calendars, and our own doing.

The words of 401 stay careful: a wrong, a revoked and an ordinary password and an alias all
get the same answer (icloud-behaviour.md, 2).
"""

from icloud_sync.core.verdicts.causes import Cause, Words

NEW_PASSWORD = (
    "Ask the user for a new app-specific password (account.apple.com, Sign-In and Security, "
    "App-Specific Passwords) and {with_password}."
)
WHICH_ADDRESS = (
    "Ask the user which address account.apple.com shows under Sign-In and Security as theirs."
)
ADDRESS_FIRST = (
    f"{WHICH_ADDRESS} If it is another, {{with_address}}; if it is this one, ask for a new "
    "app-specific password and {with_password}."
)
ASK_OPERATOR = "Ask whoever looks after this machine and its network."

ACCOUNT_WORDS = {
    Cause.KEY_LOST: Words(
        "The stored password cannot be opened, because its key is not in FIELD_ENCRYPTION_KEYS "
        "any more.",
        "The database may come from another installation.",
        "Add the old key to the end of the list and restart, or type the app-specific password "
        "again with Update password.",
    ),
    Cause.NO_PASSWORD: Words(
        "No password is stored for this connection.",
        "",
        NEW_PASSWORD,
    ),
    Cause.WRONG_PASSWORD: Words(
        "The app-specific password has the right form but is most likely wrong: mistyped, or "
        "made for another Apple account than {apple_id}.",
        "It may have been revoked since, or {apple_id} may not be the address the user signs in "
        "with: the server answers all of these alike.",
        NEW_PASSWORD,
    ),
    Cause.ORDINARY_PASSWORD: Words(
        "The password looks like the ordinary Apple Account password, which never works here: "
        "an app-specific one has the form xxxx-xxxx-xxxx-xxxx.",
        "It may be an app-specific password that was copied only in part, or {apple_id} may not "
        "be the address the user signs in with.",
        NEW_PASSWORD,
    ),
    Cause.ALIAS: Words(
        "{apple_id} looks like an alias, not like the address the user signs in with at "
        "account.apple.com.",
        "The password may be mistyped or revoked, or made for another Apple account: the server "
        "answers all of these alike.",
        ADDRESS_FIRST,
    ),
    Cause.ALIAS_OR_PASSWORD: Words(
        "Most likely the password was mistyped, or {apple_id} is an alias and not the address "
        "the user signs in with at account.apple.com: at icloud.com an address may be either.",
        "The password may have been revoked since, or made for another Apple account: the "
        "server answers all of these alike.",
        ADDRESS_FIRST,
    ),
    Cause.UNKNOWN_APPLE_ID: Words(
        "The server most likely knows no Apple account called {apple_id}: it is misspelt, or "
        "not the address the user signs in with.",
        "The account may be locked, or the server want to be left alone for a while.",
        f"{WHICH_ADDRESS} If it is another, {{with_address}}; if it is this one, {{again}} in an "
        "hour.",
    ),
    Cause.REVOKED: Words(
        "The password worked until {worked_until} and does not any more: most likely it was "
        "revoked, alone or by a change of the Apple Account password.",
        "The account may be locked, its address be changed, or two-factor authentication be "
        "switched off{form}.",
        NEW_PASSWORD,
    ),
    Cause.NOT_TAKEN_NOTICE: Words(
        "{host} took no notice of the user name and password.",
        "A proxy in between may have removed them.",
        ASK_OPERATOR,
    ),
    Cause.MARKED_DEAD: Words(
        "The password works, though this connection is marked as needing a new one.",
        "The account may have been locked for a while, and is open again.",
        "Type the same password with Update password: that starts the sync again.",
    ),
    Cause.OTHER_ACCOUNT: Words(
        "The password opens another Apple account than the one that was connected.",
        "Apple may have joined two accounts into one.",
        "Type a password that was made for {apple_id}, or disconnect and connect the other "
        "account.",
    ),
    Cause.NO_HOME: Words(
        "The account exists but has no calendars: most likely Calendar is switched off in its "
        "iCloud settings.",
        "It may be a new account in which Calendar was never opened.",
        "Ask the user to switch Calendar on under iCloud in the settings of their device.",
    ),
    Cause.PARTITION_MOVED: Words(
        "Apple moved the account from {old} to {new}; the next sync follows by itself.",
        "",
        "Nothing. Should “{old}” stay in the sync log's errors, examine again.",
    ),
    Cause.NO_CALENDARS: Words(
        "The account has no calendar that holds events: most likely Calendar is switched off in "
        "its iCloud settings.",
        "All of its calendars may have been deleted, or only lists of reminders be left.",
        "Ask the user to look at icloud.com whether Calendar opens and shows a calendar. "
        "Nothing was removed here.",
    ),
    Cause.NOWHERE_TO_WRITE: Words(
        "Every calendar of this account is read-only, so there is nowhere to write appointments "
        "to: most likely all of them are shared with the user or subscribed.",
        "",
        "Ask the user to make a calendar of their own in iCloud, then {again}.",
    ),
    Cause.CALENDAR_GONE: Words(
        "The calendar that new events go to, “{name}”, is not in the account any more: most "
        "likely it was deleted in iCloud, or is shared no longer.",
        "Apple's listing may be incomplete for a while.",
        "Ask the user; then choose another calendar for new events on the connection's page. "
        "What came from it stays here.",
    ),
    Cause.MIRRORED_GONE: Words(
        "A calendar that is read, “{name}”, is not in the account any more: most likely it was "
        "deleted in iCloud, or is shared no longer.",
        "Apple's listing may be incomplete for a while.",
        "Ask the user; then set it to Ignored on the connection's page. Its Blocked Slots stay "
        "until then.",
    ),
    Cause.READ_ONLY: Words(
        "New events cannot be written, because “{name}” is read-only in iCloud: most likely it "
        "is shared with the user without the right to edit.",
        "It may be a subscribed calendar or one of Apple's own, like Birthdays.",
        "Choose another calendar for new events on the connection's page, or ask its owner for "
        "the right to edit.",
    ),
    Cause.NO_TARGET: Words(
        "No calendar is chosen for new events.",
        "",
        "Choose one on the connection's page.",
    ),
    Cause.UNREADABLE: Words(
        "Some events cannot be read: most likely the programs that made them wrote them wrongly.",
        "They may use something Referins does not know yet.",
        "They are set aside and hold nothing else up. Ask the user to save them again in the "
        "Calendar app.",
    ),
    Cause.NOT_SERVED_YET: Words(
        "Some events are listed, but iCloud does not give them out yet.",
        "Events that stay like that are ghosts of deleted ones.",
        "Nothing. They are asked for again.",
    ),
    Cause.NO_SYNC_REPORTS: Words(
        "{host} has no sync reports, so every event's etag is compared at each look.",
        "A proxy may not let the REPORT method through.",
        "Nothing. It works, and takes longer.",
    ),
    Cause.TOKEN_EXPIRED: Words(
        "The server has forgotten how far we had read; the next sync compares every etag.",
        "The calendar may have been deleted and made again.",
        "Nothing. No event is lost by it.",
    ),
    Cause.TOKEN_REFUSED: Words(
        "The server gives out sync-tokens and then refuses them: most likely a fault of its own.",
        "It may need a moment after a change.",
        "{Again} later. Meanwhile every event's etag is compared, which works.",
    ),
    Cause.CLOCK_WRONG: Words(
        "This machine's clock is most likely wrong: it is {skew} the clock of {host}.",
        "The server's clock may be wrong, if it is not Apple's.",
        "Switch on time synchronisation (NTP) on this machine.",
    ),
    Cause.NO_CLOCK: Words(
        "{host} does not say what time it is.",
        "",
        "Nothing.",
    ),
    Cause.SLOW: Words(
        "{host} answers slowly: most likely the network in between is slow.",
        "The service may be overloaded.",
        "Nothing, if it passes: syncing works, and takes longer. If it stays, ask whoever looks "
        "after this machine's network.",
    ),
    Cause.MAY_NOT_WRITE: Words(
        "No test event was written, because the connection may not sync now: it is {status}.",
        "",
        "Make the connection sync again first, or examine without a test event.",
    ),
    Cause.WRITE_REFUSED: Words(
        "{host} refuses to store an event in “{name}”: most likely the user may only read it.",
        "The account may be locked or over its limits.",
        "Ask the user to add an event there by hand at icloud.com, or choose another calendar "
        "for new events.",
    ),
    Cause.ACCOUNT_FULL: Words(
        "The account has no room for another event.",
        "",
        "Ask the user to make room: iCloud holds 50 000 events and reminders in all.",
    ),
    Cause.NOT_AS_WRITTEN: Words(
        "The test event came back otherwise than it was written: most likely the server answers "
        "from an old copy for a while.",
        "Somebody may have changed it at the same moment.",
        "{Again} in a few minutes.",
    ),
    Cause.LEFT_BEHIND: Words(
        "The test event could not be taken out again and may have stayed in “{name}”.",
        "The deletion may have worked without an answer.",
        "Ask the user to delete “{title}” on {day}. Referins never takes it for a Blocked Slot.",
    ),
    Cause.BUSY: Words(
        "A sync of this account is running, so it was not asked anything else.",
        "A worker may have died while syncing: then this ends within two minutes.",
        "{Again} in a minute.",
    ),
    Cause.TAKEN_OVER: Words(
        "Somebody paused, disconnected or changed the connection meanwhile, so we stopped.",
        "",
        "{Again}.",
    ),
    Cause.TIME_IS_UP: Words(
        "Not tried, because the time for an examination was up.",
        "",
        "{Again}.",
    ),
    Cause.OUR_MISTAKE: Words(
        "This step failed by a mistake of Referins' own.",
        "",
        "Send a support bundle: icloud_doctor --bundle. The log of this machine has more.",
    ),
}
