# Kotlin 2.1 on Java 17. Compiler and library come from Maven.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN mkdir -p /usr/share/man/man1 \
    && apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*
COPY jars /opt/kotlin
# The library under a name without a version, and the compiler's class path, always in the same order.
RUN cd /opt/kotlin \
    && ln -s kotlin-stdlib-*.jar stdlib.jar \
    && printf -- '-cp\n%s\n' "$(ls -d "$PWD"/*-*.jar | paste -sd :)" > compiler
# The compiler starts in half the time from an archive of its classes; no program of an author's runs on it.
RUN echo 'fun main() { println(readln().split(" ").map { it.toLong() }.sum()) }' > /tmp/main.kt \
    && java -XX:ArchiveClassesAtExit=/opt/kotlin/compiler.jsa -XX:+UseSerialGC @/opt/kotlin/compiler \
        org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -classpath /opt/kotlin/stdlib.jar -d /tmp/main.jar /tmp/main.kt \
    && rm /tmp/main.*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
