"""Form fields that know what a clock shows, and what a browser makes of a text."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime


class WallClockWidget(AdminSplitDateTime):
    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.widgets[1].format = "%H:%M"

    def decompress(self, value: Any) -> tuple[date | None, time | None]:
        if isinstance(value, datetime):
            return value.date(), value.time()
        return value, None


class WallClockField(forms.SplitDateTimeField):
    """What a clock shows, in no zone yet; a date alone where the time is left empty."""

    widget = WallClockWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(require_all_fields=False, **kwargs)
        self.fields[0].required, self.fields[1].required = True, False
        self.error_messages["incomplete"] = "Enter a date."

    def compress(self, data_list: Any) -> Any:
        if not data_list or not data_list[0]:
            return None
        day, clock = data_list
        return datetime.combine(day, clock) if clock else day


class LinesField(forms.CharField):
    """A text whose line ends and edges a browser changes on its own."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)


class LineField(LinesField):
    """A browser shows one line of it: what is there without the line ends."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r", "").replace("\n", "") if isinstance(text, str) else text
