from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "portal.runtime"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  (registers the system checks)
        from portal.runtime import metrics

        if metrics.enabled():
            metrics.prepare()
