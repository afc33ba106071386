-- A whole call: offer and answer, ICE through two NATs, DTLS, then a minute of speech and video with
-- reports, retransmissions and what a listener and a viewer would say of it.

local loss = param("loss", "1%")
local time = param("time", "60s")

local function say(text)
  for line in text:gmatch("[^\r\n]+") do log(line) end
end

local function by_kind(peer, type, kind)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == type and stream.kind == kind then return stream end
  end
end

-- Of all streams of a type.
local function total(peer, type, what)
  local sum = 0
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == type then sum = sum + (stream[what] or 0) end
  end
  return sum
end

scenario("first call", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms", loss = loss } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })

  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    media = { audio = { bitrate = "32kbit" }, video = { codec = "VP8", bitrate = "600kbit" } },
  })
  call:wait("connected", "10s")
  log("alice offers:")
  say(call.caller.local_description)
  log("bob answers:")
  say(call.callee.local_description)
  log("DTLS after " .. tostring(call.callee.dtls_time) .. ", " .. call.callee.srtp_profile)

  sleep(time)
  for _, side in ipairs({ call.caller, call.callee }) do
    local heard = by_kind(side, "inbound-rtp", "audio")
    local seen = by_kind(side, "inbound-rtp", "video")
    local sent = by_kind(side, "outbound-rtp", "video")
    log(string.format("%s heard %d packets of speech, %d concealed samples of %d, MOS %.2f", tostring(side),
      heard.packets_received, heard.concealed_samples, heard.total_samples_received, heard.mean_opinion_score))
    log(string.format("%s saw %d frames and %d freezes, asked %d times for packets and %d for a key frame",
      tostring(side), seen.frames_decoded, seen.freeze_count, seen.nack_count, seen.pli_count))
    -- 50 packets of speech and 30 frames a second.
    local packets, frames = time / duration("20ms"), time / duration("1s") * 30
    expect(heard.packets_received).at_least(0.95 * packets)
    expect(heard.mean_opinion_score).at_least(4)
    expect(seen.frames_decoded).at_least(0.9 * frames)
    expect(sent.retransmitted_packets_sent).at_least(1)
    expect(heard.longest_silence).at_most("200ms")
  end
  local outbound = by_kind(call.caller, "outbound-rtp", "audio")
  -- Twice 15 + 30 ms, told in units of 1/65536 s (RFC 3550 §6.4.1).
  expect(outbound.round_trip_time).at_least("90ms")
  expect(outbound.round_trip_time).at_most("90.1ms")
  metric("mos", by_kind(call.callee, "inbound-rtp", "audio").mean_opinion_score)
  metric("freezes", by_kind(call.callee, "inbound-rtp", "video").freeze_count)
  for name, side in pairs({ caller = call.caller, callee = call.callee }) do -- sorted by name
    metric(name .. "_packets_sent", total(side, "outbound-rtp", "packets_sent"))
    metric(name .. "_packets_received", total(side, "inbound-rtp", "packets_received"))
    metric(name .. "_nack_count", total(side, "inbound-rtp", "nack_count"))
  end
  call:close()
  sleep("1s")
  expect(call.callee.connection_state).equals("closed")
end)
