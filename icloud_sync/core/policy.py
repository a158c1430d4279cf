"""PRODUCT.md's rules and decisions as code. Each function names the rule it is."""

from calendars.types import AppointmentStatus, CalendarType

SYNCED_TYPES = frozenset(CalendarType) - {CalendarType.SIMPLE}
OUT_OF_ICLOUD = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.INVALID})

SIMPLE_REFUSED = (
    "Simple calendars do not sync with iCloud. Choose a Round Robin, Collective, "
    "Class Booking or Service calendar."
)


def is_synced_type(calendar_type: str) -> bool:
    """R1, R2."""
    return calendar_type in SYNCED_TYPES


def stays_in_icloud(status: str) -> bool:
    """D2: cancelled and invalid take the event out, every other status keeps it."""
    return status not in OUT_OF_ICLOUD


def remote_status(status: str) -> str:
    """D11: the iCalendar STATUS we write."""
    return "TENTATIVE" if status == AppointmentStatus.NEW else "CONFIRMED"
