from django.apps import AppConfig


class ReferinsConfig(AppConfig):
    name = "referins"
