# The daemon's image, with the plugin's jar and the client zip for Spark inside.
#
#   docker build --build-arg VERSION="$(python setup.py --version)" -t spark-exporter .
#   docker run --network=host spark-exporter serve --target=http://127.0.0.1:4040
#
# For a build that can be repeated, pin the base: --build-arg BASE=python:3.13-slim@sha256:...
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# The plugin is Java. pip brings pyspark for its compilation, and leaves it behind.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends default-jdk-headless \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN pip wheel --quiet --disable-pip-version-check --wheel-dir=/wheels '.[kubernetes]'

FROM ${BASE}
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="spark-exporter" \
      org.opencontainers.image.description="Custom metrics from Spark's Python and JVM code, and Spark's own, as clean Prometheus series" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Mounted, not copied: the wheels need no place in the image. They are of one version each.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --quiet --disable-pip-version-check --no-cache-dir --no-index --find-links=/wheels 'spark-exporter[kubernetes]'
RUN install -d -o 65532 -g 65532 /var/lib/spark-exporter
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SPARK_EXPORTER_STATE_DIRECTORY=/var/lib/spark-exporter \
    SPARK_EXPORTER_WEB_LISTEN_ADDRESS=:4060
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 4060
# It asks where SPARK_EXPORTER_WEB_LISTEN_ADDRESS says, with TLS or without.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["spark-exporter", "healthcheck"]
ENTRYPOINT ["spark-exporter"]
CMD ["serve"]
