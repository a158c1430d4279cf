"""What we know of iCloud: whose account, which collections, which resources; what must
still be sent; and what was done, for support to read."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from calendars.models import Appointment, Calendar
from calendars.types import CalendarType
from icloud_sync.fields import EncryptedTextField

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class ICloudConnection(models.Model):
    """A user's Apple account, connected. At most one live one a user (D17), and one
    user an account (D18)."""

    class Status(models.TextChoices):
        CONNECTED = "connected", "Connected"
        DEGRADED = "degraded", "Degraded"
        NEEDS_PASSWORD = "needs_password", "Reconnect required"
        PAUSED = "paused", "Paused"
        DISCONNECTED = "disconnected", "Disconnected"

    class Serves(models.TextChoices):
        ALL = "all", "All calendars the user is host in, now and later"
        CHOSEN = "chosen", "Only the calendars chosen below"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="icloud_connections"
    )
    apple_id = models.EmailField(
        "Apple ID",
        help_text="The address the user signs in with at account.apple.com, not an alias.",
    )
    app_password = EncryptedTextField(
        "app-specific password",
        blank=True,
        help_text="Sixteen letters, made at account.apple.com under Sign-In and Security, "
        "App-Specific Passwords. The Apple Account password itself does not work.",
    )
    server_url = models.URLField(
        "server", default="", blank=True, help_text="Left empty: Apple's own server."
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.CONNECTED)
    status_reason = models.CharField(max_length=500, blank=True, editable=False)
    status_since = models.DateTimeField(auto_now_add=True)
    serves = models.CharField(max_length=10, choices=Serves, default=Serves.ALL)
    calendars = models.ManyToManyField(
        Calendar,
        blank=True,
        related_name="icloud_connections",
        limit_choices_to=~Q(type=CalendarType.SIMPLE.value),
        help_text="Simple calendars do not sync and are not offered.",
    )
    write_who_is_coming = models.BooleanField(
        "write who is coming",
        default=True,
        help_text="Names and phones of the attendees, under the notes of each event.",
    )
    # Both as the server told us at discovery: paths that survive a change of partition.
    principal_href = models.CharField(max_length=500, blank=True, editable=False)
    home_url = models.CharField(max_length=1000, blank=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_activity_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_poll_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)

    # One worker a connection, by conditional UPDATE with an expiry (leases.py).
    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    lease_fence = models.BigIntegerField(default=0, editable=False)

    if TYPE_CHECKING:
        collections: RelatedManager["RemoteCollection"]
        resources: RelatedManager["RemoteResource"]

    class Meta:
        verbose_name = "connection"
        ordering = ["user__username", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=~Q(status="disconnected"),
                name="one_live_connection_a_user",
                violation_error_message="This user has an iCloud connection already.",
            ),
            models.UniqueConstraint(
                fields=["principal_href", "server_url"],
                condition=~Q(status="disconnected") & ~Q(principal_href=""),
                name="one_live_connection_an_account",
                violation_error_message="This Apple account is connected for another user.",
            ),
            models.UniqueConstraint(
                Lower("apple_id"),
                "server_url",
                condition=~Q(status="disconnected"),
                name="one_live_connection_an_apple_id",
                violation_error_message="This Apple account is connected for another user.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.apple_id})"

    @property
    def is_live(self) -> bool:
        return self.status != self.Status.DISCONNECTED

    @property
    def may_sync(self) -> bool:
        return self.status in (self.Status.CONNECTED, self.Status.DEGRADED)


class RemoteCollection(models.Model):
    """One calendar collection of a connected account, and what we use it for (D17)."""

    class Role(models.TextChoices):
        TARGET = "target", "New events go here, edits go back"
        MIRRORED = "mirrored", "Events come in, edits go back"
        IGNORED = "ignored", "Ignored"

    connection = models.ForeignKey(
        ICloudConnection, on_delete=models.CASCADE, related_name="collections"
    )
    href = models.CharField(max_length=1000)
    name = models.CharField(max_length=500, blank=True)
    color = models.CharField(max_length=20, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.IGNORED)
    can_write = models.BooleanField(default=True)
    # As of the last pull that stored everything it listed; saved after the data, never before.
    sync_token = models.TextField(blank=True, editable=False)
    ctag = models.TextField(blank=True, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Pulls in a row that could not read all that was listed, and so kept the old token.
    holds = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "href"], name="collection_href_once"),
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(role="target"),
                name="one_target_a_connection",
                violation_error_message="Choose one calendar to write new events to.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.href

    @property
    def is_read(self) -> bool:
        return self.role != self.Role.IGNORED


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
    # The body as last agreed; for a pending copy the body we are about to send, so that
    # a crash after the server said yes still has something to compare with.
    base = models.TextField(blank=True)
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
    # What we last wrote of the things that only we write (status, link, who is coming).
    written_digest = models.CharField(max_length=64, blank=True)
    has_guests = models.BooleanField(default=False)
    is_recurring = models.BooleanField(default=False)
    # When the rolling window may bring new occurrences of it in; empty: never again (D10).
    reconsider_at = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    state_reason = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["connection", "state"]),
            models.Index(fields=["connection", "reconsider_at"]),
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


class MintedUid(models.Model):
    """A UID we made. Outlives connections, so that our own event is never taken for
    somebody's Blocked Slot, whichever account it turns up in (D16)."""

    uid = models.CharField("UID", max_length=64, primary_key=True)
    appointment_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.uid


class OutboxEntry(models.Model):
    """An intent: this object's state must reach this connection. At most one waiting row
    each (saves coalesce, the last state wins) and one that is being worked on.

    A finished row is deleted; the sync log keeps the story.
    """

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", "Appointment"
        SLOT = "slot", "Blocked Slot"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Being sent"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"

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
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = "sync log entry"
        verbose_name_plural = "sync log"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["connection", "created_at"])]

    def __str__(self) -> str:
        return self.message
