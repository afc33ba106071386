-- Seen in the field: speech and video that jitter, duplicates, reordering and loss get wrong.

local time = param("time", "60s")
local minutes = time / duration("60s")

local function build(net, link, media)
  local internet = net:router("internet")
  local bad = { internet, one_way_delay = "30ms" }
  for key, value in pairs(link) do bad[key] = value end
  local alice = net:host("alice", { link = bad })
  local bob = net:host("bob", { link = { internet, one_way_delay = "15ms" } })
  local call = net:call(alice, bob, { media = media })
  call:wait("connected", "20s")
  local function of(peer, type, kind)
    for _, stream in ipairs(peer:get_stats()) do
      if stream.type == type and stream.kind == kind then return stream end
    end
  end
  return call, of
end

scenario("interceptor c5b804d: duplicates are no negative losses", function(net)
  local call, of = build(net, { duplicate = "5%" }, { audio = true })
  sleep(time)
  local heard = of(call.callee, "inbound-rtp", "audio")
  -- SRTP refuses the copies as replayed, before they are counted.
  expect(heard.packets_lost).equals(0)
  expect(heard.concealed_samples).equals(0)
  expect(net:drops("srtp_replayed")).between(100 * minutes, 400 * minutes)
  expect(of(call.caller, "outbound-rtp", "audio").fraction_lost).equals(0.0)
end)

scenario("mediasoup#1059, #1115: what comes late is not lost", function(net)
  local call, of = build(net, { jitter = "40ms", reorder = true }, { audio = true, video = true })
  sleep(time)
  local sent = of(call.caller, "outbound-rtp", "video")
  -- Whatever overtook what: all of it came, and congestion control does not hold that against it.
  expect(sent.packets_lost).at_most(5)
  expect(of(call.callee, "inbound-rtp", "audio").packets_lost).at_most(2)
  expect(of(call.callee, "inbound-rtp", "video").frames_decoded).at_least(1700 * minutes)
end)

scenario("pion/webrtc#2830, a20e2b48: a fifth is lost, and NACKs do not pile up", function(net)
  local call, of = build(net, { loss = "20%" }, { video = { bitrate = "300kbit", congestion_control = false } })
  sleep(time)
  local sent = of(call.caller, "outbound-rtp", "video")
  local seen = of(call.callee, "inbound-rtp", "video")
  -- A packet that is lost with a share of 0.2 each time is sent 1 / 0.8 times on average: for four
  -- packets one again. NACKs are lost too, and questions are repeated, so there may be some more.
  local first = sent.packets_sent - sent.retransmitted_packets_sent
  metric("retransmissions", sent.retransmitted_packets_sent / first)
  expect(sent.retransmitted_packets_sent / first).between(0.2, 0.5)
  expect(seen.frames_decoded).at_least(1400 * minutes)
end)

scenario("pion/srtp b26587a: a forged packet moves no rollover counter", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "30ms", loss = "0.1%" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "15ms" } })
  local mallory = net:host("mallory", { link = { internet, one_way_delay = "5ms" } })
  local call = net:call(alice, bob, { media = { audio = true } })
  call:wait("connected", "5s")
  sleep("5s")
  local victim = call.callee.selected_pair.local_address
  local socket = mallory:udp()
  for i = 1, 100 do
    -- RTP by its header, 40,000 numbers ahead, of an SSRC that nobody has: not even from the peer's
    -- address, so that ICE does not trust the path (RFC 8445 §12.2).
    socket:send(victim, string.char(0x80, 111) .. string.pack(">I2I4I4", 40000 + i, i * 960, 4711) .. string.rep("x", 60))
  end
  local before = call.callee:get_stats()[2].packets_received
  sleep("5s")
  expect(call.callee:get_stats()[2].packets_received - before).at_least(245)
end)

scenario("str0m#599: packets that leave out of order", function(net)
  local call, of = build(net, { reordered = "10%", reordered_by = "15ms" }, { video = { bitrate = "1Mbit" } })
  sleep(duration(time) / 2)
  local target = of(call.caller, "outbound-rtp", "video").target_bitrate
  -- No queue is there: order alone must not bring the rate down.
  expect(target).at_least(900000)
end)
