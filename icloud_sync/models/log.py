"""What was done, for support to read."""

from django.conf import settings
from django.db import models

from icloud_sync.models.connection import ICloudConnection
from icloud_sync.models.resource import RemoteResource


class SyncRun(models.Model):
    """One push or pull of one connection that did something, or failed to."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"  # expected: the server, the password
        ERRORED = "errored", "Errored"  # our bug

    connection = models.ForeignKey(ICloudConnection, on_delete=models.CASCADE, related_name="runs")
    direction = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.direction} {self.started_at:%Y-%m-%d %H:%M}"


class SyncLogEntry(models.Model):
    """One decision: what was done to what, and why. The story support reads."""

    class Direction(models.TextChoices):
        PUSH = "push", "Referins to iCloud"
        PULL = "pull", "iCloud to Referins"

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"
        RETRYING = "retrying", "Retrying"
        CONFLICT = "conflict", "Conflict"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey(
        ICloudConnection,
        on_delete=models.SET_NULL,
        null=True,
        related_name="log",
    )
    run = models.ForeignKey(SyncRun, on_delete=models.SET_NULL, null=True, related_name="log")
    direction = models.CharField(max_length=10, choices=Direction)
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20, choices=Outcome)
    message = models.TextField()
    # Plain numbers: the story must outlive what it is about.
    appointment_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    slot_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    resource = models.ForeignKey(
        RemoteResource, on_delete=models.SET_NULL, null=True, blank=True, related_name="log"
    )
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    # The body that this replaced or deleted, and its etag: enough to put it back.
    body = models.TextField(blank=True)
    etag = models.CharField(max_length=500, blank=True)
    # Who caused it, where it was a person; and which entry this one undoes.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    restores = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="restored_by"
    )
    # The same trouble again is no new entry: it is counted, with the time it was last met.
    repeats = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = "sync log entry"
        verbose_name_plural = "sync log"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["connection", "created_at"])]

    def __str__(self) -> str:
        return self.message
