"""What the admin's first page shows of the product."""

from zoneinfo import ZoneInfo

from django import template
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString

from calendars import queries
from calendars.admin.shown import time_span
from calendars.models import Appointment

register = template.Library()


@register.simple_tag
def coming_up() -> QuerySet[Appointment]:
    return queries.next_appointments(timezone.now())


@register.simple_tag
def when(appointment: Appointment) -> SafeString:
    zone = ZoneInfo(appointment.calendar.time_zone)
    return time_span(appointment.starts_at, appointment.ends_at, zone)
