-- The punch that comes too early.
--
-- Alice's router runs Linux and accepts packets for itself. Bob is quicker than she is by more than
-- the way from him to her takes: his first check reaches her router before she has sent anything.
-- The router takes it for its own and remembers it. When Alice's check to Bob leaves at last, its
-- tuple is taken, so it gets another port than the one that she has signalled, and Bob's router, which
-- admits only that port, drops it. Each of Bob's checks keeps the router's entry alive.
-- A router that drops what nobody asked for does not remember it, and the call connects.

local function connects(net, unsolicited, alices_head_start)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", {
    nat = {
      mapping = "EIM",
      filtering = "APDF",
      port_allocation = "preserve_overload",
      on_collision = "linux_search",
      udp_timeout = "120s",
      udp_timeout_new = "30s",
      hairpin = "off",
      unsolicited = unsolicited,
    },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })

  -- Both learn where the other is, and send when their turn has come.
  local a = alice:udp()
  local b = bob:udp()
  a:send({ server, 9 }, "open")
  b:send({ server, 9 }, "open")
  sleep("1s")
  local to_alice = alice.nat:mappings()[1].external
  local to_bob = bob.nat:mappings()[1].external
  if alices_head_start then
    a:send(to_bob, "punch")
    sleep("100ms")
    b:send(to_alice, "punch")
  else
    b:send(to_alice, "punch")
    sleep("100ms")
    a:send(to_bob, "punch")
  end
  for _ = 1, 5 do
    sleep("1s")
    a:send(to_bob, "punch")
    b:send(to_alice, "punch")
  end
  sleep("1s")
  return a.waiting > 0 and b.waiting > 0, alice.nat
end

scenario("Alice is first: the hole is punched", function(net)
  expect((connects(net, "accept_local_and_track", true))).equals(true)
end)

scenario("Bob is first: a shadow entry takes Alice's port", function(net)
  local connected, nat = connects(net, "accept_local_and_track", false)
  expect(connected).equals(false)
  -- One mapping for the server, and one on another port for Bob.
  expect(#nat:mappings()).equals(2)
  expect(nat:mappings()[2].external).never.equals(nat:mappings()[1].external)
end)

scenario("Bob is first, but the router drops what it did not ask for", function(net)
  expect((connects(net, "drop", false))).equals(true)
end)
