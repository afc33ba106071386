"""natsim serve is a STUN and a TURN server to others: python3 servers.py NATSIM.

coturn's client tools are the judge: Binding and behaviour discovery, allocations over UDP, TCP and
TLS with permissions, Send indications and channels, and a hundred clients at once. On loopback.
"""

import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

PATHS = {
    "channels over UDP": ("-m", "3"),
    "Send indications over UDP": ("-m", "3", "-s"),
    "channels over TCP": ("-m", "3", "-t"),
    "channels over TLS": ("-m", "3", "-t", "-S"),
    "more requests than it needs": ("-m", "3", "-G"),
    "relay to relay": ("-m", "4", "-y"),
    "a hundred clients": ("-m", "100"),
}
CROWD = "a hundred clients"
CREDENTIALS = ("-u", "alice", "-w", "secret")


def free_port() -> int:
    """A port that is free for UDP and TCP, on both addresses, and so is the next one."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                for address in ("127.0.0.1", "127.0.0.2"):
                    for each in (port, port + 1):
                        with socket.socket(socket.AF_INET, kind) as taken:
                            taken.bind((address, each))
        except (OSError, OverflowError):
            continue
        return port


@contextmanager
def server(program: Path, *words: str):
    # Into a file: a pipe that nobody reads would stop it.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        running = subprocess.Popen([str(program), "serve", *words, "--json"], stdout=told)
        try:
            for _ in range(100):
                told.seek(0)
                if told.readline().endswith("\n"):
                    break
                time.sleep(0.02)
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=20)
        told.seek(0)
        events = [json.loads(line)["event"] for line in told]
        assert events[0] == "listening", events


def check_stun(program: Path) -> list[str]:
    port = free_port()
    complaints = []
    with server(program, "stun", "--listen", f"127.0.0.1:{port}",
                "--alternate", f"127.0.0.2:{port + 1}") as running:
        for tool, says in (
            (("turnutils_stunclient", "-p", str(port)), r"UDP reflexive addr: 127\.0\.0\.1:\d+"),
            (("turnutils_natdiscovery", "-m", "-f", "-p", str(port)),
             r"NAT with Endpoint Independent Filtering!"),
        ):
            done = subprocess.run([*tool, "127.0.0.1"], capture_output=True, text=True,
                                  timeout=60, check=False)
            if not re.search(says, done.stdout + done.stderr):
                complaints.append(f"{tool[0]}: {done.stdout}{done.stderr}")
    if running.returncode != 0:
        complaints.append(f"serve stun: exit {running.returncode}")
    return complaints


def check_turn(program: Path) -> list[str]:
    port, tls, peer = free_port(), free_port(), free_port()
    complaints = []
    peers = subprocess.Popen(["turnutils_peer", "-p", str(peer), "-L", "127.0.0.1"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with server(program, "turn", "--listen", f"127.0.0.1:{port}", "--user", "alice:secret",
                    "--tcp", "--tls-port", str(tls), "--allow-loopback-peers") as running:
            clients = {}
            for what, words in PATHS.items():
                to = tls if "-S" in words else port
                clients[what] = subprocess.Popen(
                    ["turnutils_uclient", *words, *CREDENTIALS, "-e", "127.0.0.1", "-r", str(peer),
                     "-p", str(to), "-n", "10", "-l", "100", "-z", "10", "127.0.0.1"],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for what, client in clients.items():
                said, _ = client.communicate(timeout=120)
                counted = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)
                sent, received = (int(count) for count in counted[-1]) if counted else (0, 0)
                # A crowd on a busy machine may overrun the buffers of UDP sockets.
                most_lost = sent // 10 if what == CROWD else 0
                if sent == 0 or sent - received > most_lost:
                    complaints.append(f"{what}: {sent} sent, {received} came: {said[-600:]}")
            wrong = subprocess.run(
                ["turnutils_uclient", "-u", "alice", "-w", "wrong", "-e", "127.0.0.1", "-r",
                 str(peer), "-p", str(port), "-n", "1", "127.0.0.1"],
                capture_output=True, text=True, timeout=60, check=False)
            if "Cannot complete Allocation" not in wrong.stdout + wrong.stderr:
                complaints.append(f"a wrong password: {wrong.stdout}{wrong.stderr}")
        if running.returncode != 0:
            complaints.append(f"serve turn: exit {running.returncode}")
    finally:
        peers.kill()
        peers.wait()
    return complaints


def check_taken_relay(program: Path) -> list[str]:
    """A relay's port that another program holds is told of before the allocation."""
    port, first = free_port(), free_port()
    events = []
    with ExitStack() as held:
        for taken in (first, first + 1):
            holder = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            holder.bind(("127.0.0.1", taken))
        running = held.enter_context(subprocess.Popen(
            [str(program), "serve", "turn", "--listen", f"127.0.0.1:{port}", "--user",
             "alice:secret", "--ports", f"{first}..{first + 1}", "--allow-loopback-peers", "--json"],
            stdout=subprocess.PIPE, text=True))
        held.callback(running.terminate)
        assert json.loads(running.stdout.readline())["event"] == "listening"
        client = held.enter_context(subprocess.Popen(
            ["turnutils_uclient", *CREDENTIALS, "-c", "-e", "127.0.0.1", "-p", str(port),
             "-n", "1", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        held.callback(client.kill)
        for line in running.stdout:
            events.append(json.loads(line))
            if events[-1]["text"].startswith("allocated"):
                break
    if not any(event["event"] == "relay_refused" and "in use" in event["text"]
               for event in events):
        return [f"a relay's port is taken: {events}"]
    return []


def check_refusals(program: Path) -> list[str]:
    refused = {
        "--listen 0.0.0.0:3478": (("stun", "--listen", "0.0.0.0:3478"),
                                  "expected an address of this machine and a port"),
        "--user": (("turn",), "expected --user name:password or --secret"),
        "--user alice": (("turn", "--user", "alice"), "--user alice: expected name:password"),
        "stun --tcp": (("stun", "--tcp"), "are for `serve turn`"),
        "stun --ports": (("stun", "--ports", "5000..6000"), "are for `serve turn`"),
        "stun --realm": (("stun", "--realm", "here"), "are for `serve turn`"),
        "--tls-port 0": (("turn", "--user", "a:b", "--tls-port", "0"), "--tls-port"),
        "--ports 5": (("turn", "--user", "a:b", "--ports", "5"), "expected a range"),
        "an address of another machine": (("stun", "--listen", "192.0.2.1:3478"),
                                          "192.0.2.1:3478: "),
    }
    complaints = []
    for what, (words, says) in refused.items():
        done = subprocess.run([str(program), "serve", *words], capture_output=True, text=True,
                              timeout=20, check=False)
        if done.returncode != 2 or says not in done.stderr:
            complaints.append(f"{what}: exit {done.returncode}: {done.stderr}")
    return complaints


def repeated(check, program: Path) -> list[str]:
    """What the check finds twice: real UDP loses a datagram on a busy machine now and then."""
    complaints = []
    for _ in range(2):
        try:
            complaints = check(program)
        except subprocess.TimeoutExpired as late:
            complaints = [str(late)]
        if not complaints:
            break
    return complaints


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: servers.py NATSIM", file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve()
    complaints = repeated(check_stun, program) + repeated(check_turn, program)
    complaints += check_taken_relay(program) + check_refusals(program)
    for complaint in complaints:
        print(complaint)
    print(f"{len(PATHS)} kinds of clients, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
