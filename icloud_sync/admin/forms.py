"""What staff type about a connection."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, FilteredSelectMultiple
from django.core.exceptions import ValidationError

from calendars.models import Calendar, User
from calendars.types import CalendarType
from icloud_sync.connecting import SWITCHES, ConnectError
from icloud_sync.connecting.begin import refuse_second_connection
from icloud_sync.connecting.errors import NO_CALENDARS_CHOSEN, NO_TARGET
from icloud_sync.core.policy import SIMPLE_REFUSED, SYNCED_TYPES
from icloud_sync.core.values import CollectionInfo
from icloud_sync.models import ICloudConnection, RemoteCollection

Role, Serves = RemoteCollection.Role, ICloudConnection.Serves
CHOICES = {"class": "choices"}
FEW = 20  # calendars that still read well as a list of check boxes

READ_ONLY_HELP = "Read-only in iCloud: its events cannot be edited here."
PASSWORD_HELP = (
    "Sixteen letters in four groups. The user makes one at account.apple.com: "
    "Sign-In and Security, App-Specific Passwords, +. The Apple Account password itself does "
    "not work. It is stored encrypted and never shown again."
)


class PasswordField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "off", "class": "vTextField", "spellcheck": "false"}
        super().__init__(
            label="App-specific password",
            strip=True,
            max_length=200,
            widget=forms.PasswordInput(render_value=False, attrs=attributes),
            help_text=PASSWORD_HELP,
            **options,
        )


class AccountForm(forms.Form):
    """The first step: whose account, and its password."""

    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        widget=AutocompleteSelect(ICloudConnection._meta.get_field("user"), admin.site),
        help_text="Whose appointments go to this account. A user has one connection.",
    )
    apple_id = forms.EmailField(
        label="Apple ID",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="The address the user signs in with at account.apple.com, not an alias.",
    )
    password = PasswordField()
    server_url = forms.CharField(
        label="Server",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "placeholder": "Apple's own"}),
        help_text="Leave empty for iCloud. Another CalDAV server: its full address.",
    )

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        try:
            refuse_second_connection(user)
        except ConnectError as error:
            raise ValidationError(error.sentence) from error
        return user


class PasswordForm(forms.Form):
    password = PasswordField()


class ServedCalendarsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Calendars that can sync; whoever sends a Simple one all the same is told why not."""

    def __init__(self, counts: Mapping[int, int] | None = None, **options: Any) -> None:
        self.counts = counts
        offered = Calendar.objects.filter(type__in=[kind.value for kind in SYNCED_TYPES])
        super().__init__(
            offered,
            required=False,
            label="Chosen calendars",
            widget=forms.CheckboxSelectMultiple(attrs=CHOICES),
            help_text="Simple calendars never sync with iCloud and are not offered.",
            **options,
        )

    def clean(self, value: Any) -> Any:
        try:
            simple = Calendar.objects.filter(pk__in=value or (), type=CalendarType.SIMPLE.value)
            refused = simple.exists()
        except (TypeError, ValueError):
            refused = False  # not numbers at all: the field itself says so
        if refused:
            raise ValidationError(SIMPLE_REFUSED)
        return super().clean(value)

    def label_from_instance(self, calendar: Any) -> str:
        label = f"{calendar.name} ({calendar.get_type_display()})"
        if self.counts is None:
            return label
        return f"{label}: {self.counts.get(calendar.pk, 0)} to send"


def suit_to_number(field: Any) -> None:
    """A long list gets Django's searchable widget."""
    if field.queryset.count() > FEW:
        field.widget = FilteredSelectMultiple("calendars", is_stacked=False)
        field.widget.choices = field.choices


def check_served(form: forms.BaseForm, cleaned: dict[str, Any]) -> None:
    """D19: an explicit choice is one calendar at least; all of them is no choice at all."""
    if cleaned.get("serves") == Serves.ALL:
        cleaned["calendars"] = Calendar.objects.none()
    elif "calendars" in cleaned and not cleaned["calendars"]:
        form.add_error("calendars", NO_CALENDARS_CHOSEN)


class ChoicesForm(forms.Form):
    """The second step: what each calendar of the account is for, and what is served."""

    serves = forms.ChoiceField(
        label="Serve",
        choices=Serves.choices,
        initial=Serves.ALL,
        widget=forms.RadioSelect(attrs=CHOICES),
    )
    write_who_is_coming = forms.BooleanField(
        label="Write who is coming",
        required=False,
        initial=True,
        help_text="Names and phones of the attendees, under the notes of each event.",
    )

    def __init__(
        self,
        *args: Any,
        collections: tuple[CollectionInfo, ...],
        counts: Mapping[int, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.collections = collections
        first = next((info for info in collections if info.can_write), None)
        for number, info in enumerate(collections):
            self.fields[f"role_{number}"] = role_field(info, is_target=info is first)
        self.fields["calendars"] = ServedCalendarsField(counts)
        suit_to_number(self.fields["calendars"])

    @property
    def role_names(self) -> list[str]:
        return [f"role_{number}" for number in range(len(self.collections))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_served(self, cleaned)
        if len(self.having(Role.TARGET)) != 1:
            raise ValidationError(NO_TARGET)
        return cleaned

    def having(self, role: str) -> list[str]:
        """hrefs of the collections with this role."""
        named = zip(self.role_names, self.collections, strict=True)
        return [info.href for name, info in named if self.cleaned_data.get(name) == role]


def role_field(info: CollectionInfo, is_target: bool) -> forms.ChoiceField:
    read_only = "Events come in (read-only in iCloud)"
    choices = [(Role.MIRRORED.value, read_only), (Role.IGNORED.value, Role.IGNORED.label)]
    if info.can_write:
        choices = list(Role.choices)
    return forms.ChoiceField(
        label=info.name or info.href,
        choices=choices,
        initial=Role.TARGET.value if is_target else Role.MIRRORED.value,
        help_text="" if info.can_write else READ_ONLY_HELP,
    )


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be changed about a connection later on."""

    calendars = ServedCalendarsField()

    class Meta:
        model = ICloudConnection
        fields = ["serves", "calendars", "write_who_is_coming", *SWITCHES]
        widgets = {"serves": forms.RadioSelect(attrs=CHOICES)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "calendars" in self.fields:  # not where the page is for reading only
            suit_to_number(self.fields["calendars"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_served(self, cleaned)
        return cleaned


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RemoteCollection
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields and self.instance.pk and not self.instance.can_write:
            self.fields["role"] = role_field(
                CollectionInfo(self.instance.href, self.instance.name, can_write=False), False
            )
            self.fields["role"].help_text = ""

    def validate_constraints(self) -> None:
        """One target: the formset sees all the rows, a row alone only yesterday's."""


class RolesFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        if not any(self.errors) and len(self.having(Role.TARGET)) != 1:
            raise ValidationError(NO_TARGET)

    def having(self, role: str) -> list[str]:
        return [form.instance.href for form in self.forms if form.cleaned_data.get("role") == role]
