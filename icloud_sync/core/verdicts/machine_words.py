"""The table of verdicts for this machine itself, and for its connections at a glance."""

from icloud_sync.core.verdicts.causes import Cause, Words

MACHINE_WORDS = {
    Cause.DEBUG_ON: Words(
        "DEBUG is on, so pages of errors show their insides to whoever meets one.",
        "",
        "Set DEBUG=off wherever others can reach this machine.",
    ),
    Cause.NO_HOSTS: Words(
        "ALLOWED_HOSTS is empty, so every page answers with 400.",
        "",
        "Name the site's host names in ALLOWED_HOSTS and restart.",
    ),
    Cause.LINKS_LEAD_NOWHERE: Words(
        "PUBLIC_URL is {url}, so the links in events lead to the user's own machine.",
        "This may be a trial on one machine: then it is right.",
        "Set PUBLIC_URL to the site's address and restart.",
    ),
    Cause.DATABASE_DOWN: Words(
        "The database cannot be used: most likely it is down, or DATABASE_URL is wrong.",
        "Its disk may be full, or its password changed.",
        "Start the database, check DATABASE_URL, and run: manage.py migrate",
    ),
    Cause.NOT_MIGRATED: Words(
        "The database is not up to date with this version of Referins.",
        "An update may have stopped half-way.",
        "Run: manage.py migrate",
    ),
    Cause.CLOCKS_DIFFER: Words(
        "The clocks of this machine and of the database differ by {seconds} seconds.",
        "The database may be very busy.",
        "Switch on time synchronisation (NTP) on both machines.",
    ),
    Cause.KEYS_LOST: Words(
        "{number} of the stored passwords cannot be opened, because their key is not in "
        "FIELD_ENCRYPTION_KEYS any more.",
        "The database may come from another installation.",
        "Add the old key to the end of the list and restart, or type those passwords again.",
    ),
    Cause.OLD_KEY_NEEDED: Words(
        "{number} of the stored passwords still need an older key of FIELD_ENCRYPTION_KEYS.",
        "",
        "Keep the old key in the list. A password that is typed again uses the newest one.",
    ),
    Cause.QUEUE_DOWN: Words(
        "The task queue cannot be reached, so nothing is synced: most likely Redis is down, or "
        "REDIS_URL is wrong.",
        "",
        "Start Redis, or leave REDIS_URL empty to keep the queue in the database.",
    ),
    Cause.NO_SCHEDULES: Words(
        "The periodic tasks are not set up, so nothing is synced by itself: most likely no "
        "worker was ever started.",
        "",
        "Start one: manage.py worker",
    ),
    Cause.NO_WORKER: Words(
        "No worker is running, so nothing is sent or fetched: {last}.",
        "It may be unable to reach the database, or use another one.",
        "Start one: manage.py worker",
    ),
    Cause.SCHEDULES_STUCK: Words(
        "A worker is running, but its queue runs no periodic task since {since}; the worker "
        "sees to them itself meanwhile, every other minute.",
        "A schedule of somebody else’s in the same table may be broken, and stop all of them.",
        "Look into the worker’s log for “Could not create task from schedule”.",
    ),
    Cause.BEHIND: Words(
        "The workers are behind: {number} tasks wait.",
        "A worker may have died a moment ago; it is replaced by itself.",
        "Wait a few minutes and examine again. If it stays, start a second worker.",
    ),
    Cause.NEEDS_PASSWORD: Words(
        "It waits for a new app-specific password since {since}.",
        "",
        "Examine this connection alone for the reason: icloud_doctor {pk}",
    ),
    Cause.PAUSED: Words(
        "It was paused by staff, so nothing is sent or fetched.",
        "",
        "Press Resume on its page when changes may flow again.",
    ),
    Cause.OVERDUE: Words(
        "The account answers, but was last synced {since}: most likely the worker does not run "
        "or is behind.",
        "Its last sync may have met an event it could not get past.",
        "See the worker above, and the sync log of this connection.",
    ),
    Cause.SYNCING: Words("It is being synced right now."),
    Cause.LEFT_OUT: Words(
        "The time was up before every account could be asked.",
        "",
        "Examine those alone, by number: icloud_doctor CONNECTION_ID",
    ),
}
