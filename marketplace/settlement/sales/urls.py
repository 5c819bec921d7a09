"""The provider's sales: pages of a province."""

from django.urls import path

from marketplace.settlement.sales import views

app_name = "settlement"
urlpatterns = [
    path("sales/", views.index, name="sales"),
    path("sales/orders.csv", views.orders_file, name="sales_orders"),
    path("sales/months.csv", views.months_file, name="sales_months"),
]
