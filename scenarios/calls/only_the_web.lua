-- A call from a network that lets nothing out but the web: TCP to port 443.
--
-- Alice's checks and her STUN die at the firewall, and so does TURN on its own port. A TURN server
-- that listens for TLS on port 443 looks like any other web server: her media goes to it in one
-- stream of TLS, and from there by UDP. What that costs: each packet that TCP loses holds up all
-- that come after it, which a listener hears as a gap and not as a lost packet, so the jitter buffer
-- grows. Compare the statistics of the two sides, and with more loss.

local loss = param("loss", "0.1%")
local time = param("time", "60s")

local function by_kind(peer, type, kind)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == type and stream.kind == kind then return stream end
  end
end

local function build(net, turn)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  turn.users = { alice = "secret" }
  server:turn_server(turn)
  local alice = net:home("alice", {
    nat = "port-restricted",
    firewall = "tcp-443-only",
    wan = { internet, one_way_delay = "15ms", loss = loss },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  -- As a browser has them: one server by three ways.
  return net:call(alice, bob, {
    ice_servers = {
      stun = server,
      turn = { server, user = "alice", transport = turn.tls and { "udp", "tcp", "tls" } or { "udp", "tcp" } },
    },
    media = { audio = { bitrate = "32kbit" }, video = { codec = "VP8", bitrate = "600kbit" } },
  })
end

scenario("TURN over TLS on port 443 carries the call", function(net)
  local call = build(net, { tls = true, tls_port = 443 })
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  sleep(time)
  for _, side in ipairs({ call.caller, call.callee }) do
    local heard = by_kind(side, "inbound-rtp", "audio")
    local seen = by_kind(side, "inbound-rtp", "video")
    log(string.format("%s heard %d packets of speech, the longest silence %s, MOS %.2f", tostring(side),
      heard.packets_received, heard.longest_silence, heard.mean_opinion_score))
    log(string.format("%s saw %d frames and %d freezes", tostring(side), seen.frames_decoded, seen.freeze_count))
    expect(heard.packets_lost).equals(0)
    expect(heard.mean_opinion_score).at_least(3)
  end
  metric("ice_time", call.ice_time)
  metric("mos", by_kind(call.callee, "inbound-rtp", "audio").mean_opinion_score)
end)

scenario("without it the call fails", function(net)
  local call = build(net, {})
  call:wait("failed", "60s")
end)

scenario("a certificate for another name is not trusted", function(net)
  local call = build(net, { tls = { names = { "proxy.example" } }, tls_port = 443 })
  call:wait("failed", "60s")
end)
