"""A server that has trouble with everybody's account."""

from django.db import models


class Outage(models.Model):
    """There as long as it lasts: accounts on this server are not asked, but for one now and
    then, which finds out for all (core/outage.py)."""

    server = models.CharField(max_length=200, unique=True)  # as connections name it
    reason = models.CharField(max_length=500)
    since = models.DateTimeField()
    probes = models.PositiveIntegerField(default=0)
    next_probe_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.server
