from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        import portal.accounts.data_exports  # noqa: F401  a model beside models.py: Django knows it from here on
        from portal.accounts import mfa

        authenticator_added.connect(mfa.count_set_up, dispatch_uid="portal.accounts.mfa")
