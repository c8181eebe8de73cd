# One image for every process of the service; the command says which. It holds the grader, its exercises and the
# embedded transformer; larger transformers are mounted (docs/operations.md, "Transformers").
#
# The default torch for Linux brings GPU libraries along that nothing here uses, several times the size of all the
# rest, and the build refuses it. Name an index that serves the CPU build, or a mirror of your own:
#
#     docker build --build-arg PIP_EXTRA_INDEX_URL=... --tag head-grader:0.1.0 .
#
# pip reads both arguments from its environment. They stay in the build stage, and so does what they may contain.

FROM python:3.11.15-slim-bookworm AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt ./
# torch first and by itself: it is most of the image, and changes least often.
RUN python -m venv --without-pip /opt/grader \
    && pip install --no-cache-dir --constraint constraints.txt hatchling \
    && pip --python /opt/grader/bin/python install --no-cache-dir --constraint constraints.txt torch
RUN /opt/grader/bin/python -c 'import sys, torch; torch.version.cuda and sys.exit("torch for GPUs: see the Dockerfile")'
COPY pyproject.toml README.md LICENSE ./
COPY grader grader/
COPY workers workers/
COPY exercises exercises/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/grader/bin/python install --no-cache-dir --constraint constraints.txt \
        "$(echo /wheels/head_grader-*.whl)[measure,service]"

FROM python:3.11.15-slim-bookworm
# The numbers are fixed: whoever owns the secrets' files on the host has to know them. The volumes over
# /var/lib/grader and /run/lti take their owner from the folders made here.
RUN groupadd --gid 10001 grader \
    && useradd --no-log-init --uid 10001 --gid grader --home-dir /nonexistent --shell /usr/sbin/nologin grader \
    && install --directory --owner grader --group grader --mode 0700 /var/lib/grader /run/grader /run/lti
COPY --from=build /opt/grader /opt/grader
# The root is read-only, so nothing is compiled or cached beside the code, and no folder that a process can write to
# is one that it imports from. One thread a process: the pool is what uses the cores, and threads that were started
# before a fork would never wake in the children.
ENV PATH=/opt/grader/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HUB_OFFLINE=1 \
    OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
    GRADER_HOME=/var/lib/grader GRADER_HEARTBEAT=/run/grader/heartbeat
WORKDIR /opt/grader
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
    CMD ["/bin/sh", "-c", "find \"$GRADER_HEARTBEAT\" -newermt '-30 seconds' | grep -q ."]
CMD ["python", "-m", "celery", "--quiet", "--app", "workers.broker.app", "worker", "--pool", "prefork", "--concurrency", "2"]
