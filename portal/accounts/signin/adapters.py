"""What django-allauth asks us: where people may be led, what a passkey belongs to, how secrets lie in the database."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import get_next_redirect_url
from allauth.core import context as allauth
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from portal.accounts import mail
from portal.accounts.models import User
from portal.accounts.signin import mfa, sentences
from portal.sealing import cipher
from portal.web.texts.lines import LONGEST_ADDRESS, one_line, plain, unlinked
from tenants import hosts

THEN = "then"
"""In the address of a confirmation: the page wanted after the sign-in that follows it."""
LONGEST_WAY = 600


def _at_home(url: str) -> str:
    """The same page at the portal's own address."""
    return urlunsplit(
        urlsplit(url)._replace(scheme=settings.PORTAL_SCHEME, netloc=urlsplit(settings.PORTAL_URL).netloc)
    )


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

    def clean_email(self, email: str) -> str:
        """Raises `ValidationError` for an address that the database would not hold: nothing is cut."""
        if len(email) > LONGEST_ADDRESS:
            raise self.validation_error("email_too_long")
        one_line(email)
        return email

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The link also says where the person wanted to go: it may be opened in another browser."""
        path = reverse("account_confirm_email", settings.PUBLIC_SCHEMA_URLCONF, args=[emailconfirmation.key])
        wanted = get_next_redirect_url(request)
        query = f"?{urlencode({THEN: wanted})}" if wanted and len(wanted) <= LONGEST_WAY else ""
        return f"{settings.PORTAL_URL}{path}{query}"

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """To the sign-in, and from there to what the person wanted before signing up."""
        wanted = self.request.GET.get(THEN)
        if self.request.user.is_authenticated or not self.is_safe_url(wanted):
            return str(super().get_email_verification_redirect_url(email_address))
        return f"{settings.LOGIN_URL}?{urlencode({'next': wanted})}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Leave the e-mail in the transaction of its act. Its links begin with our address, whatever the request's."""
        ours = {name: _at_home(value) for name, value in context.items() if name.endswith("_url")}
        agent = {"user_agent": unlinked(plain(context.get("user_agent", "")))}
        facts = {"request": allauth.request, "email": email, **context, **ours, **agent}
        message = self.render_mail(template_prefix, email, facts)
        mail.leave(mail.Mail(to=email, subject=message.subject, text=str(message.body)))

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

    @property
    def _fernet(self) -> Fernet:
        return cipher(settings.CREDENTIALS_KEY, b"portal.accounts.signin.mfa:")
