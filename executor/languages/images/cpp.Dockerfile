# C and C++: gcc and g++ of Debian 12 with the static C library, so that programs start without a loader.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
