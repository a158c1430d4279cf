"""iCalendar (RFC 5545): read with a library, written by changing the stored text in place.

`lines` keeps every byte we do not own; `parse` reads; `render` makes a new event;
`patch` changes one; `zones` writes VTIMEZONE; `notes` is the line of our own.
"""
