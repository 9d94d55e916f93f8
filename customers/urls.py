from django.urls import path

from customers.views import consents, facts, files, leaving, lists, ownership, private

app_name = "customers"
urlpatterns = [
    path("", lists.listing, name="list"),
    path("new/", files.new, name="new"),
    path("number/", lists.number, name="number"),
    path("ownership/", ownership.ownership_open, name="ownership_open"),
    path("leaving/", leaving.colleagues, name="leaving"),
    path("leaving/<int:pk>/", leaving.leaver, name="leaver"),
    path("<int:pk>/", files.file, name="file"),
    path("<int:pk>/edit/", files.edit, name="edit"),
    path("<int:pk>/observations/", facts.observations, name="observations"),
    path("<int:pk>/taboos/", facts.taboos, name="taboos"),
    path("<int:pk>/taboos/<int:taboo>/end/", facts.taboo_end, name="taboo_end"),
    path("<int:pk>/contact-refusal/", facts.contact_refusal, name="contact_refusal"),
    path("<int:pk>/owner/", facts.owner, name="owner"),
    path("<int:pk>/numbers/", facts.numbers, name="numbers"),
    path("<int:pk>/consents/", consents.words, name="consents"),
    path("<int:pk>/stop/", consents.stop, name="stop"),
    path("<int:pk>/contact-wishes/", consents.wishes, name="contact_wishes"),
    path("<int:pk>/messages/", consents.log, name="messages"),
    path("<int:pk>/card/", private.card, name="card"),
    path("<int:pk>/ownership/", ownership.ownership_of, name="ownership"),
    path("<int:pk>/transfer-requests/", ownership.transfer_requests, name="transfer_requests"),
    path("<int:pk>/transfer-requests/<int:asked>/consent/", ownership.consent, name="transfer_consent"),
    path("<int:pk>/transfer-requests/<int:asked>/refusal/", ownership.refusal, name="transfer_refusal"),
    path(
        "<int:pk>/transfer-requests/<int:asked>/withdrawal/",
        ownership.withdrawal,
        name="transfer_withdrawal",
    ),
    path("<int:pk>/disputes/", ownership.claims, name="disputes"),
    path("<int:pk>/disputes/<int:dispute>/decision/", ownership.decision, name="dispute_decision"),
]
