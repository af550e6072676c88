# PyPy 7.3 for Python 3.9: Python with a compiler at run time.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends pypy3 \
    && rm -rf /var/lib/apt/lists/*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
