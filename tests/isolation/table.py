"""Who may enter where (design.md §3): every address has its line here, and a new one without a line fails the tests.

open       visitors come in
look       visitors come in, but what belongs to an organisation is not there for others (404)
sign-in    visitors sign in first (302, or 401 at the API); the page then shows everybody his own
right      the same, and a member without the right is told so (403)
own        of one organisation: strangers 404, its members see it
act        of one organisation: strangers 404, members without the right 403
staff      visitors sign in at the nation; only staff of this place with a second factor come in, all others 403
agent      only a signed request of an agent comes in (401)
"""

PAGES = {
    "nation /": "open",
    "nation /provinces/": "open",
    "nation /notices/": "open",
    "nation /ranking/": "open",
    "nation /about/data/": "open",
    "nation /about/accessibility/": "open",
    "nation /about/privacy/": "open",
    "nation /about/privacy/register/": "open",
    "nation /theme/": "open",
    "nation /language/": "open",
    "nation /catalogue/": "open",
    "nation /catalogue/models/": "open",
    "nation /catalogue/compare/": "open",
    "nation /catalogue/<slug:province>/<slug:slug>/": "open",
    "nation /catalogue/saved/": "sign-in",
    "nation /catalogue/saved/new/": "sign-in",
    "nation /catalogue/saved/<uuid:pk>/": "own",
    "nation /catalogue/saved/<uuid:pk>/forget/": "own",
    "nation /catalogue/alerts/": "sign-in",
    "nation /catalogue/alerts/new/": "sign-in",
    "nation /catalogue/alerts/<uuid:pk>/": "own",
    "nation /identifiers/": "open",
    "nation /cards/": "open",
    "nation /quotes/": "open",
    "nation /quotes/<uuid:pk>/": "own",
    "nation /quotes/<uuid:pk>/buy/": "act",
    "nation /purchases/": "sign-in",
    "nation /purchases/<uuid:pk>/": "own",
    "nation /purchases/<uuid:pk>/lanes/": "own",
    "nation /purchases/<uuid:pk>/meter/": "own",
    "nation /purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/end/": "act",
    "nation /purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/credentials/<uuid:line>/": "act",
    "nation /wallet/": "right",
    "nation /organisation/": "sign-in",
    "nation /organisation/new/": "sign-in",
    "nation /organisation/switch/": "sign-in",
    "nation /organisation/members/": "sign-in",
    "nation /organisation/invitations/<str:token>/": "sign-in",
    "nation /organisation/edit/": "right",
    "nation /organisation/submit/": "right",
    "nation /organisation/members/invite/": "right",
    "nation /organisation/keys/": "right",
    "nation /organisation/export/": "right",
    "nation /organisation/export/<uuid:pk>/": "act",
    "nation /organisation/members/<int:pk>/role/": "act",
    "nation /organisation/members/<int:pk>/deactivate/": "act",
    "nation /organisation/invitations/<int:pk>/withdraw/": "act",
    "nation /organisation/keys/<uuid:pk>/rotate/": "act",
    "nation /organisation/keys/<uuid:pk>/revoke/": "act",
    "nation /dev/mail/": "open",  # in the sample world only
    "nation /dev/mail/<slug:key>/": "open",
    "province /": "open",
    "province /theme/": "open",
    "province /language/": "open",
    "province /sites/": "open",
    "province /offers/": "open",
    "province /notices/": "open",
    "province /notices/<uuid:application>/": "open",
    "province /notices/<uuid:application>/object/": "sign-in",
    "province /apply/": "right",
    "province /apply/start/": "right",
    "province /apply/submit/": "right",
    "province /apply/withdraw/": "right",
    "province /apply/<slug:attribute>/": "right",
    "province /apply/<slug:attribute>/upload/": "right",
    "province /apply/documents/<uuid:document>/": "act",
    "province /apply/documents/<uuid:document>/remove/": "act",
    "province /provider/": "own",
    "province /provider/tables/": "own",
    "province /provider/tables/uploads/<uuid:pk>/": "own",
    "province /provider/tables/<slug:kind>/": "own",
    "province /provider/tables/<slug:kind>/template.csv": "own",
    "province /provider/tables/<slug:kind>/export.csv": "own",
    "province /provider/sites/": "own",
    "province /provider/sites/new/": "act",
    "province /provider/sites/<uuid:site_id>/": "act",
    "province /provider/pools/": "own",
    "province /provider/pools/new/": "act",
    "province /provider/pools/<uuid:pool_id>/": "own",
    "province /provider/pools/<uuid:pool_id>/edit/": "act",
    "province /provider/pools/<uuid:pool_id>/cards/": "act",
    "province /provider/pools/<uuid:pool_id>/cards/<slug:verb>/": "act",
    "province /provider/pools/<uuid:pool_id>/undo/<int:record>/": "act",
    "province /provider/pools/<uuid:pool_id>/sale/<slug:verb>/": "act",
    "province /provider/card-models/": "own",
    "province /provider/offers/": "own",
    "province /provider/offers/new/": "act",
    "province /provider/offers/<uuid:offer_id>/": "own",
    "province /provider/offers/<uuid:offer_id>/edit/": "act",
    "province /provider/offers/<uuid:offer_id>/price/": "act",
    "province /provider/offers/<uuid:offer_id>/withdraw/": "act",
    "province /provider/offers/<uuid:offer_id>/<str:verb>/": "act",
    "province /provider/agents/": "own",
    "province /provider/agents/enrol/": "act",
    "province /provider/agents/codes/<int:pk>/withdraw/": "act",
    "province /provider/agents/<str:key_id>/rotate/": "act",
    "province /provider/agents/<str:key_id>/revoke/": "act",
    "province /provider/agents/<str:key_id>/<str:verb>/": "act",
    "province /provider/windows/": "own",
    "province /provider/windows/<uuid:pool_id>/": "own",
    "province /provider/windows/<uuid:pool_id>/maintenance/": "act",
    "province /provider/windows/<uuid:pool_id>/weekly/": "act",
    "province /provider/windows/<uuid:pool_id>/single/": "act",
    "province /provider/windows/maintenance/<uuid:window_id>/cancel/": "act",
    "province /provider/windows/lending/<uuid:window_id>/cancel/": "act",
}

