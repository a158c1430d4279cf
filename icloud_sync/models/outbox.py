"""What must still be sent."""

from django.db import models

from icloud_sync.models.connection import ICloudConnection


class OutboxEntry(models.Model):
    """An intent: this object's state must reach this connection. At most one waiting row
    each (saves coalesce, the last state wins) and one that is being worked on.

    A finished row is deleted; the sync log keeps the story.
    """

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", "Appointment"
        SLOT = "slot", "Blocked Slot"
        EVENT = "event", "Event to put back"  # from the sync log's entry of this number

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Being sent"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"
        HELD = "held", "Held back"  # by a guard, until a person decides (D21)

    connection = models.ForeignKey(
        ICloudConnection, on_delete=models.CASCADE, related_name="outbox"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    object_id = models.BigIntegerField()
    # Which occurrence a deleted slot was: its row can no longer say.
    source_ref = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    # A person has seen how much would be taken out of iCloud, and wants it (D21).
    is_approved = models.BooleanField(default=False, editable=False)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "outbox entry"
        verbose_name_plural = "outbox"
        ordering = ["not_before", "pk"]
        indexes = [models.Index(fields=["state", "not_before"])]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "object_id", "state"],
                name="one_row_an_object_connection_and_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.object_id}"
