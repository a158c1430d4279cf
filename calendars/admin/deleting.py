"""What a deletion takes along, in words for people: no rows that only the database knows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst

from calendars import sources
from calendars.models import Appointment

HOSTING = Appointment.hosts.through._meta


class SaysWhatGoes(admin.ModelAdmin):  # type: ignore[type-arg]
    """The confirmations of one row and of a whole selection both ask here."""

    appointments_by = "pk__in"  # how the appointments that go are found by the rows that go

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        lines, counts, lacking, protected = super().get_deleted_objects(objs, request)
        shown = {
            name: number for name, number in counts.items() if name != HOSTING.verbose_name_plural
        }
        going = Appointment.objects.filter(**{self.appointments_by: [each.pk for each in objs]})
        for source in sources.registered.values():
            number = source.copies(going)
            if number:
                shown[f"Events taken out of {source.label}"] = number
        return without_hosting(lines), shown, lacking, protected


def without_hosting(lines: list[Any]) -> list[Any]:
    prefix = f"{capfirst(HOSTING.verbose_name)}: "
    return [
        without_hosting(line) if isinstance(line, list) else line
        for line in lines
        if isinstance(line, list) or not str(line).startswith(prefix)
    ]
