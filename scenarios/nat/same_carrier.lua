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
