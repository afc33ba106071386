-- NAT behind NAT: a home router behind a carrier's.
--
-- The home's NAT has an address of the carrier's network (100.64.0.0/10), and the carrier's NAT
-- translates once more. Towards the Internet the two act as one NAT that maps as the one of them
-- that depends most on the remote, and filters as the stricter one. Two homes of one carrier have
-- the same public address: their checks meet only if the carrier's NAT hairpins.

local function build(net, carrier_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local carrier = net:nat("carrier", {
    nat = carrier_nat,
    wan = { internet, one_way_delay = "5ms" },
  })
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { carrier, one_way_delay = "10ms" },
  })
  return internet, server, carrier, alice
end

scenario("two endpoint-independent NATs in a row are one", function(net)
  local internet, server, carrier, alice = build(net, "restricted")
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  metric("ice_time", call.ice_time)
  expect(call.selected_pair.local_type).equals("srflx")

  -- Bob sees the carrier's address; the carrier's table has that of Alice's router inside.
  expect(call.selected_pair.local_address).contains(carrier.external_address)
  for _, mapping in ipairs(carrier:mappings()) do
    expect(mapping.internal).contains(alice.nat.external_address)
  end
end)

scenario("a symmetric carrier makes the whole row symmetric", function(net)
  local internet, server, _, alice = build(net, "symmetric")
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("failed", "60s")
end)

local function neighbours(net, hairpin)
  local _, server, carrier, alice = build(net, { preset = "restricted", hairpin = hairpin })
  local carol = net:home("carol", {
    nat = "port-restricted",
    wan = { carrier, one_way_delay = "10ms" },
  })
  return carrier, net:call(alice, carol, { ice_servers = { stun = server } })
end

scenario("two homes of a carrier that hairpins", function(net)
  local carrier, call = neighbours(net, "external_source")
  call:wait("connected", "10s")
  metric("ice_time", call.ice_time)
  expect(call.selected_pair.remote_address).contains(carrier.external_address)
end)

scenario("two homes of a carrier that does not", function(net)
  local _, call = neighbours(net, "off")
  call:wait("failed", "60s")
end)
