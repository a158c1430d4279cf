"""The doctor's page: one press examines a connection, or this machine, in the background."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from icloud_sync.admin.actions import PREFIX, ConnectionActions, back_to
from icloud_sync.admin.add import FOLDER
from icloud_sync.admin.shown import BAD, GOOD, QUIET, WARN, ago, mark
from icloud_sync.connecting.errors import DISCONNECTED
from icloud_sync.core.verdicts.values import Grade, Verdict, explained
from icloud_sync.doctor import background
from icloud_sync.doctor.background import MACHINE
from icloud_sync.doctor.machine import examine_worker
from icloud_sync.doctor.report import Report
from icloud_sync.models import ICloudConnection, RemoteCollection

KINDS = {Grade.GOOD: GOOD, Grade.NOTE: WARN, Grade.TROUBLE: BAD, Grade.NOT_TRIED: QUIET}
LABELS = {
    Grade.GOOD: "Good",
    Grade.NOTE: "Note",
    Grade.TROUBLE: "Needs attention",
    Grade.NOT_TRIED: "Not tried",
}
USUALLY_BEGUN = timedelta(seconds=20)  # later, the worker is looked at
GIVEN_UP = timedelta(minutes=3)
LOOK_AGAIN = 2  # seconds


class ExaminesConnections(ConnectionActions):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("doctor/", view(self.machine_view), name=f"{PREFIX}_machine"),
            path("<int:pk>/doctor/", view(self.doctor_view), name=f"{PREFIX}_doctor"),
            *super().get_urls(),
        ]

    def doctor_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = self.acted_on(request, pk)
        if not connection.is_live:
            messages.error(request, DISCONNECTED)
            return back_to(connection)
        return self.examine(request, connection)

    def machine_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        return self.examine(request, None)

    def examine(self, request: HttpRequest, connection: ICloudConnection | None) -> HttpResponse:
        """GET shows the page and what was found; POST begins, with a question before a test
        event is written."""
        wants_event = bool(connection and "write" in request.POST)
        if request.method != "POST":
            return self.show(request, connection)
        if wants_event and "confirmed" not in request.POST:
            return self.show(request, connection, asks=True)
        return self.begin(request, connection, write=wants_event)

    def begin(
        self, request: HttpRequest, connection: ICloudConnection | None, write: bool
    ) -> HttpResponse:
        pk = connection.pk if connection else MACHINE
        task_id = background.start(pk, write=write, actor_id=request.user.pk)
        if connection:
            what = "Examined, with a test event." if write else "Examined."
            self.log_change(request, connection, what)
        run = signing.TimestampSigner(salt=background.group_of(pk)).sign(task_id)
        return redirect(f"{url_of(connection)}?{urlencode({'run': run})}")

    def show(
        self, request: HttpRequest, connection: ICloudConnection | None, asks: bool = False
    ) -> HttpResponse:
        context = self.doctor_page(request, connection) | {"asks": asks}
        if not asks:
            context |= found(request.GET.get("run", ""), connection.pk if connection else MACHINE)
        return TemplateResponse(request, f"{FOLDER}/doctor.html", context)

    def doctor_page(
        self, request: HttpRequest, connection: ICloudConnection | None
    ) -> dict[str, Any]:
        if connection is None:
            return {
                **self.admin_site.each_context(request),
                "title": "Doctor",
                "subtitle": "This machine",
                "opts": self.opts,
                "media": self.media,
                "has_view_permission": self.has_view_permission(request),
                "here": url_of(None),
            }
        target = connection.collections.filter(role=RemoteCollection.Role.TARGET).first()
        return {
            **self.page(request, connection, "Doctor"),
            "here": url_of(connection),
            "target": target if connection.may_sync else None,
        }

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {**(extra_context or {}), "may_examine": self.may_act(request)}
        return super().changelist_view(request, extra)


def url_of(connection: ICloudConnection | None) -> str:
    if connection is None:
        return reverse(f"admin:{PREFIX}_machine")
    return reverse(f"admin:{PREFIX}_doctor", args=[connection.pk])


# --- What the page shows ----------------------------------------------------------------


def found(run: str, pk: int) -> dict[str, Any]:
    """The report of this run, or that it is waited for; without a run the latest report."""
    if not run:
        return shown(background.latest(pk))
    signer = signing.TimestampSigner(salt=background.group_of(pk))
    try:
        report = background.result(pk, signer.unsign(run, max_age=background.KEPT_FOR))
    except signing.BadSignature:
        return shown(background.latest(pk))
    except background.Failed:
        return {"broke_down": True}
    return shown(report) if report else waiting(signer, run)


def waiting(signer: signing.TimestampSigner, run: str) -> dict[str, Any]:
    """No worker is a finding too."""
    if is_older(signer, run, GIVEN_UP):
        return {"gave_up": True, "steps": as_steps(examine_worker())}
    late = is_older(signer, run, USUALLY_BEGUN)
    return {
        "waiting": True,
        "look_again": LOOK_AGAIN,
        "steps": as_steps(examine_worker()) if late else [],
    }


def is_older(signer: signing.TimestampSigner, run: str, age: timedelta) -> bool:
    try:
        signer.unsign(run, max_age=age)
    except signing.SignatureExpired:
        return True
    return False


def shown(report: Report | None) -> dict[str, Any]:
    if report is None:
        return {}
    return {
        "report": report,
        "at": ago(report.at),
        "verdict": mark_of(worst(report.verdicts)),
        "steps": as_steps(report.verdicts),
    }


def worst(verdicts: list[Verdict]) -> Grade:
    grades = {verdict.grade for verdict in verdicts}
    return next((one for one in (Grade.TROUBLE, Grade.NOT_TRIED) if one in grades), Grade.GOOD)


def as_steps(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    return [
        {"verdict": one, "mark": mark_of(one.grade), "explained": explained(one)}
        for one in verdicts
    ]


def mark_of(grade: Grade) -> SafeString:
    return mark(KINDS[grade], LABELS[grade])
