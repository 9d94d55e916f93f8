from django.urls import path

from workflow.views import sale_lines

urlpatterns = [
    path("orders/<int:pk>/add-ons/", sale_lines.sell_add_on, name="add_ons"),
    path("orders/<int:pk>/add-ons/shown/", sale_lines.shown, name="add_ons_shown"),
    path("orders/<int:pk>/lines/<int:line_pk>/return/", sale_lines.take_back, name="take_back"),
    path("orders/<int:pk>/rush/", sale_lines.rush, name="rush"),
    path("orders/<int:pk>/discount/", sale_lines.discount, name="discount"),
    path(
        "orders/<int:pk>/discount/<int:request_pk>/answer/",
        sale_lines.discount_answer,
        name="discount_answer",
    ),
    path(
        "orders/<int:pk>/discount/<int:request_pk>/withdrawal/",
        sale_lines.discount_withdrawal,
        name="discount_withdrawal",
    ),
    path("orders/<int:pk>/discount/<int:request_pk>/seen/", sale_lines.discount_seen, name="discount_seen"),
]
