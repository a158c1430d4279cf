"""What a person typed into the phone, as details; or the sentence that says what is wrong."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icloud_standin.phone.agenda import Occurrence
from icloud_standin.phone.edits import Details, as_date
from icloud_standin.phone.rules import AS_IT_IS, CHOICES, NEVER, choice_of, rule_of
from icloud_standin.phone.times import Moment


class Mistake(ValueError):
    """Shown above the form."""


def read(form: Mapping[str, str], zone: ZoneInfo) -> Details:
    title = form.get("title", "").strip()
    if not title:
        raise Mistake("Please give the event a title.")
    first = _date(form.get("date", ""))
    last = _date(form["end_date"]) if form.get("end_date") else first
    place, notes = form.get("place", "").strip(), _breaks(form.get("notes", ""))
    if form.get("all_day"):
        if last < first:
            raise Mistake("The event ends before it starts.")
        return Details(title, first, last + timedelta(days=1), place, notes)
    starts = datetime.combine(first, _time(form.get("start", "")), zone)
    ends = datetime.combine(last, _time(form.get("end", "")), zone)
    if ends <= starts:
        raise Mistake("The event ends before it starts. For the next day, fill in Ends on.")
    return Details(title, starts, ends, place, notes)


def filled(occurrence: Occurrence, rule: str, zone: ZoneInfo) -> dict[str, str]:
    details = occurrence.details
    repeat, until = choice_of(rule, details.starts, zone)
    first, last = as_date(details.starts), as_date(details.ends)
    if occurrence.all_day:
        last = max(first, last - timedelta(days=1))
    values = {
        "title": details.title,
        "place": details.place,
        "notes": details.notes,
        "date": first.isoformat(),
        "end_date": "" if last == first else last.isoformat(),
        "all_day": "on" if occurrence.all_day else "",
        "repeat": repeat,
        "until": until,
    }
    if isinstance(details.starts, datetime) and isinstance(details.ends, datetime):
        values |= {"start": f"{details.starts:%H:%M}", "end": f"{details.ends:%H:%M}"}
    return values


def read_rule(
    form: Mapping[str, str], after: Moment, before: Moment, rule: str, zone: ZoneInfo
) -> str | None:
    """The RRULE that is wanted, "" for none; None where it stays as it is."""
    choice = form.get("repeat", AS_IT_IS)
    if choice == AS_IT_IS:
        return None
    if choice not in CHOICES:
        raise Mistake("Please choose how often it repeats.")
    until = _date(form["until"]) if form.get("until") and choice != NEVER else None
    if until and until < as_date(after):
        raise Mistake("The last day of the repetition is before the event.")
    asked = (choice, until.isoformat() if until else "")
    if asked == choice_of(rule, before, zone) and as_date(after) == as_date(before):
        return None
    return None if choice == NEVER and not rule else rule_of(choice, until, after, zone)


def with_unshown(details: Details, before: Details) -> Details:
    """A form shows minutes, one line and no blanks around: what it shows unchanged is unchanged."""
    title = before.title if _one_line(before.title) == details.title else details.title
    place = before.place if _one_line(before.place) == details.place else details.place
    notes = before.notes if _breaks(before.notes) == details.notes else details.notes
    starts = before.starts if _shown(details.starts) == _shown(before.starts) else details.starts
    ends = before.ends if _shown(details.ends) == _shown(before.ends) else details.ends
    return Details(title, starts, ends, place, notes)


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "").strip()


def _breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _shown(moment: date | datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else f"{moment:%Y-%m-%d}"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Mistake("Please choose a date.") from error


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise Mistake("Please choose when it starts and ends, or tick All day.") from error
