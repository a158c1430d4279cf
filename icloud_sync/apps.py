from django.apps import AppConfig


class ICloudSyncConfig(AppConfig):
    name = "icloud_sync"
    verbose_name = "iCloud sync"

    def ready(self) -> None:
        from icloud_sync import heartbeat, receivers, source

        heartbeat.process_begins()
        receivers.connect()
        source.register()
