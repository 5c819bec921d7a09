"""Pages and doors of the nation: host `portal.localhost`, schema `public`."""

from django.urls import include, path

from portal.accounts.views.language import choose_language
from portal.staff.sites import national_site

urlpatterns = [
    path("", include("portal.overview.urls")),
    path("language/", choose_language, name="set_language"),
    path("accounts/", include("portal.accounts.signin.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.privacy.urls")),
    path("", include("portal.staff.urls")),
    path("catalogue/", include("portal.directory.urls")),
    path("identifiers/", include("portal.directory.identifiers.urls")),
    path("", include("portal.checkout.urls")),
    path("wallet/", include("portal.ledger.urls")),
    path("staff/", national_site.urls),
    path("agent/v1/", include("marketplace.activation.agents.urls")),
    path("api/", include("portal.urls_api")),
    path("dev/", include("portal.runtime.mail.urls")),
]

handler400 = "portal.web.errors.bad_request"
handler403 = "portal.web.errors.permission_denied"
handler404 = "portal.web.errors.page_not_found"
handler429 = "portal.web.errors.too_many_requests"  # allauth asks for it
handler500 = "portal.web.errors.server_error"
