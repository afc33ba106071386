-- The W3C API by hand: what `net:call` does with its `media` is written out here. Descriptions and
-- candidates go through the script, as through a web server.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms", loss = "0.1%" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, { ice_servers = { stun = server } }
end

scenario("offer, answer and candidates by hand", function(net)
  local alice, bob, options = build(net)
  local a, b = alice:peer_connection(options), bob:peer_connection(options)
  a:on("icecandidate", function(candidate) b:add_ice_candidate(candidate) end)
  b:on("icecandidate", function(candidate) a:add_ice_candidate(candidate) end)
  local tracks, states = {}, {}
  b:on("track", function(track) tracks[#tracks + 1] = track.kind .. " " .. track.mid end)
  a:on("signalingstatechange", function(state) states[#states + 1] = state end)
  a:on("connectionstatechange", function(state) states[#states + 1] = state end)

  a:add_track("audio")
  a:add_track("video", { codec = "H264", direction = "sendonly" })
  local offer = a:create_offer()
  a:set_local_description(offer)
  b:set_remote_description(offer)
  b:add_track("audio")
  local answer = b:create_answer()
  b:set_local_description(answer)
  a:set_remote_description(answer)
  a:wait("connected", "5s")
  b:wait("connected", "5s")

  sleep("10s")
  expect(table.concat(tracks, ", ")).equals("audio 0, video 1")
  expect(table.concat(states, ", ")).equals("have-local-offer, stable, connecting, connected")
  local seen
  for _, stream in ipairs(b:get_stats()) do
    if stream.kind == "video" then seen = stream end
  end
  expect(seen.codec).equals("H264")
  expect(seen.frames_decoded).at_least(280)
  for _, transceiver in ipairs(b:transceivers()) do
    expect(transceiver.current_direction).equals(transceiver.kind == "audio" and "sendrecv" or "recvonly")
  end
end)

scenario("both offer at once: the polite peer gives way", function(net)
  local alice, bob, options = build(net)
  -- The pattern of perfect negotiation, as the W3C's specification has it in its example.
  local function peer(host, polite)
    local self = { pc = host:peer_connection(options), making = false, ignored = 0 }
    self.pc:on("negotiationneeded", function()
      local offer = self.pc:create_offer()
      self.pc:set_local_description(offer)
      self.send({ description = offer })
    end)
    self.pc:on("icecandidate", function(candidate) self.send({ candidate = candidate }) end)
    function self.receive(message)
      if message.candidate then
        if not self.ignores then self.pc:add_ice_candidate(message.candidate) end
      elseif message.description then
        local description = message.description
        local collides = description.type == "offer" and self.pc.signaling_state ~= "stable"
        self.ignores = collides and not polite
        if self.ignores then
          self.ignored = self.ignored + 1
          return
        end
        self.pc:set_remote_description(description)
        if description.type == "offer" then
          local answer = self.pc:create_answer()
          self.pc:set_local_description(answer)
          self.send({ description = answer })
        end
      end
    end
    return self
  end
  local a, b = peer(alice, true), peer(bob, false)
  local to_a, to_b = {}, {}
  a.send = function(message) to_b[#to_b + 1] = message end
  b.send = function(message) to_a[#to_a + 1] = message end

  a.pc:add_track("audio")
  b.pc:add_track("audio")
  b.pc:add_track("video")
  -- A signalling server that takes 50 ms.
  for _ = 1, 60 do
    sleep("50ms")
    local for_a, for_b = to_a, to_b
    to_a, to_b = {}, {}
    for _, message in ipairs(for_a) do a.receive(message) end
    for _, message in ipairs(for_b) do b.receive(message) end
  end
  expect(a.pc.connection_state).equals("connected")
  expect(b.pc.connection_state).equals("connected")
  expect(b.ignored).equals(1)
  expect(a.ignored).equals(0)
  expect(#a.pc:transceivers()).equals(2)
end)

-- An offer as browsers once wrote it, of whoever has these credentials and streams. `extra` ends the
-- audio section.
local function old_offer(by, extra)
  local credentials = "a=ice-ufrag:" .. by.ufrag .. "\na=ice-pwd:" .. by.pwd .. "\n"
  return {
    type = "offer",
    sdp = "v=0\no=- 3546004397921447048 1596742744 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
      .. "a=fingerprint:sha-256 " .. by.fingerprint .. "\n"
      .. "a=group:BUNDLE 0 1\nm=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\na=setup:active\na=mid:0\n"
      .. credentials
      .. "a=rtcp-mux\na=rtcp-rsize\na=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1\n"
      .. "a=ssrc:" .. by.audio .. " cname:yvKPspsHcYcwGFTw\n"
      .. "a=ssrc:" .. by.audio .. " msid:yvKPspsHcYcwGFTw DfQnKjQQuwceLFdV\n"
      .. "a=ssrc:" .. by.audio .. " mslabel:yvKPspsHcYcwGFTw\na=ssrc:" .. by.audio .. " label:DfQnKjQQuwceLFdV\n"
      .. "a=msid:yvKPspsHcYcwGFTw DfQnKjQQuwceLFdV\na=sendrecv\n"
      .. extra
      .. "m=video 9 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=setup:active\na=mid:1\n"
      .. credentials
      .. "a=rtcp-mux\na=rtcp-rsize\na=rtpmap:96 VP8/90000\na=ssrc:" .. by.video .. " cname:XHbOTNRFnLtesHwJ\n"
      .. "a=msid:XHbOTNRFnLtesHwJ JgtwEhBWNEiOnhuW\na=sendrecv\n",
  }
end

scenario("a sample offer with lines of old browsers", function(net)
  local _, bob, options = build(net)
  local pc = bob:peer_connection(options)
  pc:add_track("audio")
  pc:add_track("video")
  pc:set_remote_description(old_offer(
    {
      fingerprint = "0F:74:31:25:CB:A2:13:EC:28:6F:6D:2C:61:FF:5D:C2:BC:B9:DB:3D:98:14:8D:1A:BB:EA:33:0C:A4:60:A8:8E",
      ufrag = "CsxzEWmoKpJyscFj",
      pwd = "mktpbhgREmjEwUFSIJyPINPUhgDqJlSd",
      audio = "350842737",
      video = "2180035812",
    },
    "a=candidate:foundation 1 udp 2130706431 192.168.1.1 53165 typ host generation 0\n"
      .. "a=candidate:foundation 1 udp 1694498815 1.2.3.4 57336 typ srflx raddr 0.0.0.0 rport 57336 generation 0\n"
      .. "a=end-of-candidates\n"
  ))
  local answer = pc:create_answer()
  pc:set_local_description(answer)
  expect(answer.sdp:find("a=setup:passive", 1, true) ~= nil).equals(true)
  expect(pc.signaling_state).equals("stable")
  expect(#pc:transceivers()).equals(2)
  sleep("1s")
  expect(pc.ice_connection_state).equals("checking")
  -- Its addresses are nobody's here. Both candidates have one foundation, so that the second is
  -- tried when the first has failed, each for 39.5 s (RFC 8445 §6.1.4.2, RFC 8489 §6.2.1).
  sleep("80s")
  expect(pc.connection_state).equals("failed")
end)

scenario("the same offer in Alice's name connects", function(net)
  local alice, bob, options = build(net)
  local a, b = alice:peer_connection(options), bob:peer_connection(options)
  a:on("icecandidate", function(candidate) b:add_ice_candidate(candidate) end)
  b:on("icecandidate", function(candidate) a:add_ice_candidate(candidate) end)
  a:add_track("audio")
  a:add_track("video", { codec = "VP8" })
  b:add_track("audio")
  b:add_track("video", { codec = "VP8" })
  local own = a:create_offer()
  a:set_local_description(own)
  b:set_remote_description(old_offer({
    fingerprint = own.sdp:match("a=fingerprint:sha%-256 (%S+)"),
    ufrag = own.sdp:match("a=ice%-ufrag:(%S+)"),
    pwd = own.sdp:match("a=ice%-pwd:(%S+)"),
    audio = own.sdp:match("m=audio.-a=ssrc:(%d+)"),
    video = own.sdp:match("m=video.-a=ssrc:(%d+)"),
  }, ""))
  local answer = b:create_answer()
  b:set_local_description(answer)
  a:set_remote_description(answer)
  a:wait("connected", "5s")
  b:wait("connected", "5s")
  sleep("10s")
  for _, side in ipairs({ a, b }) do
    for _, stream in ipairs(side:get_stats()) do
      if stream.type == "inbound-rtp" and stream.kind == "audio" then
        expect(stream.packets_received).at_least(490)
      elseif stream.type == "inbound-rtp" then
        -- The offer knows no feedback: a frame that a lost packet spoils stays away.
        expect(stream.frames_decoded).at_least(1)
      end
    end
  end
end)
