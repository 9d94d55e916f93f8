"""One list per noun."""

from bookings.urls import calendar, gowns, money, online, price_list, resources, schedule, till, waiting

app_name = "bookings"
urlpatterns = [
    *schedule.urlpatterns,
    *calendar.urlpatterns,
    *waiting.urlpatterns,
    *resources.urlpatterns,
    *gowns.urlpatterns,
    *price_list.urlpatterns,
    *money.urlpatterns,
    *till.urlpatterns,
    *online.urlpatterns,
]
