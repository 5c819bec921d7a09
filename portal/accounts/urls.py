"""Pages of people's organisations, and the staff pages beside the national administration."""

from django.urls import path

from portal.accounts.views import keys, members, organisations
from portal.privacy import export_views, views
from portal.staff import views as staff

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
    path("about/privacy/register/", views.register, name="personal_data"),
    path("accounts/data/", views.own_data, name="own_data"),
    path("accounts/data/download/", views.download, name="own_data_download"),
    path("accounts/close/", views.close, name="close"),
    path("organisation/export/", export_views.data_exports, name="data_exports"),
    path("organisation/export/<uuid:pk>/", export_views.fetch, name="data_export"),
    path("organisation/keys/", keys.keys, name="keys"),
    path("organisation/keys/<uuid:pk>/rotate/", keys.rotate, name="rotate_key"),
    path("organisation/keys/<uuid:pk>/revoke/", keys.revoke, name="revoke_key"),
    path("staff/verification/", staff.verification, name="verification"),
    path("staff/verification/<uuid:pk>/verify/", staff.verify, name="verify"),
    path("staff/verification/<uuid:pk>/reject/", staff.reject, name="reject"),
    path("staff/roles/", staff.roles, name="roles"),
]
