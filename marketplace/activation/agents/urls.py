from django.urls import path

from marketplace.activation.agents import protocol

app_name = "agent"
urlpatterns = [
    path("enrol", protocol.EnrolDoor.as_view(), name="enrol"),
    path("lease", protocol.LeaseDoor.as_view(), name="lease"),
    path("results", protocol.ResultsDoor.as_view(), name="results"),
    path("usage", protocol.UsageDoor.as_view(), name="usage"),
]
