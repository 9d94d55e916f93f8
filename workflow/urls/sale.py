from django.urls import path

from workflow.views import sale, sale_appointments, sale_money

urlpatterns = [
    path("customers/<int:pk>/orders/new/", sale.new_order, name="sale"),
    path("customers/<int:pk>/orders/new/total/", sale.total, name="sale_total"),
    path("orders/<int:pk>/payments/new/", sale_money.payment, name="payment"),
    path("orders/<int:pk>/payments/<int:payment_pk>/reversal/", sale_money.reversal, name="reversal"),
    path("orders/<int:pk>/terms/", sale_money.terms, name="terms"),
    path("orders/<int:pk>/waiver/", sale_money.waiver, name="waiver"),
    path("orders/<int:pk>/appointments/new/", sale_appointments.agree, name="agree"),
    path("appointments/<int:pk>/move/", sale_appointments.move, name="move"),
    path("appointments/<int:pk>/cancellation/", sale_appointments.cancellation, name="call_off"),
    path("appointments/<int:pk>/confirmation/", sale_appointments.confirmation, name="confirm_at_desk"),
]
