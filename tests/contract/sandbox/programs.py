"""Programs that behave well and badly, in every language."""

CPP = {
    "sum": "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }",
    "echo": """
        #include <unistd.h>
        static char data[1 << 16];
        int main() {
            for (ssize_t got; (got = read(0, data, sizeof data)) > 0;)
                for (ssize_t put = 0; put < got;) put += write(1, data + put, got - put);
        }
    """,
    "deaf": '#include <cstdio>\nint main() { puts("3"); }',
    "spin": "int main() { for (volatile unsigned i = 0;; i = i + 1) {} }",
    "sleep": "#include <unistd.h>\nint main() { for (;;) sleep(60); }",
    "hog": """
        #include <cstdlib>
        #include <cstring>
        int main() { for (;;) { void *p = malloc(1 << 20); memset(p, 1, 1 << 20); } }
    """,
    "exit": "int main() { return 3; }",
    "crash": "#include <cstdlib>\nint main() { abort(); }",
    "flood": '#include <cstdio>\nint main() { for (;;) puts("0123456789012345678901234567890123456789"); }',
    "noise": """
        #include <cstdio>
        int main() {
            for (int i = 0; i < 20000; i++)
                fputs("time limit exceeded; killed; out of memory; segmentation fault\\n", stderr);
            puts("3");
        }
    """,
    "broken": "int main() { return undeclared; }",
    "suicide": "#include <csignal>\nint main() { raise(SIGKILL); }",
    "segfault": "int main() { *(volatile int *)0 = 1; }",
    "recursion": "int f(volatile char *p) { char b[4096]; b[0] = *p; return f(b) + b[9]; }\n"
    "int main() { char c = 0; return f(&c); }",
    "big_array": "#include <vector>\nint main() { std::vector<int> v(500000000, 1); return v[7] - 1; }",
    "orphans": """
        #include <cstdio>
        #include <unistd.h>
        int main() {
            for (int i = 0; i < 3; i++)
                if (fork() == 0) { setsid(); for (;;) pause(); }
            puts("3");
        }
    """,
    "hidden_cpu": """
        #include <csignal>
        #include <ctime>
        #include <unistd.h>
        int main() {
            signal(SIGCHLD, SIG_IGN);
            if (fork() == 0) for (;;) {}
            for (;;) pause();
        }
    """,
    "children_memory": """
        #include <cstdlib>
        #include <cstring>
        #include <unistd.h>
        int main() {
            for (int i = 0; i < 3; i++)
                if (fork() == 0) { char *p = (char *)malloc(20 << 20); memset(p, 1, 20 << 20); sleep(60); }
            sleep(1);
        }
    """,
    "fork_bomb": "#include <unistd.h>\nint main() { for (;;) fork(); }",
    "trace_the_gate": """
#include <sys/ptrace.h>
#include <cerrno>
#include <cstdio>
int main() {
    long seized = ptrace(PTRACE_SEIZE, 1, 0, PTRACE_O_EXITKILL);
    std::printf("%s\\n", seized == 0 ? "traced" : errno == EPERM ? "refused" : "other");
}
""",
    "kill_all": """
        #include <csignal>
        #include <cstdio>
        #include <unistd.h>
        int main() { kill(-1, SIGKILL); kill(getppid(), SIGKILL); kill(getppid(), SIGSTOP); puts("3"); }
    """,
    "network": """
        #include <arpa/inet.h>
        #include <cstdio>
        #include <sys/socket.h>
        int main() {
            int s = socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in a{}; a.sin_family = AF_INET; a.sin_port = htons(53); a.sin_addr.s_addr = htonl(0x08080808);
            puts(s >= 0 && connect(s, (sockaddr *)&a, sizeof a) == 0 ? "connected" : "no network");
        }
    """,
    "write_everywhere": """
        #include <cstdio>
        #include <initializer_list>
        #include <unistd.h>
        int main() {
            for (const char *p : {"/x", "/box/x", "/box/main", "/etc/x", "/dev/x", "/usr/x", "/out/x", "/tmp/x"}) {
                FILE *f = fopen(p, "w");
                if (f) { printf("%s\\n", p); fclose(f); }
            }
            printf("uid %d\\n", getuid() == 0);
        }
    """,
    "remember": """
        #include <cstdio>
        int main() {
            FILE *f = fopen("/tmp/note", "r");
            puts(f ? "remembered" : "fresh");
            f = fopen("/tmp/note", "w");
            fputs("x", f);
        }
    """,
    "fill_disk": """
        #include <cstdio>
        #include <cstring>
        int main() {
            static char data[1 << 20];
            memset(data, 1, sizeof data);
            FILE *f = fopen("/tmp/big", "w");
            int written = 0;
            while (written < 100 && fwrite(data, sizeof data, 1, f) == 1 && fflush(f) == 0) written++;
            printf("%d\\n", written);
        }
    """,
    "environment": """
        #include <cstdio>
        extern char **environ;
        int main() { for (char **e = environ; *e; e++) puts(*e); }
    """,
    "descriptors": """
        #include <cstdio>
        #include <fcntl.h>
        int main() { for (int fd = 3; fd < 256; fd++) if (fcntl(fd, F_GETFD) != -1) printf("%d\\n", fd); puts("end"); }
    """,
    "idle_then_end": "#include <unistd.h>\nint main() { usleep(300000); }",
    # Known work: `cpu KIND COUNT MS` burns so much in each of COUNT places, `memory KIND COUNT MIB` holds so much.
    "work": r"""
        #include <csignal>
        #include <cstdio>
        #include <cstdlib>
        #include <cstring>
        #include <ctime>
        #include <pthread.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static char what[16], kind[16];
        static int count, amount, ready[2], end[2];
        static void burn() {
            timespec t;
            do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < amount);
        }
        static void hold() {
            size_t bytes = (size_t)amount << 20;
            volatile char *p = (volatile char *)malloc(bytes);
            for (size_t i = 0; i < bytes; i += 4096) p[i] = 1;
        }
        static void work() {
            if (what[0] == 'c') return burn();
            char byte = 0;
            hold();
            if (write(ready[1], &byte, 1) < 1 || read(end[0], &byte, 1) < 0) abort();
        }
        static void *thread(void *) { work(); return nullptr; }
        static void child() { close(end[1]); work(); _exit(0); }
        static void start() {
            static pthread_t threads[64];
            for (int i = 0; i < count; i++) {
                if (!strcmp(kind, "threads")) pthread_create(&threads[i], nullptr, thread, nullptr);
                else if (!fork()) {
                    if (strcmp(kind, "orphans")) child();
                    if (!fork()) { setsid(); child(); }
                    _exit(0);
                }
            }
            close(ready[1]);
            char byte;
            if (what[0] == 'm') for (int i = 0; i < count; i++) if (read(ready[0], &byte, 1) < 0) abort();
            if (what[0] == 'm') close(end[1]);
            for (int i = 0; !strcmp(kind, "threads") && i < count; i++) pthread_join(threads[i], nullptr);
            while (strcmp(kind, "threads") && read(ready[0], &byte, 1) > 0) {}
            while (wait(nullptr) > 0) {}
        }
        int main() {
            if (scanf("%15s %15s %d %d", what, kind, &count, &amount) != 4 || pipe(ready) || pipe(end)) return 1;
            if (!strcmp(kind, "ignored")) signal(SIGCHLD, SIG_IGN);
            if (strcmp(kind, "alone")) start();
            else if (what[0] == 'c') burn();
            else hold();
        }
    """,
    "secret": '#include "/etc/shadow"\nint main() {}',
    "endless_include": '#include "/dev/zero"\nint main() {}',
    "huge": "int big[1 << 26] = {1};\nint main() { return big[5]; }",
}

