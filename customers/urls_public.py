"""The customer's private page: without a sign-in, and beside the other short addresses of customers."""

from django.urls import path

from customers.views import private

app_name = "wishes"
urlpatterns = [
    path("<str:token>/", private.another, name="another"),
    path("<str:token>/thanks/", private.thanks, name="thanks"),
]
