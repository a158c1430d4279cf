"""A calendar object resource in iCloud, and the identities we minted."""

from django.db import models
from django.db.models import Q

from calendars.models import Appointment
from icloud_sync.models.connection import ICloudConnection, RemoteCollection


class RemoteResource(models.Model):
    """A calendar object resource: where it lies, and what both sides last agreed on.

    With an appointment it is that appointment's copy for this connection's user (D1);
    its other occurrences, and every occurrence of a resource without one, are Blocked
    Slots whose `source_ref` names this row.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SYNCED = "synced", "Synced"
        DELETED_IN_ICLOUD = "deleted_in_icloud", "Deleted in iCloud"
        REMOVED = "removed", "Taken out by us"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"

    connection = models.ForeignKey(
        ICloudConnection, on_delete=models.CASCADE, related_name="resources"
    )
    collection = models.ForeignKey(
        RemoteCollection, on_delete=models.CASCADE, related_name="resources"
    )
    href = models.CharField(max_length=1000)
    uid = models.CharField("UID", max_length=1000, db_index=True)
    etag = models.CharField(max_length=500, blank=True)
    # The version that our last write replaced: who serves it now is behind the times.
    replaced_etag = models.CharField(max_length=500, blank=True, editable=False)
    # The body as last agreed; for a pending copy the body we are about to send, so that
    # a crash after the server said yes still has something to compare with.
    base = models.TextField(blank=True)
    # What a time without a zone meant when the base was agreed on; empty: the owner's zone.
    agreed_zone = models.CharField(max_length=64, blank=True, editable=False)
    # Where the dates of an appointment's copy begin; empty: in its calendar's zone. Kept while
    # the event is all-day: nobody who moves a calendar to another zone has moved its days.
    dates_zone = models.CharField(max_length=64, blank=True, editable=False)
    # A body that cannot be understood is kept beside the base, which stays what was agreed.
    unread_body = models.TextField(blank=True, editable=False)
    # The link outlives the appointment, because the copy does until its DELETE is confirmed.
    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="icloud_copies",
    )
    # Which occurrence the appointment is, once somebody made a series of its event (D13).
    recurrence_id = models.CharField(max_length=40, blank=True)
    # That occurrence is out of the series; the others are as alive as before.
    own_occurrence_gone = models.BooleanField(default=False, editable=False)
    # The last body that held it, where iCloud took it out: what the appointment must differ
    # from to be put back (D4). Empty where it was us.
    own_base = models.TextField(blank=True, editable=False)
    # What we last wrote of the things that only we write (status, link, who is coming).
    written_digest = models.CharField(max_length=64, blank=True)
    # Staff asked for it to be taken out of iCloud; the appointment itself lives on. Lasts
    # as long as its calendar is served: served again, it comes back (D19).
    withdrawn = models.BooleanField("taken out by staff", default=False, editable=False)
    has_guests = models.BooleanField(default=False)
    is_recurring = models.BooleanField(default=False)
    # The same in all parts of a series that iCloud split ("all future events").
    recurrence_set = models.CharField(max_length=255, blank=True, editable=False)
    # Slots deleted here after the event was deleted there: recurrence-id -> slot. Should it
    # come back, they go (D6).
    deleted_here = models.JSONField(default=dict, blank=True, editable=False)
    # Deleted in iCloud, and somebody decided to leave it at that: no longer listed (D4, D5).
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    # A person decided that it stays in iCloud though its appointment is out of it (D21).
    left_there = models.BooleanField(default=False, editable=False)
    # Who wrote it lately, oldest first: [time, "Referins" or "iCloud", what of it].
    writes = models.JSONField(default=list, blank=True, editable=False)
    # Both sides kept rewriting it; nothing more is written until a person says so.
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the rolling window may bring new occurrences of it in; empty: never again (D10).
    reconsider_at = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    state_reason = models.CharField(max_length=500, blank=True)
    # How often what needs attention was asked for again unchanged.
    looks = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["connection", "state"]),
            models.Index(fields=["connection", "reconsider_at"]),
            models.Index(fields=["connection", "recurrence_set"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["connection", "href"], name="resource_href_once"),
            models.UniqueConstraint(
                fields=["connection", "appointment"],
                condition=Q(appointment__isnull=False),
                name="one_copy_an_appointment_and_connection",
            ),
        ]

    def __str__(self) -> str:
        return self.href

    def is_behind(self, etag: str) -> bool:
        """Whether who answers with this etag has not heard of our last write yet."""
        return bool(etag) and etag == self.replaced_etag and etag != self.etag


class DeletedInICloud(RemoteResource):
    """The same rows, to work off: what was deleted in iCloud and nobody has decided about."""

    class Meta:
        proxy = True
        verbose_name = "deleted in iCloud"
        verbose_name_plural = "deleted in iCloud"
        ordering = ["-updated_at", "-pk"]


class MintedUid(models.Model):
    """A UID we made. Outlives connections, so that our own event is never taken for
    somebody's Blocked Slot, whichever account it turns up in (D16)."""

    uid = models.CharField("UID", max_length=64, primary_key=True)
    appointment_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.uid
