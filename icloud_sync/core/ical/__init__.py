"""iCalendar (RFC 5545): read by content line, written by changing the stored text in place.

`lines` keeps every byte we do not own; `read` makes a document of them, `series` its
occurrences, `parse` what these mean to us; `tzids` and `definitions` know time zones; `render`
makes a new event; `patch` changes one; `zones` writes VTIMEZONE; `notes` is the line of our own.
"""
