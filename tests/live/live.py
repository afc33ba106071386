"""natsim live with small programs: python3 live.py NATSIM.

A datagram crosses two simulated NATs between real sockets, by IPv4 and IPv6; names are resolved by a
simulated DNS server; large datagrams are fragmented; MTU and routes are those of the scenario; the run
is replayed to the same digest twice; nothing stays behind, not even after kill -9; an ordinary user can
do it too, and is told what is missing. Exits 77 with a reason where namespaces cannot be made.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Speaks JSON lines: sends datagrams, says what comes, looks names up.
PROGRAM = r'''
import json, os, socket, sys, threading
family = socket.AF_INET6 if sys.argv[1:] == ["6"] else socket.AF_INET
own = socket.socket(family, socket.SOCK_DGRAM)
own.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 5000))
def say(**message):
    print(json.dumps(message), flush=True)
def listen():
    while True:
        data, source = own.recvfrom(65535)
        say(type="datagram", size=len(data), text=data[:20].decode(), address=source[0], port=source[1])
threading.Thread(target=listen, daemon=True).start()
say(type="ready", mtu=int(open("/sys/class/net/eth0/mtu").read()) if os.path.exists("/sys/class/net/eth0") else None,
    routes=len(open("/proc/self/net/route").readlines()) - 1, tmp=os.environ.get("TMPDIR", ""))
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "send":
        own.sendto(message["text"].ljust(message["size"]).encode(), (message["to"], message["port"]))
    elif message["type"] == "resolve":
        try:
            say(type="resolved", address=socket.gethostbyname(message["name"]))
        except OSError as error:
            say(type="resolved", error=str(error))
    elif message["type"] == "exit":
        sys.stderr.write("last words\n")
        sys.exit(message["code"])
'''
SCENARIO = r'''
local folder = param("folder", ".")
local function program(host, ...)
  local started = host:spawn{ "/usr/bin/python3", folder .. "/program.py", ..., dns = "203.0.113.53" }
  return started, started:wait("ready", "20s")
end
scenario("through two NATs", function(net)
  local internet = net:router("internet")
  local dns = net:host("dns", { ip = "203.0.113.53", link = { internet } })
  dns:dns_server{ records = { ["server.example"] = "198.51.100.9" } }
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "20ms" } })
  local server = net:host("server", { ip = "198.51.100.9", link = { internet, one_way_delay = "5ms" } })
  local a = program(alice)
  local b, ready = program(server)
  expect(ready.routes).at_least(1)

  a:send{ type = "resolve", name = "server.example" }
  expect(a:wait("resolved", "5s").address).equals("198.51.100.9")
  a:send{ type = "resolve", name = "missing.example" }
  expect(a:wait("resolved", "15s").error ~= nil).equals(true)

  a:send{ type = "send", to = "198.51.100.9", port = 5000, text = "hello", size = 5 }
  local got = b:wait("datagram", "2s")
  expect(got.text).equals("hello")
  expect(got.address).equals(alice.nat.external_address)
  b:send{ type = "send", to = got.address, port = got.port, text = "back", size = 4 }
  expect(a:wait("datagram", "2s").text).equals("back")
  -- In fragments, which the NAT puts together or passes on.
  a:send{ type = "send", to = "198.51.100.9", port = 5000, text = "large", size = 4000 }
  expect(b:wait("datagram", "2s").size).equals(4000)
  -- To a port where nobody listens: what comes back is ICMP, and no datagram.
  b:send{ type = "send", to = got.address, port = 9, text = "x", size = 1 }
  sleep("100ms")
  expect(net:drops("nat_no_mapping")).at_least(1)
  a:send{ type = "exit", code = 3 }
  expect(a:wait_for_exit("5s")).equals(3)
  b:signal("SIGTERM")
  b:wait_for_exit("5s")
  expect(b.exit_signal).equals(15)
end)
scenario("by IPv6", function(net)
  local internet = net:router("internet")
  local a = net:host("a", { ip = "2001:db8:1::1", family = "ipv6", link = { internet, one_way_delay = "5ms" } })
  local b = net:host("b", { ip = "2001:db8:2::1", family = "ipv6", link = { internet, one_way_delay = "5ms" } })
  local one, other = program(a, "6"), program(b, "6")
  one:send{ type = "send", to = b.ip, port = 5000, text = "six", size = 3 }
  expect(other:wait("datagram", "2s").address).equals(a.ip)
end)
scenario("for ever", function(net)
  local a = net:host("a", { ip = "192.0.2.1", link = { net:router("r") } })
  program(a)
  log("it runs")
  sleep("1h")
end)
'''


class Checks:
    def __init__(self, natsim: Path, folder: Path) -> None:
        self.natsim, self.folder, self.failed = natsim, folder, 0

    def holds(self, what: str, good: bool, told: object = "") -> None:
        self.failed += not good
        print(f"{'ok' if good else 'FAILED'}: {what}{'' if good else f': {told}'}", flush=True)

    def command(self, *words: str, before: tuple[str, ...] = ()) -> list[str]:
        return [*before, str(self.natsim), *words]

    def run(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*words, before=before), cwd=self.folder,
                              capture_output=True, text=True, timeout=120)

    def live(self, only: str, *words: str, before: tuple[str, ...] = ()) -> dict:
        done = self.run("live", "test.lua", "--only", only, "--json", "--set",
                        f"folder={self.folder}", "--max-lateness", "1s", *words, before=before)
        lines = done.stdout.splitlines()
        told = json.loads(lines[-1]) if lines else {"outcome": "nothing"}
        return told | {"exit": done.returncode, "said": done.stderr}


def leftovers() -> list[str]:
    """Processes, folders and namespaces that natsim live has left."""
    found = [str(each) for each in Path(tempfile.gettempdir()).glob("natsim-live-*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        ours = b"program.py" in words or (b" live " in words.replace(b"\0", b" ")
                                          and b"test.lua" in words and b"live.py" not in words)
        if ours and state != "Z":
            found.append(f"process {process.name}")
    return found


def check_runs(checks: Checks) -> None:
    told = checks.live("two NATs", "--record", "two.live")
    checks.holds("through two NATs", told["outcome"] == "pass", told)
    checks.holds("checksums are right", told.get("outside", {}).get("wrong_checksums") == 0, told)
    told6 = checks.live("IPv6", "--no-record")
    checks.holds("by IPv6", told6["outcome"] == "pass", told6)
    digests = set()
    for _ in range(2):
        done = checks.run("replay", "two.live", "--json")
        again = json.loads(done.stdout.splitlines()[-1])
        checks.holds("replayed", done.returncode == 0 and again["outside"]["valid"], again)
        digests.add(again["digest"])
    checks.holds("one digest", digests == {told.get("digest")}, (digests, told.get("digest")))
    explained = checks.run("explain", "two.live")
    checks.holds("explain tells of the drop", "nat_no_mapping" in explained.stdout, explained.stdout)
    checks.holds("nothing is left", leftovers() == [], leftovers())


def check_ends(checks: Checks) -> None:
    for what, number, code in (("Ctrl-C", signal.SIGINT, 130), ("kill -9", signal.SIGKILL, -9)):
        running = subprocess.Popen(
            checks.command("live", "test.lua", "--only", "for ever", "--set",
                           f"folder={checks.folder}", "--record", "ever.live"),
            cwd=checks.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while line := running.stdout.readline():
            if "it runs" in line:
                break
        running.send_signal(number)
        running.communicate(timeout=20)
        checks.holds(f"{what}: exit {code}", running.returncode == code, running.returncode)
        time.sleep(0.2)
        left = [each for each in leftovers() if "process" in each or number == signal.SIGINT]
        checks.holds(f"{what}: nothing runs on", left == [], left)
        done = checks.run("replay", "ever.live", "--json")
        again = json.loads(done.stdout.splitlines()[-1])
        checks.holds(f"{what}: what was recorded can be replayed",
                     "interrupted" in str(again.get("error")) and again["outside"]["valid"], again)
    checks.live("IPv6", "--no-record")
    checks.holds("the next start takes the rest away", leftovers() == [], leftovers())


def check_ordinary_user(checks: Checks) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return  # whoever runs this is one
    checks.folder.chmod(0o777)
    drop = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    device = checks.folder / "tun"
    for mode, outcome in ((0o666, "pass"), (0o600, "error")):
        device.unlink(missing_ok=True)
        os.mknod(device, 0o20000 | mode, os.makedev(10, 200))
        device.chmod(mode)
        script = f'mount --bind {device} /dev/net/tun && exec {drop} "$@"'
        told = checks.live("IPv6", "--no-record", before=("unshare", "-m", "sh", "-c", script, "sh"))
        checks.holds(f"an ordinary user, /dev/net/tun {mode:o}", told["outcome"] == outcome, told)
        if outcome == "error":
            checks.holds("is told what helps", "chmod 0666 /dev/net/tun" in str(told["error"]), told)
    checks.holds("nothing of the user is left", leftovers() == [], leftovers())


def check_errors(checks: Checks) -> None:
    (checks.folder / "bad.lua").write_text('''
        scenario("no such program", function(net)
          net:host("a", { ip = "192.0.2.1", link = { net:router("r") } }):spawn{ "no-such-program" }
        end)''')
    done = checks.run("live", "bad.lua", "--no-record")
    checks.holds("a program that is not there", done.returncode == 2 and
                 "'no-such-program' cannot be started: No such file" in done.stdout, done.stdout)
    done = checks.run("run", "test.lua", "--only", "for ever")
    checks.holds("natsim run says what it cannot run", done.returncode == 2 and
                 "real programs run in `natsim live` alone" in done.stdout, done.stdout)
    done = checks.run("replay", "test.lua")
    checks.holds("what is no recording", done.returncode == 2 and "no recording" in done.stderr,
                 done.stderr)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM)
        (folder / "test.lua").write_text(SCENARIO)
        # A copy, so that an ordinary user can run it wherever the build is.
        natsim = shutil.copy(Path(sys.argv[1]).resolve(), folder / "natsim")
        checks = Checks(Path(natsim), folder)
        first = checks.live("IPv6", "--no-record")
        why = str(first.get("error", ""))
        if any(word in why for word in ("/dev/net/tun", "may not make", "cannot be made")):
            print(f"skipped: {why}")
            return 77
        check_runs(checks)
        check_ends(checks)
        check_ordinary_user(checks)
        check_errors(checks)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
