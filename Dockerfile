# One image for web, worker, beat and dispatcher; docker-compose.yml says which command each runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    STUDIO_MODE=production \
    STUDIO_DATA=/data

RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin shouwen \
    && install -d -o shouwen -g shouwen -m 0700 /data

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes --no-deps -r requirements/base.txt

COPY . .
# The catalogues need no secret; static files are collected into /data by `manage.py prepare`.
RUN STUDIO_MODE=test python -m studio.languages compile

USER shouwen
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "studio.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "10", "--no-control-socket"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
