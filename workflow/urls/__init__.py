"""The addresses of the workflow, one list per noun."""

from workflow.urls import (
    calls,
    day,
    follow_ups,
    incoming,
    messages,
    money,
    online_requests,
    orders,
    preview,
    public,
    sale,
    sale_lines,
    shared,
    visitor_log,
    visits,
)

app_name = "workflow"
urlpatterns = [
    *visits.urlpatterns,
    *visitor_log.urlpatterns,
    *incoming.urlpatterns,
    *follow_ups.urlpatterns,
    *shared.urlpatterns,
    *sale.urlpatterns,
    *money.urlpatterns,
    *online_requests.urlpatterns,
    *sale_lines.urlpatterns,
    *orders.urlpatterns,
    *day.urlpatterns,
    *calls.urlpatterns,
    *messages.urlpatterns,
    *preview.urlpatterns,
    *public.urlpatterns,
]
