-- What browsers do above ICE: descriptions in SDP, then DTLS over the pair, which keys SRTP.
-- Whoever has the wrong certificate gets nothing.

local function world(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret" } })
  return internet, server
end

scenario("offer, answer, ICE, DTLS: media may flow", function(net)
  local internet, server = world(net)
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, { ice_servers = { stun = server }, media = true })
  call:wait("connected", "5s")

  expect(call.caller.signaling_state).equals("stable")
  expect(call.callee.connection_state).equals("connected")
  -- The offer leaves the roles open, and the answer takes the active one (RFC 8842).
  expect(call.caller.dtls_role).equals("server")
  expect(call.callee.dtls_role).equals("client")
  expect(call.callee.srtp_profile).equals("SRTP_AEAD_AES_128_GCM")
  expect(call.caller.local_description:find("a=setup:actpass", 1, true) ~= nil).equals(true)
  expect(call.callee.local_description:find("a=setup:active", 1, true) ~= nil).equals(true)
  -- The client is done one flight after the server (RFC 6347 §4.2.4).
  expect(call.callee.dtls_time - call.caller.dtls_time).equals("45ms")
  metric("ice_time", call.ice_time)
  metric("dtls_time", call.callee.dtls_time)
end)

scenario("a lost ClientHello costs one timeout", function(net)
  local internet, server = world(net)
  -- Two calls alike, but that one of them loses its first packet of DTLS.
  local times = {}
  for i, name in ipairs({ "carol", "dave" }) do
    local alice = net:host("alice" .. i, { link = { internet, one_way_delay = "15ms" } })
    local bob = net:host(name, { link = { internet, one_way_delay = "30ms" } })
    if name == "dave" then
      drop({ host = bob, direction = "out", protocol = "data", n = 1 })
    end
    local call = net:call(alice, bob, {
      media = { audio = true, dtls = { timeout = "200ms" } },
      signalling = { one_way_delay = "5ms" }, -- the answer is there before the ClientHello
    })
    call:wait("connected", "10s")
    times[i] = call.callee.dtls_time
  end
  expect(times[2] - times[1]).equals("200ms")
end)

scenario("through a relay, with RSA certificates in fragments", function(net)
  local internet, server = world(net)
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server, turn = { server, user = "alice" } },
    media = { audio = "recvonly", certificate = "rsa-2048", dtls = { mtu = 300 } },
  })
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  expect(call.caller.local_description:find("a=recvonly", 1, true) ~= nil).equals(true)
  expect(call.callee.local_description:find("a=sendonly", 1, true) ~= nil).equals(true)
end)
