"""Calendar object resources as servers take them."""


def event(uid: str, summary: str = "Lunch", start: str = "20261123T100000Z") -> str:
    end = start[:9] + "235900Z"
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Referins//tests//EN\r\n"
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261122T000000Z\r\n"
        f"DTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:{summary}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def summary_of(body: str) -> str:
    lines = [line for line in body.splitlines() if line.startswith("SUMMARY:")]
    return lines[0].removeprefix("SUMMARY:")