JAVA = {
    "sum": """
        public class Solution {
            public static void main(String[] args) {
                java.util.Scanner in = new java.util.Scanner(System.in);
                System.out.println(in.nextLong() + in.nextLong());
            }
        }
    """,
    "echo": "class Main { public static void main(String[] a) throws Exception { System.in.transferTo(System.out); } }",
    "deaf": "class Main { public static void main(String[] a) { System.out.println(3); } }",
    "spin": "class Main { public static void main(String[] a) { for (long i = 0;; i++) if (i < 0) return; } }",
    "sleep": "class Main { public static void main(String[] a) throws Exception { Thread.sleep(100000); } }",
    "hog": """
        class Main {
            public static void main(String[] a) {
                var kept = new java.util.ArrayList<byte[]>();
                for (;;) kept.add(new byte[1 << 20]);
            }
        }
    """,
    "exit": "class Main { public static void main(String[] a) { System.exit(3); } }",
    "crash": "class Main { public static void main(String[] a) { Runtime.getRuntime().halt(134); } }",
    "flood": 'class Main { public static void main(String[] a) { for (;;) System.out.println("x".repeat(999)); } }',
    "noise": """
        class Main {
            public static void main(String[] a) {
                for (int i = 0; i < 200; i++) System.err.println("OutOfMemoryError ".repeat(1000));
                System.out.println(3);
            }
        }
    """,
    "broken": "class Main { public static void main(String[] a) { undeclared(); } }",
    "big_array": "class Main { public static void main(String[] a) { System.out.print(new int[1 << 29].length); } }",
    "garbage": """
        class Main {
            public static void main(String[] a) {
                var live = new java.util.ArrayDeque<byte[]>();
                long sum = 0;
                for (int i = 0; i < 200_000; i++) {
                    live.add(new byte[10_000]);
                    if (live.size() > 6_000) sum += live.poll().length;
                }
                System.out.println(sum > 0 ? 3 : 0);
            }
        }
    """,
    "deep": """
        class Main {
            static int depth(int n) { return n == 0 ? 0 : depth(n - 1) + 1; }
            public static void main(String[] a) { System.out.println(depth(300_000) / 100_000); }
        }
    """,
    "exception": "class Main { public static void main(String[] a) { throw new IllegalStateException(); } }",
}

PYTHON = {
    "sum": "a, b = map(int, input().split())\nprint(a + b)\nexit()\n",
    "echo": "import sys, shutil\nshutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)\n",
    "deaf": "print(3)\n",
    "spin": "while True:\n    pass\n",
    "sleep": "import time\ntime.sleep(100)\n",
    "hog": "kept = []\nwhile True:\n    kept.append(bytearray(1 << 20))\n",
    "exit": "import sys\nsys.exit(3)\n",
    "crash": "import os\nos.abort()\n",
    "flood": "while True:\n    print('0123456789' * 99)\n",
    "noise": "import sys\nfor _ in range(200):\n    print('MemoryError ' * 1000, file=sys.stderr)\nprint(3)\n",
    "broken": "def f(:\n    pass\n",
    "big_array": "x = [1] * 500_000_000\nprint(len(x))\n",
    "exception": "raise MemoryError\n",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)\n",
}

PROGRAMS = {"cpp": CPP, "java": JAVA, "python3": PYTHON}
