# The gateway as an image: a wheel built in one stage, installed in the other; nothing runs as root.
#   docker build -t ussd-gateway .

FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/ussd-gateway \
 && /opt/ussd-gateway/bin/pip install --no-cache-dir --constraint constraints.txt ".[fast]"

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /srv/gateway gateway \
 && install -d -o gateway -g gateway -m 0700 /srv/gateway/var
COPY --from=build /opt/ussd-gateway /opt/ussd-gateway
ENV PATH=/opt/ussd-gateway/bin:$PATH \
    PYTHONUNBUFFERED=1
USER gateway
# Relative paths of the configuration (var/gateway.db, var/gateway.pepper, var/mailbox) are here.
WORKDIR /srv/gateway
VOLUME /srv/gateway/var
EXPOSE 2775 8080
# SIGTERM finishes what is in flight.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["ussd-gateway"]
CMD ["serve"]
