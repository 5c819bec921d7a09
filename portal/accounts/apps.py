from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from portal.accounts.signin import mfa

        authenticator_added.connect(mfa.count_set_up, dispatch_uid="portal.accounts.signin.mfa")
