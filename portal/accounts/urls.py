"""Pages of people's organisations."""

from django.urls import path

from portal.accounts.views import keys, members, organisations

app_name = "accounts"
urlpatterns = [
    path("organisation/", organisations.overview, name="overview"),
    path("organisation/new/", organisations.create, name="create"),
    path("organisation/edit/", organisations.edit, name="edit"),
    path("organisation/submit/", organisations.submit, name="submit"),
    path("organisation/switch/", organisations.switch_organisation, name="switch"),
    path("organisation/members/", members.members, name="members"),
    path("organisation/members/invite/", members.invite, name="invite"),
    path("organisation/members/<int:pk>/role/", members.change_role, name="change_role"),
    path("organisation/members/<int:pk>/deactivate/", members.deactivate, name="deactivate"),
    path("organisation/invitations/<int:pk>/withdraw/", members.withdraw, name="withdraw"),
    path("organisation/invitations/<str:token>/", members.invitation, name="invitation"),
    path("organisation/keys/", keys.keys, name="keys"),
    path("organisation/keys/<uuid:pk>/rotate/", keys.rotate, name="rotate_key"),
    path("organisation/keys/<uuid:pk>/revoke/", keys.revoke, name="revoke_key"),
]
