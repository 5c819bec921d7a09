from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "marketplace.onboarding"
    label = "onboarding"

    def ready(self) -> None:
        from marketplace.onboarding.provinces import rebuild_notices
        from tenants import hooks

        hooks.after_restore(rebuild_notices)
