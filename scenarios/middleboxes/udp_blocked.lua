-- A guest network that lets no UDP out but DNS.
--
-- ICE's checks and STUN die at the firewall, and a TURN server on its own port is no help. But a
-- firewall that lets DNS out looks at the port alone: a TURN server that listens on UDP port 53
-- is reached, and relays. So is one that is asked over TCP, and where nothing but the web gets out,
-- one that listens on TCP port 443. The relay speaks UDP to the other side all the same.

local function build(net, turn)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:turn_server({
    users = { alice = "secret" },
    port = turn.port,
    tcp_port = turn.tcp_port,
  })
  local alice = net:home("alice", {
    nat = "port-restricted",
    firewall = turn.firewall or "udp-blocked",
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "full-cone", wan = { internet, one_way_delay = "30ms" } })
  return net:call(alice, bob, {
    ice_servers = { turn = { server, user = "alice", transport = turn.transport } },
  })
end

local function relayed(call)
  call:wait("connected", "20s")
  expect(call.selected_pair.type).equals("relay")
  metric("ice_time", call.ice_time)
end

scenario("no UDP: the call fails", function(net)
  local call = build(net, {})
  call:wait("failed", "60s")
end)

scenario("TURN on port 53 gets through", function(net)
  relayed(build(net, { port = 53 }))
end)

scenario("TURN over TCP gets through", function(net)
  relayed(build(net, { transport = { "udp", "tcp" } }))
end)

scenario("only the web: TURN over TCP on its own port does not", function(net)
  local call = build(net, { firewall = "tcp-443-only", transport = "tcp" })
  call:wait("failed", "60s")
end)

scenario("only the web: TURN over TCP on port 443 does", function(net)
  relayed(build(net, { firewall = "tcp-443-only", transport = "tcp", tcp_port = 443 }))
end)
