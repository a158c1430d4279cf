"""Which calendars there are, and what one may do with them (S6, S7, S19)."""

from icloud_standin.switch import Board, Level, Switch


class CalendarSwitches(Board):
    __slots__ = ()
    title = "Calendars"
    narrowest: Level = "collection"

    xml_style = Switch(
        "S6",
        "apple",
        "Answers repeat an unprefixed xmlns on every element and are full of white space, or "
        "declare prefixes once as other servers do.",
        "Nothing changes.",
        choices=("apple", "prefixed"),
        level="account",
    )
    read_only = Switch(
        "S7",
        False,
        "The owner lets this account only read the calendar: no write privilege, 403.",
        "Edits are refused with a sentence, and slots say why they are read-only.",
    )
    withdrawn = Switch(
        "S19",
        "",
        "The calendar was deleted or unshared: the home does not list it, it answers 404 or 403 "
        "itself; or it is only not listed. It returns as it was.",
        "The slots stay and staff are told. When it returns, nothing doubles.",
        choices=("", "404", "403", "unlisted"),
    )
    renamed = Switch(
        "S19",
        "",
        "The owner calls the calendar by this name.",
        "The new name is shown; nothing else changes.",
    )
