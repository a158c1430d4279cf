"""The product's rows: people, calendars, appointments and the times nobody may book.

Knows nothing of iCloud: what a Blocked Slot's source is stands in neutral columns.
"""

from calendars.models.appointment import Appointment, Attendee, no_seat_left
from calendars.models.calendar import Calendar, CalendarMember
from calendars.models.people import Contact, TimeZoneField, User, validate_time_zone
from calendars.models.slot import BlockedSlot, settle_all_day_slots

__all__ = [
    "Appointment",
    "Attendee",
    "BlockedSlot",
    "Calendar",
    "CalendarMember",
    "Contact",
    "TimeZoneField",
    "User",
    "no_seat_left",
    "settle_all_day_slots",
    "validate_time_zone",
]
