#!/usr/bin/python3
"""aiortc as a WebRTC peer that speaks JSON lines over its standard streams.

README.md has the messages. aiortc gathers before it tells its description, and its candidates stand
in there; an offer of its own should have one section only (aiortc 1.4 bundles several in name alone).
"""

import asyncio
import json
import sys
import time

try:
    from aiortc import (RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription)
    from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
    from aiortc.sdp import candidate_from_sdp
except ImportError as missing:
    print(json.dumps({"type": "error", "message": f"{missing}: install python3-aiortc"}), flush=True)
    sys.exit(1)

TRACKS = {"audio": AudioStreamTrack, "video": VideoStreamTrack}


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        expected = " or ".join(f"'{each}'" for each in allowed)
        raise ValueError(f"{name} '{value}': expected {expected}")


class Peer:
    def __init__(self) -> None:
        self.pc: RTCPeerConnection | None = None
        self.started_at = 0.0
        self.description: dict | None = None  # that waits for a candidate
        self.tasks: set[asyncio.Task] = set()

    def since(self) -> float:
        return round((time.monotonic() - self.started_at) * 1000, 3)

    def tell_state(self, what: str, state: str) -> None:
        say({"type": "state", "what": what, "state": state, "ms": self.since(),
             "monotonic_ns": time.monotonic_ns()})

    def keep(self, coroutine) -> None:
        """Runs it beside all else, with its failure told."""
        async def run() -> None:
            try:
                await coroutine
            except Exception as error:  # whatever aiortc raises is for the other side to read
                say({"type": "error", "message": f"{type(error).__name__}: {error}"})
        task = asyncio.ensure_future(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def start(self, message: dict) -> None:
        if self.pc:
            raise ValueError("start: it has been started already")
        check("role", message.get("role"), ("offer", "answer"))
        for kind in message.get("media", []):
            check("media", kind, tuple(TRACKS))
        policy = message.get("iceTransportPolicy", "all")
        check("iceTransportPolicy", policy, ("all", "relay"))
        if policy == "relay":
            raise ValueError("aiortc cannot be told to use relays alone")
        servers = [RTCIceServer(urls=each["urls"], username=each.get("username"),
                                credential=each.get("credential"))
                   for each in message.get("iceServers", [])]
        self.started_at = time.monotonic()
        self.pc = pc = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        pc.on("iceconnectionstatechange", lambda: self.tell_state("ice", pc.iceConnectionState))
        pc.on("connectionstatechange", lambda: self.tell_state("connection", pc.connectionState))
        pc.on("icegatheringstatechange", lambda: self.tell_state("gathering", pc.iceGatheringState))
        pc.on("signalingstatechange", lambda: self.tell_state("signaling", pc.signalingState))
        pc.on("datachannel", self.use_channel)
        pc.on("track", lambda track: self.keep(self.receive(track)))
        self.keep(self.watch_media())
        for kind in message.get("media", []):
            pc.addTrack(TRACKS[kind]())
        if message.get("role") == "offer":
            if message.get("data", True):
                self.use_channel(pc.createDataChannel("natsim"))
            await pc.setLocalDescription(await pc.createOffer())
            say({"type": "offer", "sdp": pc.localDescription.sdp})

    def use_channel(self, channel) -> None:
        def on_open() -> None:
            self.tell_state("data", "open")
            channel.send("hello")

        heard = []

        def on_message(text) -> None:
            if not heard:
                say({"type": "data", "text": str(text), "ms": self.since(),
                     "monotonic_ns": time.monotonic_ns()})
            heard.append(text)

        channel.on("message", on_message)
        if channel.readyState == "open":
            on_open()
        else:
            channel.on("open", on_open)

    async def receive(self, track) -> None:
        try:
            while True:
                await track.recv()
        except MediaStreamError:
            pass  # it has ended

    async def watch_media(self) -> None:
        """Tells of each kind of which RTP has come, be it decodable or not."""
        told: set[str] = set()
        while self.pc.connectionState != "closed":
            for receiver in self.pc.getReceivers():
                for stats in (await receiver.getStats()).values():
                    if stats.type == "inbound-rtp" and stats.packetsReceived > 0 \
                            and stats.kind not in told:
                        told.add(stats.kind)
                        say({"type": "media", "kind": stats.kind, "ms": self.since()})
            await asyncio.sleep(0.02)

    async def describe(self, message: dict) -> None:
        # aioice gives up at once when it has no pair to check.
        if "a=candidate:" not in message["sdp"]:
            self.description = message
            return
        await self.apply(message)

    async def apply(self, message: dict) -> None:
        await self.pc.setRemoteDescription(
            RTCSessionDescription(sdp=message["sdp"], type=message["type"]))
        if message["type"] == "offer":
            await self.pc.setLocalDescription(await self.pc.createAnswer())
            say({"type": "answer", "sdp": self.pc.localDescription.sdp})

    async def add_candidate(self, message: dict) -> None:
        line = message["candidate"]
        waiting, self.description = self.description, None
        if not line:
            if waiting:
                await self.apply(waiting)
            return
        if waiting:
            # Into the description, where it is known before the checks begin.
            sdp = waiting["sdp"].rstrip("\r\n") + f"\r\na={line}\r\n"
            if waiting["sdp"].count("\nm=") == 1:
                await self.apply({**waiting, "sdp": sdp})
                return
            await self.apply(waiting)
        candidate = candidate_from_sdp(line.split(":", 1)[1])
        candidate.sdpMid = message.get("sdpMid") or self.mid(message.get("sdpMLineIndex") or 0)
        candidate.sdpMLineIndex = message.get("sdpMLineIndex")
        if candidate.protocol.lower() != "udp" or candidate.ip.endswith(".local"):
            return  # aioice knows neither
        await self.pc.addIceCandidate(candidate)

    def mid(self, index: int) -> str:
        mids = [line[6:] for line in self.pc.remoteDescription.sdp.splitlines()
                if line.startswith("a=mid:")]
        return mids[index] if index < len(mids) else "0"

    def statistics(self) -> dict:
        transports = [each.transport for each in self.pc.getSenders() + self.pc.getReceivers()]
        if self.pc.sctp:
            transports.append(self.pc.sctp.transport)
        answer = {"type": "stats", "pair": None, "bytes_sent": None, "bytes_received": None,
                  "packets_received": None}
        for dtls in transports:
            stats = dtls._get_stats()
            for each in stats.values():
                answer["bytes_sent"] = each.bytesSent
                answer["bytes_received"] = each.bytesReceived
                answer["packets_received"] = each.packetsReceived
            pair = dtls.transport._connection._nominated.get(1)
            if pair:
                answer["pair"] = {
                    side: {"type": candidate.type, "address": candidate.host,
                           "port": candidate.port, "protocol": candidate.transport}
                    for side, candidate in (("local", pair.local_candidate),
                                            ("remote", pair.remote_candidate))}
                answer["pair"]["rtt_ms"] = None
            break
        return answer

    async def take(self, message: dict) -> None:
        kind = message.get("type")
        if kind == "start":
            await self.start(message)
        elif self.pc is None:
            raise ValueError(f"{kind} before start")
        elif kind in ("offer", "answer"):
            await self.describe(message)
        elif kind == "candidate":
            await self.add_candidate(message)
        elif kind == "stats":
            say(self.statistics())
        else:
            raise ValueError(f"an unknown message: {kind}")

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=1 << 20)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        say({"type": "ready"})
        while True:
            try:
                line = await reader.readline()
            except ValueError as error:  # a line that is longer than any message
                say({"type": "error", "message": str(error)})
                sys.exit(1)
            if not line:
                break
            try:
                message = json.loads(line)
                if message.get("type") == "bye":
                    break
                await self.take(message)
            except Exception as error:  # whatever it is, the other side should read it
                say({"type": "error", "message": f"{type(error).__name__}: {error}"})
        if self.pc:
            await self.pc.close()


asyncio.run(Peer().run())
