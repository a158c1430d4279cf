"""Rows that only the engine writes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from icloud_sync.admin.shown import STYLES


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Seen by whoever may view; never added, changed or deleted by hand."""

    change_form_template = "admin/icloud_sync/record.html"
    show_full_result_count = False

    class Media:
        css = STYLES

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return deletes_from_elsewhere(self, request) and super().has_delete_permission(request, obj)


def deletes_from_elsewhere(
    model_admin: admin.ModelAdmin,  # type: ignore[type-arg]
    request: HttpRequest,
) -> bool:
    """Deleting a user takes the rows below along, and asks each of their admins."""
    opts = model_admin.opts
    match = request.resolver_match
    own = f"{opts.app_label}_{opts.model_name}_"
    return bool(match and match.url_name and not match.url_name.startswith(own))
