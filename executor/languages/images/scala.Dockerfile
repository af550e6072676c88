# Scala 3.3 on Java 17. Compiler and library come from Maven.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN mkdir -p /usr/share/man/man1 \
    && apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*
COPY jars /opt/scala
# The library under a name without a version, and the compiler's class path, always in the same order.
RUN cd /opt/scala \
    && ln -s scala3-library_3-*.jar library3.jar \
    && ln -s scala-library-*.jar library.jar \
    && printf -- '-cp\n%s\n' "$(ls -d "$PWD"/*-*.jar | paste -sd :)" > compiler
# The compiler starts in half the time from an archive of its classes; no program of an author's runs on it.
RUN echo '@main def main() = println(scala.io.StdIn.readLine().split(" ").map(_.toLong).sum)' > /tmp/main.scala \
    && java -XX:ArchiveClassesAtExit=/opt/scala/compiler.jsa -XX:+UseSerialGC @/opt/scala/compiler \
        dotty.tools.dotc.Main -color:never -classpath /opt/scala/library3.jar:/opt/scala/library.jar -d /tmp/main.jar /tmp/main.scala \
    && rm /tmp/main.*
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
