from django.urls import path

from customers.views import facts, files, lists

app_name = "customers"
urlpatterns = [
    path("", lists.listing, name="list"),
    path("new/", files.new, name="new"),
    path("<int:pk>/", files.file, name="file"),
    path("<int:pk>/edit/", files.edit, name="edit"),
    path("<int:pk>/observations/", facts.observations, name="observations"),
    path("<int:pk>/taboos/", facts.taboos, name="taboos"),
    path("<int:pk>/taboos/<int:taboo>/end/", facts.taboo_end, name="taboo_end"),
    path("<int:pk>/contact-refusal/", facts.contact_refusal, name="contact_refusal"),
    path("<int:pk>/owner/", facts.owner, name="owner"),
    path("<int:pk>/numbers/", facts.numbers, name="numbers"),
]
