-- The measurement that flatters.
--
-- An address-dependent NAT gives each remote address a mapping of its own. If the STUN server runs
-- on the very address that the peer has, both see the same port, and the NAT looks like one that maps
-- everybody alike: the call connects although it should not. With the server elsewhere the port that
-- it tells is of no use to a peer that filters by port.

local function connects(net, server_at_peer)
  local internet = net:router("internet")
  local bob = net:host("bob", { ip = "203.0.113.50", link = { internet, one_way_delay = "30ms" } })
  local alice = net:home("alice", {
    nat = { mapping = "ADM", filtering = "APDF", port_allocation = "random" },
    wan = { internet, one_way_delay = "15ms" },
  })
  local server = server_at_peer and bob
    or net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local told = alice:stun_request(server, { port = 5000 }).mapped

  -- Bob lets in only what comes from the port that he was told, as a port-restricted NAT would.
  local bobs = bob:udp({ port = 6000 })
  local alices = alice:stun_request({ bob, 6000 }, { port = 5000, rc = 1 })
  expect(alices.failure).never.equals(nil)
  local _, from = bobs:receive("1s")
  return told == from
end

scenario("a STUN server on the peer's address tells the right port", function(net)
  expect(connects(net, true)).equals(true)
end)

scenario("a STUN server elsewhere tells another port", function(net)
  expect(connects(net, false)).equals(false)
end)

-- Bob can be reached by his relay alone, and Alice calls him with the STUN server that is given.
local function call_to_a_relay(net, stun_at_relay)
  local internet = net:router("internet")
  local relay = net:host("relay", { ip = "203.0.113.10", link = { internet, one_way_delay = "20ms" } })
  relay:turn_server({ users = { bob = "secret" } })
  local stun = stun_at_relay and relay
    or net:host("stun", { ip = "203.0.113.20", link = { internet, one_way_delay = "20ms" } })
  if not stun_at_relay then
    stun:stun_server()
  end
  local alice = net:home("alice", {
    nat = { mapping = "ADM", filtering = "APDF", port_allocation = "random" },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, {
    caller = { ice_servers = { stun = stun } },
    callee = { ice_servers = { turn = { relay, user = "bob" } }, policy = "relay" },
  })
  call:wait("connected", "10s")
  return call.selected_pair.local_type, #alice.nat:mappings()
end

scenario("a STUN server on the relay's address tells the port that the relay sees", function(net)
  local type, mappings = call_to_a_relay(net, true)
  expect(type).equals("srflx")
  expect(mappings).equals(1)
end)

scenario("a STUN server elsewhere: the relay sees a port that nobody was told of", function(net)
  local type, mappings = call_to_a_relay(net, false)
  expect(type).equals("prflx")
  expect(mappings).equals(2)
end)
