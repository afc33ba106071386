-- A mapped port as a candidate.
--
-- Two symmetric NATs: neither knows what port the other will come from, so that STUN is of no use. If
-- Alice's gateway maps her call's port (NAT-PMP, PCP), the external endpoint is a candidate that anyone
-- can send to, whatever Bob's NAT does, and no STUN server is needed. It helps only where her
-- gateway is the outermost one, and only if what she sends leaves by the mapped port too: ICE takes no
-- answer that comes from elsewhere than the request went to (RFC 8445 §7.2.5.2.1).

-- `inside` is where Alice's home is linked to; `nat` is what her gateway does.
local function call(net, inside, nat, asks)
  local internet = inside.internet
  local alice = net:home("alice", { nat = nat, wan = { inside[1], one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
  local external
  if asks then
    alice.nat:port_mapping()
    local mapping = alice:map_port({ port = 5000, external_port = 7000 })
    expect(mapping:wait("5s")).equals("mapped")
    external = mapping.external
  end
  local made = net:call(alice, bob, { caller = { port = 5000, mapped = external } })
  return made, external
end

local function at_the_internet(net)
  local internet = net:router("internet")
  return { internet, internet = internet }
end

scenario("two symmetric NATs: no way", function(net)
  call(net, at_the_internet(net), "symmetric", false):wait("failed", "60s")
end)

scenario("with a mapped port: direct, without any server", function(net)
  local made, external = call(net, at_the_internet(net), "symmetric", true)
  made:wait("connected", "10s")
  expect(made.selected_pair.local_address).equals(external)
  expect(made.selected_pair.local_type).equals("srflx")
  expect(made.selected_pair.remote_type).equals("prflx")
  -- Bob has the offer after 50 ms. He checks her host candidate first and 50 ms (Ta) later the mapped
  -- one; that check is 45 ms on its way. Hers began at 100 ms with his answer, so the one that is
  -- triggered leaves at 150 ms. It and the one that nominates take a round trip of 90 ms each.
  expect(made.ice_time).equals("330ms")
  metric("ice_time", made.ice_time)
end)

scenario("behind a carrier's NAT: the mapped endpoint is the carrier's inside", function(net)
  local internet = net:router("internet")
  local carrier = net:nat("carrier", { nat = "symmetric", wan = { internet, one_way_delay = "5ms" } })
  local made, external = call(net, { carrier, internet = internet }, "symmetric", true)
  expect(external).matches("^100%.64%.")
  made:wait("failed", "60s")
end)

scenario("a rule for what comes in alone: the answers come from another port", function(net)
  local nat = { preset = "symmetric", mapped_ports_outbound = false }
  local made = call(net, at_the_internet(net), nat, true)
  made:wait("failed", "60s")
  -- Bob's checks have arrived all the same.
  local heard = 0
  for _, candidate in ipairs(made.caller.remote_candidates) do
    heard = heard + (candidate.type == "prflx" and 1 or 0)
  end
  expect(heard).at_least(1)
end)
