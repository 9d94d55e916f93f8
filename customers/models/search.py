"""What a customer is found by."""

from django.contrib.postgres.indexes import OpClass
from django.db import models

from customers.models.customer import Customer
from studio.staff.models import Branch


class SearchToken(models.Model):
    """One way to find a file: a name, its pinyin (every reading), initials, a number's last digits."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="search_tokens")
    token = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index("branch", OpClass("token", "varchar_pattern_ops"), name="search_by_prefix")]
        constraints = [models.UniqueConstraint(fields=["customer", "token"], name="search_token_once")]

    def __str__(self) -> str:
        return self.token
