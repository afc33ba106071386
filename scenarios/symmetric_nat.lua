-- A call that fails, and why.
--
-- Alice sits behind a symmetric NAT: it gives each remote endpoint a port of its own. The port that
-- a STUN server saw is therefore not the one that Bob will see. Bob sits behind a port-restricted
-- NAT: it lets in only packets from an address and port that Bob has sent to before. Bob sends to
-- the port that Alice signalled, Alice's checks come from another one, and Bob's NAT drops each of
-- them. No pair of candidates can work; a relay can, because both sides send to it first.
--
--   alice ── symmetric NAT ──┐
--                            ├── internet ── server (STUN, TURN)
--   bob ── port-restricted ──┘

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", {
    ip = "203.0.113.10",
    link = { internet, one_way_delay = "20ms" },
  })
  server:stun_server()
  server:turn_server({ users = { alice = "secret" } })

  local alice = net:home("alice", {
    nat = "symmetric",
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "30ms" },
  })
  return server, alice, bob
end

scenario("symmetric to port-restricted: without a relay nothing connects", function(net)
  local server, alice, bob = build(net)
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("failed", "60s")
  sleep("5s")  -- the other side gives up a little later

  -- Both sides know each other's addresses, and every pair has been tried in vain.
  for _, side in ipairs({ call.caller, call.callee }) do
    expect(#side:pairs()).at_least(1)
    for _, pair in ipairs(side:pairs()) do
      expect(pair.state).equals("failed")
      expect(pair.transmissions).at_least(1)
    end
  end

  -- Why: the port that Alice signalled is the one that her NAT gave her for the STUN server; for
  -- Bob's address it gave another.
  local signalled, towards_bob
  for _, candidate in ipairs(call.caller.candidates) do
    if candidate.type == "srflx" then signalled = candidate.address end
  end
  for _, mapping in ipairs(alice.nat:mappings()) do
    if mapping.remote:find(bob.nat.external_address, 1, true) then towards_bob = mapping.external end
  end
  log("alice signalled", signalled, "and her checks reach bob from", towards_bob)
  expect(towards_bob).never.equals(signalled)

  -- And Bob's NAT admits only what he has sent to: the signalled port, never the other one.
  local admitted = {}
  for _, mapping in ipairs(bob.nat:mappings()) do
    for _, remote in ipairs(mapping.filter) do admitted[#admitted + 1] = remote end
  end
  expect(admitted).contains(signalled)
  expect(admitted).never.contains(towards_bob)
end)

scenario("symmetric to port-restricted: with TURN the relay connects", function(net)
  local server, alice, bob = build(net)
  local call = net:call(alice, bob, {
    ice_servers = { stun = server, turn = { server, user = "alice" } },
  })
  call:wait("connected", "10s")

  expect(call.selected_pair.type).equals("relay")
  expect(call.ice_time).at_most("3s")
  metric("ice_time", call.ice_time)

  -- What Alice says reaches Bob.
  expect(call:send("hello")).equals(true)
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)
end)
