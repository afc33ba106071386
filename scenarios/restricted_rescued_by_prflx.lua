-- "A symmetric NAT always needs a relay" is folklore: a restricted cone on the other side is enough.
--
-- Alice's symmetric NAT gives her a new port towards Bob, which no signalling ever told him. But
-- Bob's NAT filters by address alone, and Bob has sent a check to Alice's address, if to the wrong
-- port. So Alice's check gets in. Bob sees a source that he was not told of, makes it a
-- peer-reflexive candidate (RFC 8445 §7.3.1.3), answers it and checks it back: connected, directly.

local function build(net, bob_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = bob_nat, wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, net:call(alice, bob, { ice_servers = { stun = server } })
end

scenario("restricted cone: a peer-reflexive candidate rescues the call", function(net)
  local alice, bob, call = build(net, "restricted")
  call:wait("connected", "10s")
  metric("ice_time", call.ice_time)

  -- Bob talks to an address that Alice never signalled: her NAT's port for him.
  local pair = call.callee.selected_pair
  expect(pair.remote_type).equals("prflx")
  expect(pair.local_type).equals("srflx")
  local signalled = {}
  for _, candidate in ipairs(call.caller.candidates) do
    if candidate.type == "srflx" then signalled[#signalled + 1] = candidate.address end
  end
  expect(signalled).never.contains(pair.remote_address)

  -- It is the external endpoint of the mapping that her NAT made towards Bob.
  local towards_bob = {}
  for _, mapping in ipairs(alice.nat:mappings()) do
    if mapping.remote == pair.local_address then towards_bob[#towards_bob + 1] = mapping.external end
  end
  expect(towards_bob).equals({ pair.remote_address })
end)

scenario("port-restricted cone: nothing rescues it", function(net)
  local _, _, call = build(net, "port-restricted")
  call:wait("failed", "60s")
end)
