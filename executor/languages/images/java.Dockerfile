# Java 17 with its compiler. The slim base leaves out the manual pages' folder that the JDK's set-up links into.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN mkdir -p /usr/share/man/man1 \
    && apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jdk-headless \
    && rm -rf /var/lib/apt/lists/*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
