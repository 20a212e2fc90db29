# The production image: the packages of requirements.lock (the set the tests ran with), our code, the DAGs baked in.
# Where policy asks for it, replace the tag by the digest that your registry serves for it.
FROM python:3.11.14-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV UV_LINK_MODE=copy
WORKDIR /opt/cchc
# Behind an office's mirror or its TLS proxy: the address of the index, and a certificate below ops/, e.g. ops/office.crt.
# (pip and uv take an empty address for none.)
ARG PIP_INDEX_URL=
ARG UV_DEFAULT_INDEX=
ARG CA_FILE=
COPY pyproject.toml requirements.lock ${CA_FILE:-requirements.lock} ./
RUN cat /etc/ssl/certs/ca-certificates.crt ${CA_FILE:+"${CA_FILE##*/}"} > /tmp/ca.pem
ENV PIP_CERT=/tmp/ca.pem \
    SSL_CERT_FILE=/tmp/ca.pem
# The lock pins everything; pyproject.toml chooses what production needs of it (no test tools).
RUN pip install --no-cache-dir "$(grep -oE '^uv==[0-9.]+' requirements.lock)" \
    && uv venv /opt/venv \
    && uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode -r pyproject.toml --extra airflow --constraints requirements.lock
COPY etl etl
RUN uv pip install --no-cache --python /opt/venv/bin/python --no-deps --editable .

FROM python:3.11.14-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/cchc \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/cchc/dags \
    GX_ANALYTICS_ENABLED=false \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
# 50000 and group 0 are what Airflow's own image uses: volumes can be shared with it.
RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin airflow \
    && install -d -o 50000 -g 0 /opt/airflow/logs /srv/inbox /srv/archive /srv/cchc /srv/cchc/data_docs
WORKDIR /opt/cchc
COPY --from=build /opt/venv /opt/venv
COPY . .
RUN install -m 0755 ops/entrypoint /usr/local/bin/entrypoint \
    && python -m compileall -q etl dags expectations
USER 50000:0
ENTRYPOINT ["entrypoint"]
CMD ["cchc", "--help"]
