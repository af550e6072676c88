# Node.js 18, and the TypeScript compiler.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs node-typescript \
    && rm -rf /var/lib/apt/lists/*
# What TypeScript programs find in Node.js, as far as they need it declared: without types of its own.
RUN printf '%s\n' "declare module '*';" 'declare const require: any, process: any, console: any, Buffer: any;' \
    > /usr/local/share/node.d.ts
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
