"""Never twice: the final answer to a POST is kept under its `Idempotency-Key` and given again to the same request.

The row is written first in the act's own transaction: a second request under the key waits for the first, and
what the act refuses (409, 429, 503, any error) leaves no row, so it can be tried again under the same key.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.models import IdempotentAnswer, Organisation
from tenants.acts import Refusal

HEADER = "Idempotency-Key"
REPEATED = "Idempotent-Replayed"
KEY = re.compile(r"[!-~]{1,64}")

_TAKE = """
    INSERT INTO public.accounts_idempotentanswer (organisation_id, key, request_hash, created_at)
    VALUES (%s, %s, %s, now()) ON CONFLICT (organisation_id, key) DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    repeated: bool = False


def answer_once(request: Request, organisation: Organisation, act: Callable[[], tuple[int, Any]]) -> Response:
    """Run the act (which returns status and body) at most once for this key; afterwards its answer is given again.

    Raises `ValidationError` for a missing or malformed key and for a body where none is taken, `Refusal` `key_reused`
    (422) for a key used otherwise.
    """
    door: Any = request.parser_context["view"]
    door.check_body(request)
    asked = json.dumps([request.method, request.get_full_path(), request.data], sort_keys=True, ensure_ascii=False)
    answer = once(organisation, key_of(request), asked, act)
    headers = {REPEATED: "true"} if answer.repeated else {}
    return Response(answer.body, status=answer.status, headers=headers)


def key_of(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not key:
        raise ValidationError(
            _("The header Idempotency-Key is missing: choose a new value for every purchase. Nothing was done."),
            "key_missing",
        )
    if not KEY.fullmatch(key):
        raise ValidationError(
            _("The header Idempotency-Key takes 1 to 64 printable ASCII characters without spaces. Nothing was done."),
            "key_malformed",
        )
    return key


@transaction.atomic
def once(organisation: Organisation, key: str, asked: str, act: Callable[[], tuple[int, Any]]) -> Answer:
    """The act's answer, from its first run or from memory. The row is the first lock of the transaction."""
    digest = hashlib.sha256(asked.encode(errors="surrogatepass")).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [organisation.pk, key, digest])
        taken = cursor.fetchone()
    if taken is None:
        return _again(IdempotentAnswer.objects.get(organisation=organisation, key=key), digest)
    status, body = act()
    body = json.loads(JSONRenderer().render(body))
    IdempotentAnswer.objects.filter(pk=taken[0]).update(status=status, answer=body)
    return Answer(status, body)


def _again(known: IdempotentAnswer, digest: str) -> Answer:
    if known.request_hash != digest:
        raise Refusal(
            _("This Idempotency-Key was used for another request. Nothing was done; choose a new value."),
            "key_reused",
            status=422,
        )
    return Answer(known.status or 200, known.answer, repeated=True)
