"""What agents send, and how much of it: every list has a length that is looked at before its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.activation.agents.reporting.reports import Counted, Health, Report
from marketplace.activation.models import Counting
from portal.web.texts.lines import one_line

MOST_WAIT_SECONDS = 25
MOST_POOLS = 1_000
MOST_SERIALS = 10_000
"""Of one pool, and of one answer to a command."""
MOST_RESULTS = 50
"""Our agent sends so many at once; each is a step of an order."""
MOST_USAGE = 1_000
MOST_FAILING = 200
MOST_WORDS = 20
LONGEST_WORD = 40
LONGEST_SERIAL = 100


class SerialsField(serializers.Field[Any, Any, Any, Any]):
    """Serials of cards, each once and in order."""

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise serializers.ValidationError(_("This is not a list of serials."), "not_a_list")
        check_length(data, MOST_SERIALS)
        if not all(isinstance(one, str) and 0 < len(one.strip()) <= LONGEST_SERIAL for one in data):
            sentence = _("A serial is a text of at most %(most)s characters.") % {"most": LONGEST_SERIAL}
            raise serializers.ValidationError(sentence, "invalid")
        return sorted({one.strip() for one in data})

    def to_representation(self, value: Any) -> Any:
        return value


class BoundedListField(serializers.ListField):
    """A list whose length is looked at before its rows: a million rows cost as much as none."""

    def __init__(self, *, most: int, **more: Any) -> None:
        self.most = most
        super().__init__(**more)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            check_length(data, self.most)
        return super().to_internal_value(data)


class WordsField(serializers.DictField):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            check_length(data, MOST_WORDS)
            if any(len(str(name)) > LONGEST_WORD for name in data):
                sentence = _("A name has at most %(most)s characters.") % {"most": LONGEST_WORD}
                raise serializers.ValidationError(sentence, "max_length")
        return super().to_internal_value(data)


class EnrolmentSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=200)
    public_key = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="", validators=[one_line])
    agent_version = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class HealthSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField(default=True)
    sentence = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    words = WordsField(child=serializers.CharField(max_length=200, allow_blank=True), default=dict)
    failing = BoundedListField(most=MOST_FAILING, child=serializers.UUIDField(), required=False, default=list)
    """Tokens of leases whose workspace ended again and again and is left alone."""


class CapacitySerializer(serializers.Serializer[Any]):
    pool = serializers.CharField(max_length=80)
    cards = serializers.IntegerField(min_value=0, max_value=1_000_000)
    faulty = SerialsField(required=False, default=list)
    missing = SerialsField(required=False, default=list)
    """Serials of the register that the agent's driver does not find."""
    counting = serializers.ChoiceField(Counting.choices, required=False, default=Counting.DECLARED)


class PollSerializer(serializers.Serializer[Any]):
    agent_version = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    health = HealthSerializer(required=False)
    capacity: Any = serializers.ListSerializer(
        child=CapacitySerializer(), required=False, default=list, max_length=MOST_POOLS
    )
    wait_seconds = serializers.IntegerField(min_value=0, max_value=MOST_WAIT_SECONDS, default=MOST_WAIT_SECONDS)
    register = serializers.CharField(max_length=64, required=False, allow_blank=True, allow_null=True, default=None)
    """Version of the register that the agent has. One that sends none is sent the register with every answer."""

    def validate_capacity(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        check_once((row["pool"] for row in rows), _("Pool %(name)s is named more than once."))
        return rows


class EndpointSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=20)
    url = serializers.CharField(max_length=300)
    secret = serializers.CharField(max_length=500)


class ResultSerializer(serializers.Serializer[Any]):
    command = serializers.UUIDField()
    token = serializers.UUIDField()
    attempt = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    status = serializers.ChoiceField(
        ["accepted", "progress", "ready", "failed", "revoked", "verified", "suspended", "resumed", "listed"]
    )
    step = serializers.CharField(max_length=60, required=False, allow_blank=True, allow_null=True)
    percent = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    sentence = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)
    endpoint = EndpointSerializer(required=False, allow_null=True)
    serials = SerialsField(required=False)
    card_model = serializers.CharField(max_length=40, required=False, allow_blank=True, allow_null=True)
    code = serializers.CharField(max_length=20, required=False, allow_blank=True, allow_null=True)
    retryable = serializers.BooleanField(required=False, default=False)


class ResultsSerializer(serializers.Serializer[Any]):
    results: Any = serializers.ListSerializer(child=ResultSerializer(), max_length=MOST_RESULTS)


class UsageSerializer(serializers.Serializer[Any]):
    token = serializers.UUIDField()
    card_seconds = serializers.DecimalField(max_digits=20, decimal_places=6, min_value=0)


class UsagesSerializer(serializers.Serializer[Any]):
    usage: Any = serializers.ListSerializer(child=UsageSerializer(), max_length=MOST_USAGE)

    def validate_usage(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        check_once((str(row["token"]) for row in rows), _("Lease %(name)s is named more than once."))
        return rows


@dataclass(frozen=True)
class Poll:
    report: Report
    wait_seconds: int
    register: str | None


def read_poll(request: Request) -> Poll:
    """A poll's body. Raises DRF's `ValidationError`."""
    asked = read(PollSerializer, request)
    counted = [Counted(**row) for row in asked["capacity"]]
    report = Report(counted, Health(**asked.get("health", {})), asked["agent_version"])
    return Poll(report, asked["wait_seconds"], asked["register"])


def read(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body as the protocol has it. Raises DRF's `ValidationError`."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def check_length(rows: Any, most: int) -> None:
    if len(rows) > most:
        sentence = _("At most %(most)s are taken at once; these are %(found)s. Nothing was taken.")
        raise serializers.ValidationError(sentence % {"most": most, "found": len(rows)}, "max_length")


def check_once(names: Iterable[str], sentence: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise serializers.ValidationError(sentence % {"name": name}, "repeated")
        seen.add(name)
