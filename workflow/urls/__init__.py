"""The addresses of the workflow, one list per noun."""

from workflow.urls import calls, day, orders, public, sale, visits

app_name = "workflow"
urlpatterns = [
    *visits.urlpatterns,
    *sale.urlpatterns,
    *orders.urlpatterns,
    *day.urlpatterns,
    *calls.urlpatterns,
    *public.urlpatterns,
]
