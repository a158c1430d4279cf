"""Inline rows whose autocomplete fields already know what they show: the stock widget
asks the database once a row."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest


class KnowingSelect(AutocompleteSelect):
    known: tuple[Any, str] | None = None  # value and label of the row's own choice

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        if self.known is None or list(value) != [str(self.known[0])]:
            return super().optgroups(name, value, attr)
        pk, label = self.known
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options.append(self.create_option(name, pk, label, True, len(options)))
        return [(None, options, 0)]


class KnowingForm(ModelForm):  # type: ignore[type-arg]
    """Its inline must select_related the autocomplete fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            return
        for name, field in self.fields.items():
            select = getattr(field.widget, "widget", field.widget)
            if isinstance(select, KnowingSelect):
                chosen = getattr(self.instance, name)
                select.known = (chosen.pk, str(chosen)) if chosen else None
                field.show_hidden_initial = True  # a row nobody touched is not saved

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.fields:
            shown = self.data.get(self[name].html_initial_name)
            standing = str(self.initial.get(name))
            if shown and name in self.changed_data and standing not in (shown, self[name].data):
                now = getattr(self.instance, name)
                said = (
                    f"This was changed meanwhile, to “{now}”. Choose that, or open the page again."
                )
                self.add_error(name, said)
        return cleaned


class KnowingInline(admin.TabularInline):  # type: ignore[type-arg]
    form = KnowingForm

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = KnowingSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
