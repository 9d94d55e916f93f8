from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = "Customers"

    def ready(self) -> None:
        from customers.history import file_history
        from customers.registries import timeline_sources

        timeline_sources.register("customers", file_history)
