from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from portal.accounts import mfa

        authenticator_added.connect(mfa.count_set_up, dispatch_uid="portal.accounts.mfa")
