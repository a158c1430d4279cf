"""Forms of the admin and the pages: times are typed as the owner's clock shows them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from calendars import booking
from calendars.fields import LineField, LinesField, WallClockField
from calendars.meanwhile import KnowsWhatItShowed
from calendars.models import Appointment, BlockedSlot, Calendar, User, no_seat_left
from calendars.queries import OFF
from calendars.wallclock import DAY, instant

TIMES = ("starts_at", "ends_at")
# As wide as the admin's own, but not as tall: a place is a line or two.
DETAILS = {
    "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
    "location": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2}),
    "notes": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 5}),
}
TEXTS = {"title": LineField, "location": LinesField, "notes": LinesField}


class TimeZoneInput(forms.TextInput):
    """A text field that offers the zones as one types; no script needed."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        list_id = f"{name}_zones"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        zones = format_html_join(
            "", '<option value="{}">', ((zone,) for zone in sorted(available_timezones()))
        )
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, zones)


class InOwnersZone(KnowsWhatItShowed):
    """Shows and reads `starts_at` and `ends_at` in the zone of whom the row belongs to."""

    together = (*TIMES, "is_all_day")
    starts_at = WallClockField(label="Starts")
    ends_at = WallClockField(label="Ends")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in TIMES:
                if name in self.fields:
                    self.initial[name] = self.shown(name)
        self.recall()

    def zone_of(self, row: Any) -> ZoneInfo:
        raise NotImplementedError

    def shown(self, name: str) -> datetime | date:
        moment = getattr(self.instance, name).astimezone(self.zone_of(self.instance))
        return on_the_minute(moment)

    def read_times(self, zone: ZoneInfo) -> None:
        """Puts moments where the fields left what the clock shows."""
        for name in TIMES:
            typed = self.cleaned_data.get(name)
            if typed is None:
                continue
            try:
                self.cleaned_data[name] = self.moment(name, typed, zone)
            except ValueError as error:
                self.add_error(name, str(error))

    def moment(self, name: str, typed: datetime | date, zone: ZoneInfo) -> datetime:
        if not isinstance(typed, datetime):
            raise ValueError("Enter a time, such as 14:30.")
        # An hour that the clock shows twice must not move because somebody fixed a title.
        kept: datetime | None = getattr(self.instance, name)
        if kept and on_the_minute(kept.astimezone(zone)) == typed:
            return kept
        return instant(typed, zone)


def on_the_minute(shown: datetime) -> datetime:
    """As the field shows it, which leaves seconds out."""
    return shown.replace(tzinfo=None, fold=0, second=0, microsecond=0)


class AppointmentForm(InOwnersZone):
    class Meta:
        model = Appointment
        fields = [
            "calendar",
            "title",
            "starts_at",
            "ends_at",
            "status",
            "location",
            "notes",
            "hosts",
            "owner",
        ]
        widgets = DETAILS
        field_classes = TEXTS

    assigned: Sequence[User] = ()

    def zone_of(self, row: Appointment) -> ZoneInfo:
        return ZoneInfo(row.calendar.time_zone)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        calendar = cleaned.get("calendar")
        self.read_times(ZoneInfo(calendar.time_zone if calendar else "UTC"))
        if calendar and all(cleaned.get(name) for name in TIMES) and not self.errors:
            self.settle_hosts(calendar)
        return cleaned

    def settle_hosts(self, calendar: Calendar) -> None:
        hosts = list(self.cleaned_data.get("hosts") or ())
        if not hosts and self.wants_assigning():
            hosts = self.assign(calendar)
        owner = self.cleaned_data.get("owner")
        if "owner" not in self.changed_data and owner not in hosts:
            owner = None  # was host until this very change
        try:
            self.cleaned_data["owner"] = booking.owner_among(hosts, owner, calendar)
        except ValidationError as error:
            self.add_error(None, error)

    def wants_assigning(self) -> bool:
        is_asked = not self.instance.pk or "hosts" in self.changed_data
        return is_asked and self.cleaned_data.get("status") not in OFF

    def assign(self, calendar: Calendar) -> list[User]:
        starts_at, ends_at = (self.cleaned_data[name] for name in TIMES)
        if ends_at <= starts_at:
            return []  # the model's own check says so
        try:
            self.assigned = booking.choose_hosts(
                calendar, starts_at, ends_at, leaving_out=self.instance.pk
            )
        except ValidationError as error:
            self.add_error("hosts", error)
        self.cleaned_data["hosts"] = User.objects.filter(pk__in=[user.pk for user in self.assigned])
        return list(self.assigned)


class SeatsFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The attendees of an appointment: never more than its calendar has seats."""

    def clean(self) -> None:
        super().clean()
        calendar_id = self.instance.calendar_id
        if any(self.errors) or not calendar_id:
            return
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("contact") and not form.cleaned_data.get("DELETE")
        ]
        if len(kept) > self.instance.calendar.seats:
            raise ValidationError(no_seat_left(self.instance.calendar.seats))


class BlockedSlotForm(InOwnersZone):
    class Meta:
        model = BlockedSlot
        fields = [
            "user",
            "calendar",
            "title",
            "is_all_day",
            "starts_at",
            "ends_at",
            "is_busy",
            "location",
            "notes",
        ]
        widgets = DETAILS
        field_classes = TEXTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.read_only_reason:  # its source forbids the rest
            self.fields = {name: self.fields[name] for name in ("is_busy",) if name in self.fields}

    def zone_of(self, row: BlockedSlot) -> ZoneInfo:
        return row.zone

    def shown(self, name: str) -> datetime | date:
        slot = self.instance
        if slot.is_all_day:
            days: dict[str, date] = {"starts_at": slot.starts_on, "ends_at": slot.ends_on - DAY}
            return days[name]
        return super().shown(name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        owner = self.owner()  # the model's own check asks for one
        zone = ZoneInfo(owner.time_zone if owner else "UTC")
        if cleaned.get("is_all_day"):
            self.read_dates(zone)
        else:
            self.read_times(zone)
        return cleaned

    def owner(self) -> User | Calendar | None:
        """As chosen; an event of a source keeps the owner it has."""
        found = (
            self.cleaned_data.get(name) if name in self.fields else getattr(self.instance, name)
            for name in ("user", "calendar")
        )
        return next((owner for owner in found if owner), None)

    def read_dates(self, zone: ZoneInfo) -> None:
        """Dates are what an all-day slot is; its last day is typed, the day after stored."""
        days = [self.cleaned_data.get(name) for name in TIMES]
        first, last = (day.date() if isinstance(day, datetime) else day for day in days)
        if not (first and last):
            return
        self.instance.starts_on, self.instance.ends_on = first, last + DAY
        self.cleaned_data["starts_at"] = datetime.combine(first, time(), zone)
        self.cleaned_data["ends_at"] = datetime.combine(last + DAY, time(), zone)
        if last < first:
            self.add_error("ends_at", "The last day is before the first.")

    def fields_to_save(self) -> set[str]:
        """The model settles an all-day slot's dates and instants together."""
        changed = super().fields_to_save()
        when = {*self.together, "starts_on", "ends_on"}
        return changed | when if changed & {*when, "user", "calendar"} else changed
