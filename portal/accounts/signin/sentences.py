"""What sign-in pages say when something was not accepted, in place of django-allauth's own words."""

from django.utils.translation import gettext_lazy as _

ACCOUNT = {
    "account_inactive": _("This account is closed; you were not signed in."),
    "cannot_remove_primary_email": _("The main address was not removed. Make another one the main address first."),
    "duplicate_email": _("The address belongs to your account already."),
    "email_password_mismatch": _("Address or password is wrong; you were not signed in."),
    "email_too_long": _("The address is longer than 254 characters. Nothing was sent; check it."),
    "email_taken": _("An account with this address exists already."),
    "enter_current_password": _("This is not your present password; nothing was changed."),
    "incorrect_code": _("The code is wrong or out of date. Take the one that is shown now."),
    "incorrect_password": _("The password is wrong; nothing was changed."),
    "invalid_or_expired_key": _("The link is out of date or was used before."),
    "invalid_login": _("This sign-in is not known."),
    "invalid_password_reset": _("The link is out of date or was used before; the password was not changed."),
    "max_email_addresses": _("No more than %d addresses can belong to one account."),
    "too_many_login_attempts": _(
        "Too many attempts; you were not signed in. Wait five minutes, or reset the password."
    ),
    "unknown_email": _("No account belongs to this address."),
    "unverified_primary_email": _("Only a confirmed address can be the main address."),
    "same_as_current": _("This is what it was before; nothing was changed."),
    "rate_limited": _("Too many requests in a short time; nothing was done. Wait a minute."),
}

SECOND_FACTORS = {
    "add_email_blocked": _("No address was added: switch the second step off first."),
    "cannot_delete_authenticator": _("Not removed: staff of the platform keep at least one second step."),
    "cannot_generate_recovery_codes": _("No codes were made: set up the authenticator app or a key first."),
    "incorrect_code": _("The code is wrong or out of date. Take the one that is shown now."),
    "unverified_email": _("Not switched on: confirm your e-mail address first."),
}
