-- Seen in the field: NATs, mappings and paths.
--
-- Each scenario brings about what an ICE agent once stumbled over; its title names where that was
-- reported. It expects what is right, and where an option can be set so that the old fault comes
-- back, it shows that too.

local function build(net, alice_nat, bob_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret" } })
  local alice = net:home("alice", { nat = alice_nat, wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = bob_nat, wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, server, { stun = server, turn = { server, user = "alice" } }
end

local function signalled(peer, type)
  local addresses = {}
  for _, candidate in ipairs(peer.candidates) do
    if candidate.type == type then addresses[#addresses + 1] = candidate.address end
  end
  return addresses
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

for _, cap in ipairs({ 16, 0 }) do
  local what = cap > 0 and "makes a candidate" or "is ignored, as it was: nothing connects"
  scenario("libjuice#285: a check through the relay from an unknown address " .. what, function(net)
    -- Bob has no relay, and a port towards Alice's that nobody was told of.
    local alice, bob, server, with_relay = build(net, "port-restricted", "symmetric")
    local call = net:call(alice, bob, {
      ice_servers = { stun = server },
      caller = { ice_servers = with_relay, max_peer_reflexive = cap },
    })
    if cap == 0 then
      call:wait("failed", "60s")
      return
    end
    call:wait("connected", "10s")
    local pair = call.selected_pair
    expect(pair.local_type).equals("relay")
    expect(pair.remote_type).equals("prflx")
    expect(signalled(call.callee, "srflx")).never.contains(pair.remote_address)
    expect(call.callee.selected_pair.local_address).equals(pair.remote_address)
    expect(call.callee.selected_pair.remote_address).equals(signalled(call.caller, "relay")[1])
    metric("ice_time", call.ice_time)
  end)
end

-- Linux' way with a packet that comes too early, and a NAT's that drops it and thinks no more of it.
for _, case in ipairs({
  { early = "drop", bob = "port-restricted", type = "srflx" },
  { early = "accept_local_and_track", bob = "port-restricted", type = "relay" },
  { early = "accept_local_and_track", bob = "restricted", type = "prflx" },
}) do
  for _, signalling in ipairs({ "20ms", "2s" }) do
    local title = ("libjuice#259: an early check (%s), towards %s, signalling %s: %s")
    scenario(title:format(case.early, case.bob, signalling, case.type), function(net)
      local alice, bob, _, with_relay = build(net, {
        mapping = "EIM",
        filtering = "APDF",
        port_allocation = "preserve_overload",
        on_collision = "linux_search",
        unsolicited = case.early,
      }, case.bob)
      local call = net:call(alice, bob, {
        ice_servers = with_relay,
        signalling = { one_way_delay = signalling },
      })
      call:wait("connected", "20s")
      local pair = call.selected_pair
      -- Bob is early by one way of the signalling less that between them.
      local type = signalling == "20ms" and "srflx" or case.type
      expect(type == "relay" and pair.type or pair.local_type).equals(type)
      if type == "srflx" then
        expect(pair.local_address).equals(signalled(call.caller, "srflx")[1])
      else
        expect(pair.local_address).never.equals(signalled(call.caller, "srflx")[1])
      end
    end)
  end
end

scenario("libjuice#85: Bob's candidates are there long before Alice's own address is", function(net)
  local alice, bob, server = build(net, "port-restricted", "port-restricted")
  delay({ host = alice, direction = "in", method = "binding", source_port = 3478, by = "2s" })
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  expect(call.caller.gathering_time).equals("2070ms")
  local pair = call.selected_pair
  expect(pair.local_type).equals("srflx")
  expect(pair.remote_type).equals("srflx")
  -- Known 2070 ms after the start and told 50 ms later; Bob's check takes 45 ms, hers 90 ms, and the
  -- nomination 90 ms.
  expect(call.ice_time).equals("2345ms")
end)

for _, way in ipairs({ "5s", "20s", "40s" }) do
  scenario("libjuice#78, #180: signalling takes " .. way .. ", and the call is direct", function(net)
    local alice, bob, _, with_relay = build(net, "restricted", "port-restricted")
    local call = net:call(alice, bob, {
      ice_servers = with_relay,
      signalling = { one_way_delay = way },
    })
    call:wait("connected", "120s")
    expect(call.selected_pair.type).equals("srflx")
    -- Offer and answer; Bob's address follows his answer by 100 ms, then come a check and the
    -- nomination of 90 ms each, with some pairs before them, 50 ms apart.
    expect(call.ice_time - duration(way) * 2).between("280ms", "380ms")
  end)
end

scenario("pion/ice#82, pjsip#1891: the valid pair has the mapped address, each its own", function(net)
  local alice, bob, server = build(net, "symmetric", "restricted")
  local first = net:call(alice, bob, { ice_servers = { stun = server } })
  local second = net:call(alice, bob, { ice_servers = { stun = server } })
  first:wait("connected", "10s")
  second:wait("connected", "10s")
  expect(first.selected_pair.local_address).never.equals(second.selected_pair.local_address)
  for _, call in ipairs({ first, second }) do
    local pair = call.selected_pair
    expect(pair.local_type).equals("prflx")
    expect(pair.local_address).equals(call.callee.selected_pair.remote_address)
    local external
    for _, mapping in ipairs(alice.nat:mappings()) do
      if mapping.internal == pair.base and mapping.remote == pair.remote_address then
        external = mapping.external
      end
    end
    expect(pair.local_address).equals(external)
  end
end)

scenario("libjuice#67: 10 ms there and 1500 ms back", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet } })
  local bob = net:host("bob", {
    link = { internet, up = { one_way_delay = "1500ms" }, down = { one_way_delay = "10ms" } },
  })
  local call = net:call(alice, bob)
  call:wait("connected", "10s")
  -- A check and the nomination after offer and answer; the first transmission's answer counts.
  expect(call.ice_time).equals(duration("100ms") + duration("1510ms") * 2)
  sleep("10min")
  expect(call.state).equals("connected")
end)

scenario("libjuice#360: the address that the call goes by is withdrawn", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", {
    links = { { internet, one_way_delay = "15ms", ip = { "2001:db8:a::1", "2001:db8:a::2" } } },
  })
  local bob = net:host("bob", { family = "ipv6", link = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob)
  call:wait("connected", "5s")
  expect(call.selected_pair.base).matches("^%[2001:db8:a::1%]")
  alice.interfaces[1]:set_address("2001:db8:a::2")
  local withdrawn = net:now()
  call:wait("failed", "30s")
  expect(net:now() - withdrawn).between("24s", "30s")
  local again = net:call(alice, bob)
  again:wait("connected", "5s")
  expect(#again.caller.candidates).equals(1)
  expect(again.selected_pair.base).matches("^%[2001:db8:a::2%]")
end)

scenario("tailscale#12256: an endpoint is stale once its mapping has ended", function(net)
  local nat = { preset = "port-restricted", udp_timeout = "30s", port_allocation = "random" }
  local alice, bob, server = build(net, nat, "port-restricted")
  local first = alice:stun_request(server, { port = 5000 })
  sleep("29s")
  expect(alice:stun_request(server, { port = 5000 }).mapped).equals(first.mapped)
  sleep("31s")
  expect(alice:stun_request(server, { port = 5000 }).mapped).never.equals(first.mapped)
  -- An agent that asks for consent holds its mapping; one that has been silenced does not.
  for _, quiet in ipairs({ false, true }) do
    local call = net:call(alice, bob, {
      ice_servers = { stun = server },
      consent = not quiet,
      keepalive = quiet and "1h" or "15s",
    })
    call:wait("connected", "10s")
    sleep("10min")
    call.callee:send("are you there?")
    sleep("1s")
    expect(call.caller.datagrams_received).equals(quiet and 0 or 1)
    expect(net:drops("nat_mapping_expired")).equals(quiet and 1 or 0)
  end
end)

for _, hairpin in ipairs({ "external_source", "off" }) do
  for _, hidden in ipairs({ false, true }) do
    local type = not hidden and "host" or hairpin == "off" and "relay" or "srflx"
    local title = "coturn#206, #645: two behind one NAT, hairpinning %s, own addresses %s: %s"
    local told = hidden and "hidden" or "told"
    scenario(title:format(hairpin, told, type), function(net)
      local internet = net:router("internet")
      local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
      server:stun_server()
      server:turn_server({ users = { house = "secret" } })
      local anna, ben = net:home("house", {
        nat = { preset = "port-restricted", hairpin = hairpin },
        wan = { internet, one_way_delay = "15ms" },
        hosts = { "anna", "ben" },
      })
      local call = net:call(anna, ben, {
        ice_servers = { stun = server, turn = { server, user = "house" } },
        hide_host_candidates = hidden,
      })
      call:wait("connected", "10s")
      expect(call.selected_pair.type).equals(type)
      expect(net:drops("nat_hairpin_off") > 0).equals(type == "relay")
    end)
  end
end
