"""The connections: their list, and the page of each."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from icloud_sync import connecting
from icloud_sync.admin.add import ConnectInTwoSteps
from icloud_sync.admin.doctor import ExaminesConnections
from icloud_sync.admin.facts import ConnectionFacts
from icloud_sync.admin.forms import ConnectionForm, RoleForm, RolesFormSet
from icloud_sync.admin.leaving import AsksBeforeLeaving
from icloud_sync.admin.readonly import deletes_from_elsewhere
from icloud_sync.admin.shown import STYLES, list_url
from icloud_sync.connecting import ConnectError
from icloud_sync.models import ICloudConnection, RemoteCollection, SyncLogEntry

Role = RemoteCollection.Role
FACTS: Any = ["state", "since", "why", "what_to_do", "last_success", "waiting", "attention"]
ACCOUNT: Any = ["user_link", "address", "server", "connected_on"]


class CollectionsInline(admin.TabularInline):  # type: ignore[type-arg]
    model = RemoteCollection
    form = RoleForm
    formset = RolesFormSet
    verbose_name_plural = "Calendars in iCloud"
    fields = ["name", "role"]
    readonly_fields = ["name"]
    can_delete = False
    max_num = 0

    # Whoever may see or change the connection may do so with what belongs to it.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has(request, "view") or has(request, "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has(request, "change") and (obj is None or obj.is_live)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def has(request: HttpRequest, act: str) -> bool:
    return request.user.has_perm(f"icloud_sync.{act}_icloudconnection")


@admin.register(ICloudConnection)
class ICloudConnectionAdmin(
    ConnectInTwoSteps, AsksBeforeLeaving, ExaminesConnections, ConnectionFacts
):
    form = ConnectionForm
    inlines = [CollectionsInline]

    class Media:
        css = STYLES

    change_form_template = "admin/icloud_sync/icloudconnection/change_form.html"
    list_display = ["account", "state", "target", "last_success", "waiting", "attention"]
    list_filter = ["status"]
    list_select_related = ["user"]
    search_help_text = "A user or an Apple ID."
    search_fields = [
        "apple_id",
        "user__username",
        "user__first_name",
        "user__last_name",
        "user__email",
    ]
    fieldsets = [
        (
            "State",
            {
                "fields": [
                    "state",
                    "since",
                    "why",
                    "what_to_do",
                    "last_success",
                    "waiting",
                    "attention",
                ]
            },
        ),
        ("Account", {"fields": ACCOUNT}),
        ("Calendars in Referins", {"fields": ["serves", "calendars", "write_who_is_coming"]}),
        (
            "What takes time away",
            {
                "fields": list(connecting.SWITCHES),
                "description": "Events from iCloud are always shown. Where somebody freed or "
                "blocked a slot here, that stays.",
            },
        ),
    ]
    readonly_fields = [*FACTS, *ACCOUNT]

    # --- The page ---------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        connection = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if connection:
            extra |= self.offered(request, connection) | {
                "log_url": list_url(SyncLogEntry, connection__id__exact=connection.pk)
            }
        extra |= {"show_save_and_add_another": False}
        return super().change_view(request, object_id, form_url, extra)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is disconnected is history: to be read, no longer to be changed."""
        return self.may_act(request) and (obj is None or obj.is_live)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Disconnect instead; only the deletion of its user takes a connection along."""
        return deletes_from_elsewhere(self, request) and super().has_delete_permission(request, obj)

    # --- Saving -----------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Everything goes through the services in save_related, which tell the story."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        connection, actor = form.instance, request.user
        if {"serves", "calendars"} & set(form.changed_data):
            chosen = form.cleaned_data
            self.ask_before_leaving(request, connection, chosen["serves"], chosen["calendars"])
            connecting.set_served(connection, chosen["serves"], chosen["calendars"], actor=actor)  # type: ignore[arg-type]
        if "write_who_is_coming" in form.changed_data:
            switch = form.cleaned_data["write_who_is_coming"]
            connecting.set_who_is_coming(connection, switch, actor=actor)  # type: ignore[arg-type]
        switches = [name for name in connecting.SWITCHES if name in form.changed_data]
        if switches:
            chosen = {name: form.cleaned_data[name] for name in switches}
            connecting.set_blocking(connection, chosen, actor=actor)  # type: ignore[arg-type]
        for formset in formsets:
            note_changes(formset)
            if formset.has_changed():
                self.save_roles(request, connection, formset)

    def save_roles(self, request: HttpRequest, connection: ICloudConnection, formset: Any) -> None:
        target, mirrored = formset.having(Role.TARGET)[0], formset.having(Role.MIRRORED)
        try:
            connecting.set_collections(connection, target, mirrored, actor=request.user)  # type: ignore[arg-type]
        except ConnectError as error:
            self.message_user(request, error.sentence, "ERROR")


def note_changes(formset: Any) -> None:
    """What Django's history reads from a formset that was saved; ours is saved by a service."""
    formset.new_objects, formset.deleted_objects = [], []
    formset.changed_objects = [
        (form.instance, form.changed_data) for form in formset.forms if form.has_changed()
    ]
