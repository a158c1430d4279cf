"""Finds what was changed in Referins past the signals (QuerySet.update, bulk_create, fixtures,
SQL), by comparing what is with what was last agreed; rows of the outbox are its only output.

A few rows at a time, in the order of their keys, so that each is looked at once an hour and a
look stays short. No request is made. Whatever has a row in the outbox already, in any state, is
left alone: it will be sent, is being sent, or waits for a person.
"""

from icloud_sync.drift.look import Place, look

__all__ = ["Place", "look"]
