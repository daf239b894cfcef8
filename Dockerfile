# shadowbench as a container: docs/container.md says how to run, build and renew it.

# The tag is for people, the digest decides.
ARG BASE=docker.io/library/python:3.13.15-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

# ── what it needs: a layer that changes when the lock does ──

FROM ${BASE} AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
COPY image/*.lock /build/
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /build/tools && \
    /build/tools/bin/pip install --only-binary :all: --require-hashes --requirement /build/build.lock && \
    python3 -m venv --without-pip /opt/shadowbench && \
    /build/tools/bin/pip --python /opt/shadowbench/bin/python install \
        --no-compile --only-binary :all: --require-hashes --requirement /build/requirements.lock && \
    /build/tools/bin/pip --python /opt/shadowbench/bin/python check
# Nothing here installs packages (sqlite-utils would, for its plugins), tests numpy and scipy, or calls others' commands.
# Compiled files are unchecked: copying a layer may change times, and nobody edits these sources.
RUN /build/tools/bin/pip --python /opt/shadowbench/bin/python uninstall --yes pip && \
    find /opt/shadowbench/lib/python3*/site-packages/numpy /opt/shadowbench/lib/python3*/site-packages/scipy \
        -type d -name tests -prune -exec rm -r {} + && \
    find /opt/shadowbench/bin -type f -delete && \
    /opt/shadowbench/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/shadowbench/lib

# ── shadowbench: a small layer of its own ──

FROM dependencies AS application
# 1 compiles the hot path, 0 leaves it Python.
ARG COMPILE=1
WORKDIR /source
COPY . .
# The compiler is the locked one, whatever the base has. Left to itself it would compile for this machine's processor alone.
RUN --mount=type=cache,target=/root/.cache/zig \
    zig="/build/tools/bin/python -m ziglang cc -mcpu=baseline" && \
    SHADOWBENCH_COMPILE=$COMPILE CC=$zig LDSHARED="$zig -shared" \
        /build/tools/bin/hatchling build --target wheel --directory /build/wheel && \
    /build/tools/bin/pip --python /opt/shadowbench/bin/python install \
        --no-compile --no-deps --no-index --root /application /build/wheel/*.whl && \
    /opt/shadowbench/bin/python -m compileall -q -s /application --invalidation-mode unchecked-hash /application

# ── what runs ──

FROM ${BASE}
# Folders are for group 0, too: users that OpenShift makes up are in it.
# The base leaves the standard library uncompiled: each of our processes would compile what it imports, at every start.
RUN groupadd --gid 10001 shadowbench && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/shadowbench --shell /usr/sbin/nologin shadowbench && \
    install --directory --owner 10001 --group 0 --mode 0770 /var/lib/shadowbench /run/shadowbench && \
    install --directory /etc/shadowbench && \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(site-packages|test|idlelib|ensurepip|lib2to3|tkinter|turtledemo|pydoc_data)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=dependencies /opt/shadowbench /opt/shadowbench
COPY --from=application /application/ /
COPY --chmod=0555 image/health /usr/local/bin/shadowbench-health

ENV PATH=/opt/shadowbench/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Relative paths, as in `store.url: sqlite:///shadowbench.db`, are on the volume.
WORKDIR /var/lib/shadowbench
VOLUME /var/lib/shadowbench
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["shadowbench-health"]
# No shell in between: it is process 1, and hears SIGTERM.
ENTRYPOINT ["shadowbench"]
CMD ["serve"]

ARG VERSION=0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=
ARG BASE
LABEL org.opencontainers.image.title="shadowbench" \
      org.opencontainers.image.description="A sidecar that mirrors LLM traffic to candidate models and tells whether you may switch" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}"
