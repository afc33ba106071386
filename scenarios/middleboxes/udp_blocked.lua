-- A guest network that lets no UDP out but DNS.
--
-- ICE's checks and STUN die at the firewall, and a TURN server on its own port is no help. But a
-- firewall that lets DNS out looks at the port alone: a TURN server that listens on UDP port 53
-- is reached, and relays.

local function build(net, turn_port)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:turn_server({ users = { alice = "secret" }, port = turn_port })
  local alice = net:home("alice", {
    nat = "port-restricted",
    firewall = "udp-blocked",
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "full-cone", wan = { internet, one_way_delay = "30ms" } })
  return net:call(alice, bob, { ice_servers = { turn = { server, user = "alice" } } })
end

scenario("no UDP: the call fails", function(net)
  local call = build(net, 3478)
  call:wait("failed", "60s")
end)

scenario("TURN on port 53 gets through", function(net)
  local call = build(net, 53)
  call:wait("connected", "20s")
  expect(call.selected_pair.type).equals("relay")
  metric("ice_time", call.ice_time)
end)
