"""The product's enums in plain Python, so that pure code may import them."""

from enum import StrEnum


class CalendarType(StrEnum):
    ROUND_ROBIN = "round_robin"
    COLLECTIVE = "collective"
    CLASS_BOOKING = "class_booking"
    SERVICE = "service"
    SIMPLE = "simple"


class AppointmentStatus(StrEnum):
    NEW = "new"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    SHOWED = "showed"
    NO_SHOW = "no_show"
    INVALID = "invalid"


class SlotOrigin(StrEnum):
    REFERINS = "referins"
    ICLOUD = "icloud"


LABELS: dict[StrEnum, str] = {
    CalendarType.ROUND_ROBIN: "Round Robin",
    CalendarType.COLLECTIVE: "Collective",
    CalendarType.CLASS_BOOKING: "Class Booking",
    CalendarType.SERVICE: "Service",
    CalendarType.SIMPLE: "Simple",
    AppointmentStatus.NEW: "New",
    AppointmentStatus.CONFIRMED: "Confirmed",
    AppointmentStatus.CANCELLED: "Cancelled",
    AppointmentStatus.SHOWED: "Showed",
    AppointmentStatus.NO_SHOW: "No-show",
    AppointmentStatus.INVALID: "Invalid",
    SlotOrigin.REFERINS: "Referins",
    SlotOrigin.ICLOUD: "iCloud",
}

MAX_SEATS = 9_999


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """(value, label) pairs as a Django field wants them."""
    return [(member.value, LABELS[member]) for member in kind]
