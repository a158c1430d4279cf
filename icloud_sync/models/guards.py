"""What waits for a person, what stops everything, and who is at work."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from icloud_sync.models.connection import ICloudConnection, RemoteCollection
from icloud_sync.models.resource import RemoteResource


class Hold(models.Model):
    """More would be taken away at once than happens by itself: a person approves it, or keeps
    what is there (D21). At most one waits a connection and kind."""

    class Kind(models.TextChoices):
        VANISHED = "vanished", "Events vanished in iCloud"
        SHRUNK = "shrunk", "A series shrank in iCloud"
        DELETES = "deletes", "Events to be deleted in iCloud"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a person"
        APPROVED = "approved", "Approved"
        KEPT = "kept", "Kept"
        OVER = "over", "No longer so"

    connection = models.ForeignKey(ICloudConnection, on_delete=models.CASCADE, related_name="holds")
    collection = models.ForeignKey(
        RemoteCollection, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    resource = models.ForeignKey(
        RemoteResource, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    message = models.TextField()
    # How many, of how many; and which: hrefs, recurrence-ids or outbox rows' ids. Of what is
    # approved, what is still to be done.
    number = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    what = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "held back"
        verbose_name_plural = "held back"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=Q(state="waiting") & ~Q(kind="shrunk"),
                name="one_waiting_hold_a_connection_and_kind",
            ),
            models.UniqueConstraint(
                fields=["resource"],
                condition=Q(state="waiting", kind="shrunk"),
                name="one_waiting_hold_a_series",
            ),
        ]

    def __str__(self) -> str:
        return self.message


class Stop(models.Model):
    """While its one row is there, nothing is sent and nothing is fetched (D21)."""

    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "stop of all sync"
        verbose_name_plural = "stop all sync"

    def __str__(self) -> str:
        return f"Stopped since {self.since:%Y-%m-%d %H:%M} UTC"


class Heartbeat(models.Model):
    """A cluster of workers that is alive: its supervisor says so now and then."""

    name = models.CharField(max_length=200, unique=True)  # host and process
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
