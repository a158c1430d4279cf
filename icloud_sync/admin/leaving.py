"""Before a connection stops serving calendars, staff see which of our events would stay in
iCloud, and may take them out first (D19). Nothing is saved before the answer."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from calendars.admin.turning import typed
from calendars.models import Calendar
from icloud_sync import connecting
from icloud_sync.admin.actions import ConnectionActions, back_to
from icloud_sync.admin.add import FOLDER
from icloud_sync.connecting.story import counted
from icloud_sync.models import ICloudConnection, RemoteResource

TAKE_OUT, LEAVE = "_take_them_out_first", "_leave_them_there"


class NotAnsweredYet(Exception):
    """Takes back what the form has saved so far."""

    def __init__(self, copies: QuerySet[RemoteResource]) -> None:
        self.copies = copies


class AsksBeforeLeaving(ConnectionActions):
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except NotAnsweredYet as asking:
            connection = get_object_or_404(ICloudConnection, pk=object_id)
            if TAKE_OUT in request.POST:
                return self.take_out_first(request, connection, asking.copies)
            return self.ask(request, connection, asking.copies)

    def ask_before_leaving(
        self,
        request: HttpRequest,
        connection: ICloudConnection,
        serves: str,
        calendars: Iterable[Calendar],
    ) -> None:
        copies = connecting.copies_leaving(connection, serves, calendars)
        if LEAVE not in request.POST and copies.exists():
            raise NotAnsweredYet(copies)

    def ask(
        self,
        request: HttpRequest,
        connection: ICloudConnection,
        copies: QuerySet[RemoteResource],
    ) -> HttpResponse:
        context = self.page(request, connection, "Events that would stay in iCloud")
        context |= {"staying": connecting.what_stays(copies), "typed": typed(request)}
        context |= {"take_out": TAKE_OUT, "leave": LEAVE}
        return TemplateResponse(request, f"{FOLDER}/leaving.html", context)

    def take_out_first(
        self,
        request: HttpRequest,
        connection: ICloudConnection,
        copies: QuerySet[RemoteResource],
    ) -> HttpResponse:
        number = connecting.take_out(copies, actor=request.user)  # type: ignore[arg-type]
        said = f"Asked for {counted(number, 'event')} to be taken out of iCloud."
        self.log_change(request, connection, said)
        messages.success(
            request,
            f"{said} The choice of calendars is not changed yet: make it again once they are "
            "gone (the page then asks no more).",
        )
        return back_to(connection)
