# C# on Mono 6.8.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends mono-mcs mono-runtime libmono-system-core4.0-cil libmono-system-numerics4.0-cil \
    && rm -rf /var/lib/apt/lists/*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
