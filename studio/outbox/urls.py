"""The bell of the interface, and where gateways report what became of a message."""

from studio.outbox import urls_bell, urls_receipts

app_name = "outbox"
urlpatterns = [*urls_bell.urlpatterns, *urls_receipts.urlpatterns]
