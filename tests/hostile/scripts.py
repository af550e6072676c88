"""The hostile programs in Python and Java, as the files of their boxes. Like the C programs they say "contained"."""

from typing import Final

PYTHON: Final[dict[str, dict[str, str]]] = {
    "fork_bomb": {"main.py": "import os\nwhile True:\n    os.fork()\n"},
    "threads": {
        "main.py": """
import threading, time
started = 0
try:
    while started < 2000:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print("contained" if started < 600 else f"hole: {started} threads", flush=True)
import os
os._exit(0)
"""
    },
    "memory": {"main.py": "kept = []\nwhile True:\n    kept.append(bytearray(1 << 20))\n"},
    "flood": {"main.py": "while True:\n    print('0123456789' * 1000)\n"},
    "signals": {
        "main.py": """
import os, signal
for pid in (1, os.getppid(), -1):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            pass
print("contained")
"""
    },
    "network": {
        "main.py": """
import socket, sys
holes = []
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        with socket.socket(family) as trial:
            trial.settimeout(0.3)
            trial.connect(("127.0.0.1" if family == socket.AF_INET else "::1", int(sys.argv[1])))
            holes.append(family)
    except OSError:
        pass
try:
    socket.getaddrinfo("localhost.invalid", 80)
    holes.append("names")
except OSError:
    pass
print(f"hole: {holes}" if holes else "contained")
"""
    },
    "secrets": {
        "main.py": """
import os, sys
word = input().encode()
found = []
for top in ("/box", "/tmp", "/etc", "/home", "/root", "/var", "/opt", "/mnt", "/srv", "/run", "/proc"):
    for folder, _, names in os.walk(top):
        for path in [os.path.join(folder, name) for name in names]:
            if path.startswith(("/proc/self", f"/proc/{os.getpid()}/")) or not os.path.isfile(path):
                continue
            try:
                with open(path, "rb") as file:
                    if word in file.read(1 << 16):
                        found.append(path)
            except OSError:
                pass
if os.path.exists(sys.argv[1]) or os.listdir("/box") != ["main.py"]:
    found.append("files of others")
print(f"hole: {found}" if found else "contained")
"""
    },
    "descriptors": {
        "main.py": """
import os
open_ones = []
for fd in range(3, 4096):
    try:
        os.fstat(fd)
        open_ones.append(fd)
    except OSError:
        pass
print(f"hole: {open_ones}" if open_ones else "contained")
"""
    },
    "startup": {
        "main.py": """
import os, sys
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
holes = [name for name, file in files.items() if file.startswith(("/box/", "/tmp/")) and name != "__main__"]
if os.path.exists("/tmp/.local") or os.path.exists("/box/__pycache__"):
    holes.append("an earlier run")
for path in ("/box/sitecustomize.py", "/usr/lib/python3/dist-packages/evil.pth", "/usr/lib/python3.11/evil.py"):
    try:
        with open(path, "w") as file:
            file.write("print('evil')")
        holes.append(path)
    except OSError:
        pass
os.makedirs("/tmp/.local/lib/python3.11/site-packages")
with open("/tmp/.local/lib/python3.11/site-packages/evil.pth", "w") as file:
    file.write("import evil")
print(f"hole: {holes}" if holes else "contained")
""",
        "sitecustomize.py": "print('hole: sitecustomize')\n",
        "usercustomize.py": "print('hole: usercustomize')\n",
        "evil.pth": "import evil\n",
        "evil.py": "print('hole: evil')\n",
        "encodings/__init__.py": "raise SystemExit('hole: encodings')\n",
        "python311._pth": "/box\nimport evil\n",
        "pyvenv.cfg": "home = /box\n",
    },
    "preload": {
        "main.py": """
import os
bad = [name for name in os.environ if name.startswith(("LD_", "PYTHON", "GCONV", "JAVA", "JDK"))]
for path in ("/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/profile", "/etc/passwd"):
    try:
        with open(path, "ab"):
            bad.append(path)
    except OSError:
        pass
print(f"hole: {bad}" if bad else "contained")
"""
    },
}

JAVA: Final[dict[str, dict[str, str]]] = {
    "Threads": {
        "Threads.java": """
public class Threads {
    public static void main(String[] arguments) {
        int started = 0;
        try {
            for (; started < 5000; started++) {
                Thread thread = new Thread(() -> { for (;;) { try { Thread.sleep(60_000); } catch (Exception e) {} } });
                thread.setDaemon(true);
                thread.start();
            }
        } catch (OutOfMemoryError error) {
            // no more threads
        }
        System.out.println(started < 600 ? "contained" : "hole: " + started + " threads");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
"""
    },
    "Memory": {
        "Memory.java": """
public class Memory {
    public static void main(String[] arguments) {
        var kept = new java.util.ArrayList<java.nio.ByteBuffer>();
        for (;;) {
            var block = java.nio.ByteBuffer.allocate(1 << 20);
            kept.add(block);
        }
    }
}
"""
    },
    "Outside": {
        "Outside.java": """
import java.net.*;
import java.nio.file.*;
public class Outside {
    public static void main(String[] arguments) throws Exception {
        StringBuilder holes = new StringBuilder();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 300);
            holes.append(" network");
        } catch (Exception refused) {
            // as it should be
        }
        for (String path : new String[] {"/etc/shadow", "/proc/1/environ", "/proc/1/mem", "/root/.profile"}) {
            try {
                if (Files.newInputStream(Path.of(path)).read() >= 0) holes.append(" ").append(path);
            } catch (Exception refused) {
                // as it should be
            }
        }
        try {
            ProcessHandle.allProcesses().forEach(process -> process.destroyForcibly());
        } catch (Exception refused) {
            // nor this
        }
        System.out.println(holes.isEmpty() ? "contained" : "hole:" + holes);
    }
}
"""
    },
    "Agent": {
        "Agent.java": """
public class Agent {
    public static void premain(String options) { System.out.println("hole: agent"); }
    public static void agentmain(String options) { System.out.println("hole: agent"); }
    public static void main(String[] arguments) {
        String home = System.getProperty("user.home");
        boolean option = System.getenv().keySet().stream().anyMatch(name -> name.matches(".*(JAVA|JDK).*"));
        System.out.println(option ? "hole: options in the environment" : home == null ? "hole: no home" : "contained");
    }
}
""",
        "META-INF/MANIFEST.MF": "Launcher-Agent-Class: Agent\nPremain-Class: Agent\nMain-Class: Agent\n",
        ".hotspotrc": "-XX:OnError=/bin/sh\n",
        "JDK_JAVA_OPTIONS": "-javaagent:/box/Agent.jar\n",
    },
}

BY_LANGUAGE: Final = {"python3": PYTHON, "java": JAVA}
