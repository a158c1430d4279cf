"""Whether sending something would change anything. Some text cannot be said in iCalendar, or is
ours: it differs from what is there, and will differ when it was sent. A save sends it once; the
comparison must not send it each hour."""

from datetime import datetime

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.merge import changed_fields
from icloud_sync.core.push_plan import Action, Update
from icloud_sync.push.objects import Subject
from icloud_sync.push.send import updated_body, writes_time_anew


def has_effect(action: Action, subject: Subject, now: datetime) -> bool:
    base = subject.base()
    if not isinstance(action, Update) or action.rewrite_ours or base is None:
        return True
    zones = subject.zones_today if writes_time_anew(action, subject) else subject.zones
    try:
        body = updated_body(action, subject, now)
        after = find_occurrence(body, subject.recurrence_id, zones)
    except (UnreadableResource, ValueError):
        return True  # the push will say what is wrong
    if after is None:
        return True
    fields = after.fields.timed() if subject.is_appointment else after.fields
    return bool(changed_fields(base, fields))
