# La imagen de PESN: la misma para web, trabajador, reloj y mandatos. Ver docs/operacion.md.
#   docker build -t pesn .
#   docker build -t pesn --build-arg CANDADO=requirements-s3.lock .     (con almacén compatible con S3)

FROM python:3.11-slim-bookworm AS bibliotecas
ARG CANDADO=requirements.lock
COPY ${CANDADO} /tmp/candado
RUN python -m venv /opt/pesn \
    && /opt/pesn/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/candado

FROM python:3.11-slim-bookworm
# Con qué WeasyPrint dibuja el PDF.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
# Nadie corre como root. Lo único que se escribe está en /var/lib/pesn (archivos) y /tmp.
RUN useradd --system --uid 10001 --home-dir /var/lib/pesn --create-home --shell /usr/sbin/nologin pesn \
    && install -d -o pesn -g pesn -m 750 /var/lib/pesn/archivos
COPY --from=bibliotecas /opt/pesn /opt/pesn
WORKDIR /app
COPY . .
ENV PATH=/opt/pesn/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=pesn.settings \
    STATIC_ROOT=/app/estaticos
# Los estáticos van en la imagen, con huella; el secreto de este paso se tira.
RUN PESN_VAR=/tmp/paso python manage.py collectstatic --noinput --verbosity 0 \
    && chmod -R a+rX /app/estaticos && rm -rf /tmp/paso
# Lo que nadie podrá compilar después: el disco es de sólo lectura, y cada proceso empezaría por eso.
RUN python -m compileall -q -x '/tests?/' /usr/local/lib/python3.11 /app
ENV PESN_ENTORNO=produccion \
    PESN_VAR=/var/lib/pesn
USER pesn
EXPOSE 8000
# Una petición a la vez por proceso; más personas, más copias.
ENV GRANIAN_HOST=0.0.0.0 GRANIAN_PORT=8000 GRANIAN_WORKERS=2 GRANIAN_BLOCKING_THREADS=1
CMD ["granian", "--interface", "wsgi", "--no-ws", "--respawn-failed-workers", "pesn.wsgi:application"]
