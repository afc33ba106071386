-- Seen in the field: DTLS handshakes that start late, lose a flight, or end.
--
-- The answerer is the client (RFC 8842); a flight that is not answered goes out again after a second
-- (RFC 6347 §4.2.4.1), here after 200 ms so that its cost stands out.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  options = options or {}
  options.ice_servers = { stun = server }
  options.media = options.media or { audio = true, dtls = { timeout = "200ms" } }
  return alice, bob, options
end

local round_trip = duration("90ms") -- twice 15 ms and 30 ms

-- How long a handshake took, from the first pair that both sides had to keys on both.
local function handshake(call)
  local a, b = call.caller, call.callee
  local done = a.dtls_time > b.dtls_time and a.dtls_time or b.dtls_time
  local paths = a.ice_time < b.ice_time and a.ice_time or b.ice_time
  return done - paths
end

for _, late in ipairs({ "5ms", "50ms", "150ms", "300ms" }) do
  scenario("libdatachannel#1554, kms-elements#37: a ClientHello before the answer, signalled in " .. late, function(net)
    local alice, bob, options = build(net, { signalling = { one_way_delay = late } })
    local call = net:call(alice, bob, options)
    call:wait("connected", "5s")
    -- What came early was kept: no flight is sent again, whatever the skew.
    expect(handshake(call)).at_most(2 * round_trip)
  end)
end

scenario("rtpengine#1310, webrtc-rs/rtc#243: the last flight is lost", function(net)
  local alice, bob, options = build(net)
  -- Of alice, the server, the second packet that is not STUN is ChangeCipherSpec and Finished.
  local lost = drop({ host = alice, direction = "out", protocol = "data", n = 2 })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  expect(lost.count).equals(1)
  -- Bob repeats his flight after the timeout, upon which alice repeats hers.
  expect(call.callee.dtls_time - call.caller.dtls_time).between("200ms", "400ms")
  sleep("1s")
  expect(call.callee:get_stats()[2].packets_received).at_least(40)
end)

scenario("pion/dtls 119432d, 7e28696: one fragment of a flight is lost", function(net)
  local alice, bob, options = build(net, {
    media = { audio = true, certificate = "rsa-2048", dtls = { mtu = 400, timeout = "200ms" } },
  })
  local lost = drop({ host = alice, direction = "out", protocol = "data", n = 3 })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  expect(lost.count).equals(1)
  -- The flight goes out again as a whole, and what had come is good still.
  expect(handshake(call)).at_most(2 * round_trip + duration("400ms"))
end)

scenario("str0m#943, #564: nothing but the timer can end the wait", function(net)
  local alice, bob, options = build(net)
  options.consent = false
  options.media.dtls.timeout = "3s"
  drop({ host = bob, direction = "out", protocol = "data", n = 1 })
  local call = net:call(alice, bob, options)
  call:wait("connected", "10s")
  -- ICE is done long before: no packet comes by that could wake anyone up.
  expect(handshake(call)).between("3s", "3.3s")
end)

scenario("openssl#20459: a handshake whose path is dead, and comes back", function(net)
  local alice, bob, options = build(net)
  options.media.dtls.timeout = "50ms"
  local dead = drop({ host = bob, direction = "out", protocol = "data", to = 8 })
  local call = net:call(alice, bob, options)
  -- Eight waits, each twice the one before: 50 ms * (2^8 - 1) = 12.75 s.
  call:wait("connected", "20s")
  expect(dead.count).equals(8)
  expect(handshake(call)).between("12.75s", "13.1s")
end)

scenario("libdatachannel#1335: profiles that both have, and none", function(net)
  local alice, bob, options = build(net)
  options.media.dtls.profiles = { "SRTP_AES128_CM_HMAC_SHA1_80" }
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  expect(call.caller.srtp_profile).equals("SRTP_AES128_CM_HMAC_SHA1_80")
  expect(call.callee.srtp_profile).equals("SRTP_AES128_CM_HMAC_SHA1_80")
end)

scenario("str0m#1000, #1017: close_notify is sent before ICE ends", function(net)
  local alice, bob, options = build(net)
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  call.caller:close()
  sleep("100ms")
  expect(call.caller.connection_state).equals("closed")
  expect(call.callee.connection_state).equals("closed")
end)
