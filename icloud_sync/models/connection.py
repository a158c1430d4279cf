"""A user's Apple account, and the collections in it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from calendars.models import Calendar
from calendars.types import CalendarType
from icloud_sync.fields import EncryptedTextField, KeepsSecrets


class ICloudConnection(KeepsSecrets):
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
    # What takes time away (D9). A person's own word on a slot stands beside these.
    free_all_day_blocks = models.BooleanField(
        "free all-day events block",
        default=False,
        help_text="On: an all-day event takes the day, also where iCloud shows it as free. "
        "Apple makes all-day events free unless their owner says otherwise.",
    )
    unanswered_blocks = models.BooleanField(
        "unanswered invitations block",
        default=True,
        help_text="Off: an invitation takes no time before the user has answered it. "
        "A declined one never does.",
    )
    travel_blocks = models.BooleanField(
        "travel time blocks",
        default=True,
        help_text="On: the way to an event takes time too, where the user has given it in "
        "iCloud. The event itself starts when it starts.",
    )
    frees_deleted = models.BooleanField(
        "free what is deleted in iCloud",
        default=False,
        help_text="Off: the time of an event that the user deletes in iCloud stays blocked until "
        "somebody frees it here. On: it is freed by itself.",
    )
    # The user's addresses as the account names them, to find their answer to an invitation.
    addresses = models.JSONField(default=list, blank=True, editable=False)
    # Both as the server told us at discovery: paths that survive a change of partition.
    principal_href = models.CharField(max_length=500, blank=True, editable=False)
    home_url = models.CharField(max_length=1000, blank=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_activity_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_poll_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    # Runs in a row that failed as a whole.
    failures = models.PositiveIntegerField(default=0, editable=False)
    # Until when its requests are paid for (core/budget.py); written by whoever has the lease.
    paid_until = models.DateTimeField(null=True, blank=True, editable=False)

    # One worker a connection, by conditional UPDATE with an expiry (leases.py).
    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    lease_fence = models.BigIntegerField(default=0, editable=False)

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
