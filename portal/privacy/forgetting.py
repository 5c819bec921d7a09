"""Removing personal data whose term is over (portal.privacy.register). Each returns how many rows it removed."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.accounts.actions.closing import GONE, forget_address
from portal.accounts.models import IdempotentAnswer, Invitation, InvitationState
from portal.privacy.register import ANSWER_KEPT_FOR, INVITATION_KEPT_FOR, LETTER_KEPT_FOR, SESSION_KEPT_FOR
from tenants.models import Province
from tenants.outbox.models import Letter


def forget_sign_ins() -> int:
    """Sessions that are over, and 30 days after their last use the addresses and browsers they came from."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    alive = Session.objects.values("session_key")
    over = UserSession.objects.filter(last_seen_at__lt=now - SESSION_KEPT_FOR).exclude(session_key__in=alive)
    return over.delete()[0]


@transaction.atomic
def forget_invitations() -> int:
    """Addresses of invitations that were used, withdrawn or ran out; the rows stay."""
    done = Q(state__in=[InvitationState.ACCEPTED, InvitationState.WITHDRAWN]) | Q(expires_at__lt=timezone.now())
    old = Invitation.objects.filter(done, expires_at__lt=timezone.now() - INVITATION_KEPT_FOR)
    rows = list(old.exclude(email__endswith=f".{GONE}").select_for_update())
    for invitation in rows:
        forget_address(invitation)
    return len(rows)


def forget_answers() -> int:
    return IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - ANSWER_KEPT_FOR).delete()[0]


def forget_letters(province: Province) -> int:
    """Letters of the province the connection is in that were delivered, or tried for the last time, long ago."""
    long_ago = timezone.now() - LETTER_KEPT_FOR
    return Letter.objects.filter(Q(done_at__lt=long_ago) | Q(done_at=None, given_up_at__lt=long_ago)).delete()[0]
