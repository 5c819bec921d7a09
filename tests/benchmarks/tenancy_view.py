"""The view that tests.benchmarks.tenancy measures: one query, one word."""

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path


class Row(models.Model):
    id = models.IntegerField(primary_key=True)
    name = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "bench_row"
        managed = False

    def __str__(self) -> str:
        return self.name


def row(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Row.objects.get(pk=500).name)


urlpatterns = [path("", row)]
