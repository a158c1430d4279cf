from django.apps import AppConfig


class ICloudStandinConfig(AppConfig):
    name = "icloud_standin"
