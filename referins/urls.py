"""Addresses: the user pages at the root, the admin for staff."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("calendars.urls")),
    *([path("icloud/", include("icloud_sync.urls"))] if settings.ICLOUD_SYNC_ENABLED else []),
]
