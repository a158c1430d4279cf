"""What somebody else changed while a form was open, a source above all: it stays, and where
the person changed the same to something else, they are asked to look."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Manager
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.models import User
from calendars.queries import shown_name

STAMP = "_shown"


class KnowsWhatItShowed(forms.ModelForm):  # type: ignore[type-arg]
    """Carries what it showed. Of the row only that is set which the person changed from it.

    Without the stamp (a script posts) it compares with the row as it is now."""

    together: tuple[str, ...] = ()  # fields that are one to whoever changes them (D8)

    def recall(self) -> None:
        """Once `initial` says what the fields show of the row."""
        columns = self.instance._meta.concrete_fields
        self.stored = {field.name: getattr(self.instance, field.attname) for field in columns}
        self.present: dict[str, Any] = {name: self.initial.get(name) for name in self.fields}
        self.told: set[str] = set()
        for name, value in self.read_stamp().items():
            if name in self.fields:
                self.initial[name] = revived(value, self.present[name])

    # --- the stamp ---

    @property
    def stamp(self) -> SafeString | str:
        """For the template. What the person has been told of counts as shown."""
        if not self.instance.pk:
            return ""
        shown = {
            name: plain(self.present[name] if name in self.told else self.initial.get(name))
            for name in self.fields
        }
        signed = signing.dumps(shown, salt=self.salt, compress=True)
        return format_html('<input type="hidden" name="{}" value="{}">', STAMP, signed)

    @property
    def salt(self) -> str:
        return f"{self.instance._meta.label}:{self.instance.pk}"

    def read_stamp(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = signing.loads(self.data.get(STAMP, ""), salt=self.salt)
        except signing.BadSignature:
            return {}
        return found

    # --- comparing ---

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk:
            for names in self.groups():
                if not set(names) & set(self.changed_data):
                    self.keep(names)
                elif self.changed_meanwhile(names) and self.differ(names):
                    self.refuse(names)
        return cleaned

    def groups(self) -> list[tuple[str, ...]]:
        whole = tuple(name for name in self.together if name in self.fields)
        alone: list[tuple[str, ...]] = [(name,) for name in self.fields if name not in whole]
        return [whole, *alone] if whole else alone

    def keep(self, names: Sequence[str]) -> None:
        for name in set(names) & set(self.cleaned_data):
            self.cleaned_data[name] = self.standing(name)

    def standing(self, name: str) -> Any:
        """As the field would have read it."""
        if isinstance(self.present[name], date):
            return self.present[name]  # what the clock shows, in no zone yet
        value = getattr(self.instance, name)
        return value.all() if isinstance(value, Manager) else value

    def changed_meanwhile(self, names: Sequence[str]) -> bool:
        return any(plain(self.present[name]) != plain(self.initial.get(name)) for name in names)

    def differ(self, names: Sequence[str]) -> bool:
        return any(
            self.fields[name].has_changed(self.present[name], self[name].data) for name in names
        )

    def refuse(self, names: Sequence[str]) -> None:
        now = self.in_words(names)
        verb = "were" if names[0] in ("hosts", "notes") else "was"
        what = "time" if names[0] in self.together else str(self.fields[names[0]].label).lower()
        done = f"{verb} changed meanwhile, to “{now}”" if now else f"{verb} emptied meanwhile"
        self.told.update(names)
        for name in names:
            self.cleaned_data.pop(name, None)  # half of what is one must not be checked
        self.add_error(names[0], f"The {what} {done}. Look at it and save again.")

    def in_words(self, names: Sequence[str]) -> str:
        if names[0] in self.together:
            start, end = (self.present[name] for name in self.together[:2])
            return span_in_words(start, end)
        value = getattr(self.instance, names[0])
        if isinstance(value, Manager):
            return ", ".join(shown_name(each) for each in value.all())
        if isinstance(value, User):
            return shown_name(value)
        label = getattr(self.instance, f"get_{names[0]}_display", None)
        return str(label() if label else value or "")

    # --- saving ---

    def fields_to_save(self) -> set[str]:
        """Only these: a field that is not the person's may change until the very save."""
        columns = self.instance._meta.concrete_fields
        return {
            field.name
            for field in columns
            if getattr(self.instance, field.attname) != self.stored[field.name]
        }


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return sorted(getattr(each, "pk", each) for each in value)
    return value


def revived(value: Any, like: Any) -> Any:
    if not isinstance(like, date):
        return value
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


def span_in_words(start: date, end: date) -> str:
    first, last = (f"{each:%a} {each.day} {each:%b %Y}" for each in (start, end))
    if not isinstance(start, datetime):
        return first if first == last else f"{first} – {last}"
    until = f"{end:%H:%M}" if first == last else f"{last}, {end:%H:%M}"
    return f"{first}, {start:%H:%M} – {until}"
