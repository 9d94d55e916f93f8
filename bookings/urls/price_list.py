"""Routes of this noun."""

from django.urls import URLPattern, path

from bookings.views import price_list

urlpatterns: list[URLPattern] = [path("price-list/", price_list.prices, name="price_list")]
