"""The project package: settings, addresses, processes, and the apps that serve every other."""

from studio.celery import app as celery_app

__all__ = ["celery_app"]
