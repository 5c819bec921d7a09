"""Provinces: one row for each of the 31 known divisions and one for the nation; a schema once open.

`schema_name` (django-tenants) is the province's one word everywhere: schema, host, key prefix, API field.
"""

from ipaddress import ip_network
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django_tenants.models import DomainMixin, TenantMixin

from portal.outbound.addresses import Network
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves


class ProvinceState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("province", "planned")
    OPEN = "open", pgettext_lazy("province", "open")
    SUSPENDED = "suspended", pgettext_lazy("province", "suspended")
    CLOSED = "closed", pgettext_lazy("province", "closed")


class ProvinceKind(models.TextChoices):
    PROVINCE = "province", pgettext_lazy("province", "province")
    NATION = "nation", pgettext_lazy("province", "nation")


class ProvinceQuerySet(models.QuerySet["Province"]):
    def provinces(self) -> Self:
        return self.filter(kind=ProvinceKind.PROVINCE)

    def open(self) -> Self:
        return self.filter(state=ProvinceState.OPEN)

    def with_schema(self) -> Self:
        """Open or suspended: the province has tables and its leases run."""
        return self.filter(state__in=[ProvinceState.OPEN, ProvinceState.SUSPENDED])

    def with_tables(self) -> Self:
        """Opened once: a closed province keeps its tables, so that buyers can still read what they bought there."""
        return self.exclude(state=ProvinceState.PLANNED)


class Province(Moves, TenantMixin):  # type: ignore[django-manager-missing]  # of django-tenants' own Domain
    """A provincial sub-platform (省级分平台), or the nation's own province."""

    moves = Machine(
        {
            ProvinceState.PLANNED: {ProvinceState.OPEN},
            ProvinceState.OPEN: {ProvinceState.SUSPENDED},
            ProvinceState.SUSPENDED: {ProvinceState.OPEN, ProvinceState.CLOSED},
            ProvinceState.CLOSED: set(),
        }
    )

    gb2260 = models.CharField(max_length=2, unique=True, null=True, blank=True)
    """First two digits of GB/T 2260; empty for the nation."""
    kind = models.CharField(max_length=10, choices=ProvinceKind, default=ProvinceKind.PROVINCE)
    state = models.CharField(max_length=10, choices=ProvinceState, default=ProvinceState.PLANNED)
    name_zh = Line(max_length=40)
    name_en = Line(max_length=60)
    short_zh = Line(max_length=2)
    region_zh = models.CharField(max_length=10, blank=True)
    region_en = models.CharField(max_length=40, blank=True)
    hub_zh = models.CharField(max_length=20, blank=True)
    grid_row = models.PositiveSmallIntegerField(default=0)
    grid_col = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    backed_up_at = models.DateTimeField(null=True, blank=True)
    workspace_networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    """Networks, such as 10.20.0.0/16, besides the public internet where workspaces of the province answer."""
    migration_failure = models.TextField(blank=True, default="")
    """Which migration failed here and why; empty once it went through."""

    auto_create_schema = False
    auto_drop_schema = False
    objects = ProvinceQuerySet.as_manager()

    class Meta:
        ordering = ["gb2260"]
        constraints = [
            models.CheckConstraint(
                name="open_province_has_opened_at", condition=~Q(state="open") | Q(opened_at__isnull=False)
            ),
            models.CheckConstraint(
                name="closed_province_has_closed_at", condition=~Q(state="closed") | Q(closed_at__isnull=False)
            ),
            models.CheckConstraint(name="province_has_code", condition=Q(kind="nation") | Q(gb2260__isnull=False)),
            models.UniqueConstraint(name="one_nation", fields=["kind"], condition=Q(kind="nation")),
        ]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def slug(self) -> str:
        return str(self.schema_name)

    @property
    def name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh

    @property
    def listed_networks(self) -> list[Network]:
        """Where the portal goes besides the public internet when an agent of the province names an address."""
        return [ip_network(text) for text in [*settings.WORKSPACE_NETWORKS, *self.workspace_networks]]

    @property
    def host(self) -> str:
        """Host name without port, for instance `shanxi.portal.localhost`."""
        return f"{self.schema_name}.{settings.PARENT_DOMAIN}"

    @property
    def url(self) -> str:
        """Absolute address of the province's home page, without the closing slash."""
        return f"{settings.PORTAL_SCHEME}://{self.host}{settings.PORT_SUFFIX}"


class Domain(DomainMixin):
    """An extra host of a province; it only redirects to the province's host under the parent domain."""

    def __str__(self) -> str:
        return str(self.domain)
