"""Applying to sell in a province, its public notices, and the desk of the staff who decide."""

from django.urls import path

from marketplace.onboarding.views import applicant, public, staff

app_name = "onboarding"
urlpatterns = [
    path("apply/", applicant.overview, name="apply"),
    path("apply/start/", applicant.start, name="start"),
    path("apply/submit/", applicant.submit, name="submit"),
    path("apply/withdraw/", applicant.withdraw, name="withdraw"),
    path("apply/documents/<uuid:document>/", applicant.download, name="download"),
    path("apply/documents/<uuid:document>/remove/", applicant.remove, name="remove"),
    path("apply/<slug:attribute>/", applicant.section, name="section"),
    path("apply/<slug:attribute>/upload/", applicant.upload, name="upload"),
    path("notices/", public.notices, name="notices"),
    path("notices/<uuid:application>/", public.notice, name="notice"),
    path("notices/<uuid:application>/object/", public.object_to, name="object"),
    path("staff/applications/", staff.queue, name="queue"),
    path("staff/applications/<uuid:application>/", staff.case, name="case"),
    path("staff/applications/<uuid:application>/check/<slug:attribute>/", staff.check, name="check"),
    path("staff/applications/<uuid:application>/account/", staff.account, name="account"),
    path("staff/applications/<uuid:application>/return/", staff.give_back, name="return"),
    path("staff/applications/<uuid:application>/approve/", staff.approve, name="approve"),
    path("staff/applications/<uuid:application>/refuse/", staff.refuse, name="refuse"),
    path("staff/applications/<uuid:application>/objections/<int:objection>/", staff.settle, name="settle"),
    path("staff/applications/<uuid:application>/documents/<uuid:document>/", staff.download, name="staff_download"),
]
