from django.urls import path

from marketplace.activation import doors

app_name = "agent"
urlpatterns = [
    path("enrol", doors.EnrolDoor.as_view(), name="enrol"),
    path("lease", doors.LeaseDoor.as_view(), name="lease"),
    path("results", doors.ResultsDoor.as_view(), name="results"),
    path("usage", doors.UsageDoor.as_view(), name="usage"),
]
