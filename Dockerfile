# A small image: the service and its engine, no compiler, no root.
#   docker build -t sweetspot .
#   docker run -p 127.0.0.1:8080:8080 -v sweetspot:/data sweetspot
#   docker run -v sweetspot:/data sweetspot region add us/hawaii
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock package.json package-lock.json .npmrc hatch_build.py README.md LICENSE ./
COPY app app
ENV UV_PROJECT_ENVIRONMENT=/opt/sweetspot UV_LINK_MODE=copy
RUN uv sync --locked --no-dev --no-editable --compile-bytecode

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --create-home sweetspot \
    && install -d -o sweetspot -g sweetspot /data
COPY --from=build /opt/sweetspot /opt/sweetspot
ENV PATH=/opt/sweetspot/bin:$PATH SWEETSPOT_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["sweetspot"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
