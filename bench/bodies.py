"""Calendar object resources as a pull meets them."""

ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
DTSTART:19810329T020000
TZNAME:GMT+2
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
DTSTART:19961027T030000
TZNAME:GMT+1
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
EVENT = """\
BEGIN:VEVENT
CREATED:20260801T101112Z
UID:4A1C7A5E-0D1E-4C39-9F0B-0F6B7A1C2D3E
DTEND;TZID=Europe/Berlin:20261201T103000
TRANSP:OPAQUE
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
SUMMARY:Planning with the north team
LAST-MODIFIED:20260802T101112Z
DTSTAMP:20260802T101112Z
DTSTART;TZID=Europe/Berlin:20261201T093000
SEQUENCE:1
LOCATION:Some Street 12\\, 10115 Berlin
DESCRIPTION:Bring the plan for the next quarter and the numbers of the
  last one. Then we go for lunch\\, if there is time.
URL;VALUE=URI:https://example.com/plan
{rule}BEGIN:VALARM
X-WR-ALARMUID:5B2D8B6F-1E2F-4D4A-8A1C-1F7C8B2D3E4F
UID:5B2D8B6F-1E2F-4D4A-8A1C-1F7C8B2D3E4F
TRIGGER:-PT15M
DESCRIPTION:Event reminder
ACTION:DISPLAY
END:VALARM
END:VEVENT
"""


def resource(rule: str = "", zone_last: bool = False) -> str:
    """About 1.2 KB. `zone_last`: the VTIMEZONE after the event, where it is read twice by
    who must know a zone before its times."""
    event = EVENT.format(rule=f"RRULE:{rule}\n" if rule else "")
    parts = [event, ZONE] if zone_last else [ZONE, event]
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Apple Inc.//iOS 18.0//EN\n"
    return "".join([head, *parts, "END:VCALENDAR\n"]).replace("\n", "\r\n")