SIGNING_IN = {
    "login/": "open",
    "logout/": "open",
    "inactive/": "open",
    "signup/": "open",
    "confirm-email/": "open",
    "^confirm-email/(?P<key>[-:\\w]+)/$": "open",
    "password/reset/": "open",
    "password/reset/done/": "open",
    "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "open",
    "password/reset/key/done/": "open",
    "login/code/confirm/": "open",
    "2fa/authenticate/": "open",
    "2fa/webauthn/login/": "open",
    "reauthenticate/": "sign-in",
    "email/": "sign-in",
    "password/change/": "sign-in",
    "password/set/": "sign-in",
    "2fa/": "sign-in",
    "2fa/reauthenticate/": "sign-in",
    "2fa/totp/activate/": "sign-in",
    "2fa/totp/deactivate/": "sign-in",
    "2fa/recovery-codes/": "sign-in",
    "2fa/recovery-codes/generate/": "sign-in",
    "2fa/recovery-codes/download/": "sign-in",
    "2fa/webauthn/": "sign-in",
    "2fa/webauthn/add/": "sign-in",
    "2fa/webauthn/reauthenticate/": "sign-in",
    "2fa/webauthn/keys/<int:pk>/remove/": "look",
    "2fa/webauthn/keys/<int:pk>/edit/": "look",
    "sessions/": "sign-in",
    "data/": "sign-in",
    "data/download/": "sign-in",
    "roles/": "sign-in",
    "close/": "sign-in",
}
"""Below `/accounts/`: pages of django-allauth."""

API = {
    "": "open",
    "schema/": "open",
    "v1/": "open",
    "v1/offers/": "open",
    "v1/offers/<slug:province>/<slug:slug>/": "open",
    "v1/card-models/": "open",
    "v1/identifiers/<str:identifier>/": "open",
    "v1/provinces/": "open",
    "v1/quotes/": "open",
    "v1/quotes/<uuid:pk>/": "look",
    "v1/purchases/": "sign-in",
    "v1/purchases/<uuid:pk>/": "own",
    "v1/purchases/<uuid:pk>/cancel/": "act",
    "v1/orders/": "sign-in",
    "v1/orders/<slug:province>/<slug:number>/": "own",
    "v1/orders/<slug:province>/<slug:number>/end/": "act",
    "v1/orders/<slug:province>/<slug:number>/credentials/": "act",
    "v1/wallet/": "right",
    "v1/agents/": "sign-in",
    "v1/agents/<slug:province>/<str:key_id>/pause/": "act",
    "v1/agents/<slug:province>/<str:key_id>/resume/": "act",
    "v1/sites/": "open",
    "v1/pools/": "open",
    "v1/provider/<slug:province>/sites/": "own",
    "v1/provider/<slug:province>/sites/<slug:slug>/": "own",
    "v1/provider/<slug:province>/pools/": "own",
    "v1/provider/<slug:province>/pools/<slug:slug>/": "own",
    "v1/provider/<slug:province>/pools/<slug:slug>/pause/": "act",
    "v1/provider/<slug:province>/pools/<slug:slug>/resume/": "act",
    "v1/provider/<slug:province>/pools/<slug:slug>/cards/": "act",
    "v1/provider/<slug:province>/pools/<slug:slug>/cards/move/": "act",
    "v1/provider/<slug:province>/cards/": "own",
    "v1/provider/<slug:province>/offers/": "own",
    "v1/provider/<slug:province>/offers/<slug:slug>/": "own",
    "v1/provider/<slug:province>/offers/<slug:slug>/prices/": "own",
    "v1/provider/<slug:province>/offers/<slug:slug>/publish/": "act",
    "v1/provider/<slug:province>/offers/<slug:slug>/pause/": "act",
    "v1/provider/<slug:province>/offers/<slug:slug>/resume/": "act",
    "v1/provider/<slug:province>/offers/<slug:slug>/withdraw/": "act",
    "v1/provider/<slug:province>/imports/<slug:kind>/": "act",
    "v1/exports/": "right",
    "v1/exports/<uuid:pk>/file/": "act",
}
"""Below `/api/`, on every host."""

AGENTS = {"enrol": "open", "lease": "agent", "results": "agent", "usage": "agent"}
"""Below `/agent/v1/`; enrolling needs a one-time code."""


def line_of(place: str, path: str) -> str | None:
    """The word of the address, or None for one that nobody has thought about."""
    for root, table in (("/accounts/", SIGNING_IN), ("/api/", API), ("/agent/v1/", AGENTS)):
        if path.startswith(root):
            return table.get(path.removeprefix(root))
    if path.startswith("/staff/"):
        return "staff"  # each new one is tried on everybody who is not staff here
    return PAGES.get(f"{place} {path}")


def all_lines() -> set[str]:
    """Every address that has a line, for finding lines whose address is gone."""
    lines = set(PAGES)
    lines |= {f"nation /accounts/{path}" for path in SIGNING_IN}
    lines |= {f"nation /agent/v1/{path}" for path in AGENTS}
    return lines | {f"{place} /api/{path}" for path in API for place in ("nation", "province")}
