from django.urls import URLPattern, path, register_converter
from django.urls.converters import IntConverter

from studio.outbox.views import receipts


class Number(IntConverter):
    """A key of a row: longer ones than the database has are no address."""

    regex = "[0-9]{1,18}"


register_converter(Number, "key_of_row")

urlpatterns: list[URLPattern] = [
    path("delivery-receipts/<key_of_row:pk>/", receipts.signed, name="receipts"),
    path("delivery-receipts/<key_of_row:pk>/<str:token>/", receipts.by_address, name="receipts_by_address"),
]
