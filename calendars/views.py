"""The user pages: one's own week."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from calendars import agenda, entries, sources
from calendars.models import User
from calendars.queries import shown_name
from calendars.wallclock import monday_of

# The time zone database knows little beyond, and links stay within what dates can hold.
YEARS = range(1970, 2200)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    person = whose(request)
    return redirect(week_address(today_of(person), request, person))


@login_required
def week(request: HttpRequest, year: int, month: int, day: int) -> HttpResponse:
    person = whose(request)
    first = monday_of(asked_day(year, month, day))
    zone = ZoneInfo(person.time_zone)
    laid_out = agenda.week(
        entries.of_week(person, first, with_admin_links=viewer(request).is_staff),
        first,
        zone,
        timezone.now(),
    )
    return render(
        request,
        "calendars/week.html",
        {
            "week": laid_out,
            "person": person,
            "person_name": shown_name(person),
            "is_own": person == request.user,
            "number": first.isocalendar().week,
            "freshness": sources.freshness(person),
            "sources": sources.registered.values(),
            "previous": week_address(first - timedelta(days=7), request, person),
            "today": week_address(today_of(person), request, person),
            "next": week_address(first + timedelta(days=7), request, person),
        },
    )


def viewer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required stands before every page
    return request.user


def whose(request: HttpRequest) -> User:
    """Oneself; staff may look at somebody else's time with ?user=."""
    me, asked = viewer(request), request.GET.get("user", "")
    if not asked or asked == str(me.pk):
        return me
    if not me.is_staff:
        raise PermissionDenied("Only staff may look at somebody else’s calendar.")
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404("There is no such user.")
    return get_object_or_404(User, pk=int(asked))


def asked_day(year: int, month: int, day: int) -> date:
    if year not in YEARS:
        raise Http404("There is no calendar for that year.")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Http404("There is no such day.") from error


def today_of(person: User) -> date:
    return timezone.now().astimezone(ZoneInfo(person.time_zone)).date()


def week_address(day: date, request: HttpRequest, person: User) -> str:
    address = reverse("week", args=[day.year, day.month, day.day])
    return address if person == request.user else f"{address}?user={person.pk}"
