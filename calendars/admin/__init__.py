"""The product's side of the admin: people, calendars, appointments, Blocked Slots."""

from calendars.admin import appointments, people, slots, teams

__all__ = ["appointments", "people", "slots", "teams"]
