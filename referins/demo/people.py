"""Who is in the demo. One list: the seed makes them, and the stand-in knows their accounts."""

from dataclasses import dataclass

PASSWORD = "demo"


@dataclass(frozen=True)
class Person:
    username: str
    full_name: str
    time_zone: str
    app_password: str

    @property
    def apple_id(self) -> str:
        return f"{self.username}@icloud.example"

    @property
    def account(self) -> str:
        """As `manage.py icloud_standin --account` takes it."""
        return f"{self.apple_id}:{self.app_password}:{self.full_name}:{self.time_zone}"


STAFF = "admin"
ANNA = Person("anna", "Anna Weber", "Europe/Berlin", "anna-demo-demo-demo")
BEN = Person("ben", "Ben Carter", "America/New_York", "bens-demo-demo-demo")
CHIYO = Person("chiyo", "Chiyo Sato", "Asia/Tokyo", "chiy-demo-demo-demo")
USERS = (ANNA, BEN, CHIYO)
CONNECTED = ANNA


def logins(connected: set[str]) -> list[str]:
    """A line for each login, for people to read; `connected`: whose iCloud is."""
    lines = [f"{STAFF} / {PASSWORD}    staff, for the admin"]
    for person in USERS:
        login = f"{person.username} / {PASSWORD}".ljust(14)
        state = "connected to iCloud" if person.username in connected else "not connected"
        lines.append(f"{login}  {state}, {person.time_zone}")
    return lines
