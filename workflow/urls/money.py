from django.urls import path

from workflow.views import money_back, money_end, money_plan

urlpatterns = [
    path("orders/<int:pk>/payments/<int:payment_pk>/refund/", money_back.refund, name="refund"),
    path("orders/<int:pk>/security/", money_back.security, name="security"),
    path("orders/<int:pk>/security/return/", money_back.security_return, name="security_return"),
    path("orders/<int:pk>/damage/", money_back.damage, name="damage"),
    path("orders/<int:pk>/damage/<int:line_pk>/reversal/", money_back.damage_lift, name="damage_lift"),
    path("orders/<int:pk>/credit/", money_back.credit, name="credit"),
    path("orders/<int:pk>/cancellation/", money_end.call_off, name="order_call_off"),
    path("orders/<int:pk>/statement/", money_plan.statement, name="statement"),
    path("orders/<int:pk>/instalments/", money_plan.plan, name="instalments"),
    path("orders/<int:pk>/fapiao/", money_plan.invoice, name="fapiao"),
    path("orders/<int:pk>/fapiao/<int:fapiao_pk>/void/", money_plan.invoice_void, name="fapiao_void"),
]
