"""A form that has been open for a while saves what its person changed, and no more."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class SavesWhatChanged(admin.ModelAdmin):  # type: ignore[type-arg]
    """For forms that are `KnowsWhatItShowed`, of models with `updated_at`."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        elif changed := form.fields_to_save():
            obj.save(update_fields=[*sorted(changed), "updated_at"])
