from typing import Any

from django.db import migrations, models
from django.db.models import F


def follow_their_source(apps: Any, schema_editor: Any) -> None:
    """Nobody can say any more who decided that a slot takes time: its source, then."""
    slots = apps.get_model("calendars", "BlockedSlot").objects.exclude(source_ref="")
    slots.update(busy_at_source=F("is_busy"))


class Migration(migrations.Migration):
    dependencies = [
        ("calendars", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="blockedslot",
            name="busy_at_source",
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="blockedslot",
            name="busy_from",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(follow_their_source, migrations.RunPython.noop, elidable=True),
    ]
