"""Pages and doors of one province: host `shanxi.portal.localhost`, the province's schema."""

from django.urls import include, path

from portal.accounts.views.language import choose_language
from portal.staff.sites import province_site
from portal.urls_national import handler400, handler403, handler404, handler429, handler500

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500"]

urlpatterns = [
    path("", include("portal.overview.urls_province")),
    path("language/", choose_language, name="set_language"),
    path("", include("marketplace.catalog.urls")),
    path("", include("marketplace.onboarding.urls")),
    path("provider/", include("marketplace.settlement.sales.urls")),
    path("provider/", include("marketplace.activation.urls")),
    path("staff/", province_site.urls),
    path("api/", include("portal.urls_api")),
]
