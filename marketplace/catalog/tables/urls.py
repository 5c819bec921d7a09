"""Supply as tables, in the workspace of a provider: below `provider/tables/`, in the names of the catalogue."""

from django.urls import path

from marketplace.catalog.tables import views

urlpatterns = [
    path("", views.tables, name="tables"),
    path("uploads/<uuid:pk>/", views.upload, name="table_upload"),
    path("<slug:kind>/", views.table, name="table"),
    path("<slug:kind>/template.csv", views.template, name="table_template"),
    path("<slug:kind>/export.csv", views.export, name="table_export"),
]
