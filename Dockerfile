# slosmith with promtool, as a command: docker run --rm -v "$PWD:/work" slosmith check
ARG PYTHON_IMAGE=docker.io/library/python:3.13-alpine
ARG PROMETHEUS_IMAGE=docker.io/prom/prometheus:v3.5.0

FROM ${PROMETHEUS_IMAGE} AS prometheus

FROM ${PYTHON_IMAGE} AS build
COPY . /src
# All dependencies come as wheels; pip itself has no business in the image.
RUN python3 -m venv /opt/slosmith \
 && /opt/slosmith/bin/pip install --no-cache-dir --disable-pip-version-check /src \
 && /opt/slosmith/bin/pip uninstall --yes --quiet pip

FROM ${PYTHON_IMAGE}
# `slosmith diff` asks git.
RUN command -v git >/dev/null || apk add --no-cache git
COPY --from=prometheus /bin/promtool /usr/local/bin/promtool
COPY --from=build /opt/slosmith /opt/slosmith
ENV PATH=/opt/slosmith/bin:$PATH PYTHONDONTWRITEBYTECODE=1 \
    # The mounted folder belongs to somebody else, which git distrusts.
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/work
WORKDIR /work
# Nobody: give it the owner of the mounted folder with --user "$(id -u):$(id -g)".
USER 65534:65534
ENTRYPOINT ["slosmith"]
CMD ["check"]
