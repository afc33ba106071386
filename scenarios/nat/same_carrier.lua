-- Two homes of one carrier.
--
-- Alice and Bob live in different homes behind the same carrier's NAT. The addresses that the STUN
-- server sees are the carrier's, so their checks must turn round inside it. A carrier without
-- hairpinning drops them, and what is left is a relay; the homes' own routers cannot mend that.

local function call_between(net, hairpin)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret" } })
  local carrier = net:nat("carrier", {
    nat = { mapping = "EIM", filtering = "EIF", port_allocation = "random", hairpin = hairpin },
    wan = { internet, one_way_delay = "10ms" },
  })
  local alice = net:home("alice", { nat = "port-restricted", wan = { carrier, one_way_delay = "5ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { carrier, one_way_delay = "5ms" } })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server, turn = { server, user = "alice" } },
  })
  call:wait("connected", "30s")
  sleep("5s")
  return call
end

scenario("the carrier hairpins: direct", function(net)
  local call = call_between(net, "external_source")
  expect(call.selected_pair.type).equals("srflx")
end)

scenario("the carrier does not: the relay", function(net)
  local call = call_between(net, "off")
  expect(call.selected_pair.type).equals("relay")
end)

scenario("both homes use 192.168.1.0/24: a check for Bob reaches a stranger", function(net)
  local internet = net:router("internet")
  local carrier = net:nat("carrier", {
    nat = { mapping = "EIM", filtering = "EIF", hairpin = "off" },
    wan = { internet },
  })
  local function home(name, hosts, ip)
    return net:home(name, {
      nat = "port-restricted",
      wan = { carrier },
      lan = { prefix = "192.168.1.0/24" },
      hosts = hosts,
      ip = ip,
    })
  end
  local alice, printer = home("alices", { "alice", "printer" }, { "192.168.1.2", "192.168.1.3" })
  local bob = home("bobs", { "bob" }, { "192.168.1.3" })
  -- The printer in Alice's home has Bob's address, and something listens on the port of his call.
  local stranger = printer:udp({ port = 5000 })
  local call = net:call(alice, bob, { port = 5000 })
  call:wait("failed", "60s")
  expect(stranger.waiting).at_least(1)
end)
