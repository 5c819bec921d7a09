"""What django-allauth asks us: where people may be led, what a passkey belongs to, how secrets lie in the database."""

import base64
import hashlib
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from portal.accounts.models import User
from portal.accounts.signin import mfa, sentences
from tenants import hosts


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | sentences.ACCOUNT

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a person may be led there: a path, or a page of the national or a province's host at our port."""
        if not url:
            return False
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            return False
        ours = not host or host == settings.PARENT_DOMAIN or hosts.province_of(host) is not None
        allowed = {host + settings.PORT_SUFFIX} if host else set()
        secure = settings.PORTAL_SCHEME == "https"
        return ours and url_has_allowed_host_and_scheme(url, allowed_hosts=allowed, require_https=secure)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not for the first second factor of somebody who has just signed in: they typed the password a moment ago."""
        if app == "allauth.mfa" and mfa.just_signed_in(self.request) and not mfa.factors(self.request.user).exists():
            return False
        return bool(super().is_reauthentication_required(app=app, **more))

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Staff without a second factor set it up before anything else."""
        response = super().post_login(request, user, **more)
        if mfa.must_set_up(user):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return response


class MFAAdapter(DefaultMFAAdapter):
    """Passkeys belong to the parent domain; TOTP secrets and recovery codes are encrypted at rest."""

    error_messages = DefaultMFAAdapter.error_messages | sentences.SECOND_FACTORS

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PARENT_DOMAIN, "name": self._get_site_name()}

    def _get_site_name(self) -> str:
        names = settings.SITE_NAME
        return str(names.get(get_language() or "", names[settings.LANGUAGE_CODE]))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff keep at least one second factor."""
        user = authenticator.user
        return not mfa.is_staff(user) or mfa.factors(user).exclude(pk=authenticator.pk).exists()

    def build_totp_svg(self, url: str) -> str:
        """QR code without a style attribute, as the content policy demands."""
        out = BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=6, border=4, light="#fff", dark="#000", xmldecl=False)
        return out.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._fernet.decrypt(encrypted_text.encode()).decode()

    @cached_property
    def _fernet(self) -> Fernet:
        digest = hashlib.sha256(b"portal.accounts.signin.mfa:" + settings.CREDENTIALS_KEY.encode()).digest()
        return Fernet(base64.urlsafe_b64encode(digest))
