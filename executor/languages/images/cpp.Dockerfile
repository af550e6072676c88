# C and C++: gcc and g++ of Debian 12 with the static C library, so that programs start without a loader.
FROM debian:bookworm-slim
LABEL judgestream=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# <bits/stdc++.h> compiled beforehand, once for each language with the flags of its compile command: g++ takes the one
# whose flags match, and the text where none does.
RUN header="$(find /usr/include -path '*/c++/*/bits/stdc++.h')" \
    && mkdir "$header.gch" \
    && for standard in 17 20 23; do \
        g++ -std=gnu++$standard -O2 -static -pipe -DONLINE_JUDGE -fdiagnostics-color=never \
            -x c++-header -o "$header.gch/$standard" "$header" || exit 1; \
    done
# The gate is a shell that its user can run but not read, so that no program can trace it.
RUN chmod 0711 /bin/dash
