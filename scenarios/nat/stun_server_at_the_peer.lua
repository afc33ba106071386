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
