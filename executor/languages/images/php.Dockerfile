# PHP 8.2 for the command line, with big numbers and multi-byte strings.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends php-cli php-bcmath php-gmp php-mbstring \
    && rm -rf /var/lib/apt/lists/*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
