# One image for the API, the workers, beat and Flower: only the command differs.
FROM python:3.12-slim

# There is no wheel with Tesseract's data; everything else comes from requirements.txt.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tesseract-ocr-eng \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/lectern

# Layers from what changes seldom to what changes often.
COPY requirements.txt ./
RUN pip install -r requirements.txt

COPY pyproject.toml README.md ./
COPY celery_worker.py wsgi.py asgi.py ./
COPY migrations migrations
COPY tasks tasks
COPY workers workers
COPY app app
RUN pip install --no-deps --editable .

# A new volume takes its owner from the folder that it covers.
RUN useradd --uid 10001 --create-home lectern \
    && install -d -o lectern -g lectern /data/files /data/state
USER lectern
ENV STORAGE_PATH=/data/files \
    LECTERN_STATE=/data/state

EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5000/api/health/ready', timeout=4)"]
CMD ["python", "asgi.py", "--host", "0.0.0.0", "--port", "5000", "--workers", "2"]
