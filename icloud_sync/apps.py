from django.apps import AppConfig


class ICloudSyncConfig(AppConfig):
    name = "icloud_sync"
    verbose_name = "iCloud sync"

    def ready(self) -> None:
        from icloud_sync import receivers, source

        receivers.connect()
        source.register()
