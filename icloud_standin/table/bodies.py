"""What stands in a body that is served and was not written (S14)."""

from icloud_standin.switch import Board, Level, Switch


class BodySwitches(Board):
    __slots__ = ()
    title = "Bodies"
    narrowest: Level = "collection"

    insert_dtstamp = Switch(
        "S14",
        True,
        "A fresh DTSTAMP and X-APPLE-TRAVEL-ADVISORY-BEHAVIOR stand in every body served.",
        "No change is seen where only these differ.",
    )
    default_alarm = Switch(
        "S14",
        False,
        "Every event served has an alarm, its own or the calendar's default.",
        "No change is seen, and the alarm stays where an edit goes back.",
    )
    drops_vtimezone = Switch(
        "S14",
        False,
        "Bodies are served without their VTIMEZONE.",
        "Times stay what they are.",
    )
