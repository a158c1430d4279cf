"""Taking events of ours out of iCloud, and putting them back, from the list of resources."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from calendars.admin.turning import typed
from calendars.models import Calendar
from icloud_sync import connecting
from icloud_sync.connecting.story import counted
from icloud_sync.models import RemoteResource

ANSWER = "_take_out"
LONGEST_NUMBER = 19  # digits; fewer fit a database's largest integer
TEMPLATE = "admin/icloud_sync/remoteresource/take_out.html"
NONE_TO_TAKE_OUT = (
    "None of these can be taken out: they are not events of appointments, not in iCloud any "
    "more, or their calendar is not served, and then nothing is written about them."
)


class InICloudOfCalendar(admin.SimpleListFilter):
    """Where the calendar's own page leads to; it is not offered to choose from."""

    title = "calendar"
    parameter_name = "calendar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name, "")
        is_number = asked.isdecimal() and len(asked) < LONGEST_NUMBER
        found = Calendar.objects.filter(pk=asked) if is_number else Calendar.objects.none()
        return [(str(calendar.pk), calendar.name) for calendar in found]

    def has_output(self) -> bool:
        return self.value() is not None  # of a calendar that is not there: nothing, not all

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() is None:
            return None
        asked = [int(pk) for pk, _ in self.lookup_choices]
        staying = connecting.copies_staying().filter(appointment__calendar__in=asked)
        return queryset.filter(pk__in=staying.values("pk"))


class Withdrawing(admin.ModelAdmin):  # type: ignore[type-arg]
    actions = ["take_out_of_icloud", "put_back_into_icloud"]

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("icloud_sync.change_remoteresource")

    @admin.action(description="Take out of iCloud…", permissions=["withdraw"])
    def take_out_of_icloud(
        self, request: HttpRequest, chosen: QuerySet[RemoteResource]
    ) -> HttpResponse | None:
        copies = connecting.copies_served().filter(pk__in=chosen.values("pk"))
        if ANSWER in request.POST:
            number = connecting.take_out(copies, actor=request.user)  # type: ignore[arg-type]
            messages.success(
                request, f"Asked for {counted(number, 'event')} to be taken out of iCloud."
            )
            return None
        staying = connecting.what_stays(copies)
        if not staying.total:
            messages.warning(request, NONE_TO_TAKE_OUT)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Take out of iCloud",
            "opts": self.opts,
            "media": self.media,
            "has_view_permission": True,
            "staying": staying,
            "left_out": chosen.count() - staying.total,
            "typed": typed(request),
            "answer": ANSWER,
        }
        return TemplateResponse(request, TEMPLATE, context)

    @admin.action(description="Put back into iCloud", permissions=["withdraw"])
    def put_back_into_icloud(self, request: HttpRequest, chosen: QuerySet[RemoteResource]) -> None:
        number = connecting.put_back(chosen, actor=request.user)  # type: ignore[arg-type]
        said = f"Asked for {counted(number, 'event')} to be put back into iCloud."
        left_out = chosen.count() - number
        if left_out:
            said += (
                f" {left_out} left out: only what staff took out comes back, of calendars that "
                "are served and while it is still to come."
            )
        (messages.success if number else messages.warning)(request, said)
