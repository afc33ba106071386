-- Candidates over TCP (RFC 6544): a direct way where UDP is blocked.
--
-- Alice's network lets no UDP out. Bob has a public address: besides his UDP candidate he tells one that
-- he listens on for TCP, "passive", and Alice's "active" candidate connects to it, through her NAT and
-- firewall, as a browser would to a web server. Checks, consent and media go over this connection in
-- frames (RFC 4571), and no relay is needed. When it dies, the side that has opened it opens another.

local function build(net, options)
  local internet = net:router("internet")
  local wan = { internet, one_way_delay = "15ms", loss = "0.2%" }
  local alice = net:home("alice", {
    nat = { preset = "symmetric", tcp_midstream = options.midstream },
    firewall = options.firewall or "udp-blocked",
    wan = wan,
  })
  local bob = options.nat and net:home("bob", { nat = options.nat, wan = wan })
    or net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  return alice, bob
end

scenario("UDP is blocked: TCP connects to the side with a public address", function(net)
  local alice, bob = build(net, {})
  local call = net:call(alice, bob, { tcp_candidates = true })
  call:wait("connected", "5s")
  local pair = call.caller.selected_pair
  expect(pair.transport).equals("tcp")
  expect(pair.remote_type).equals("host")
  -- Bob sees the address that Alice's NAT has given her connection.
  expect(call.callee.selected_pair.remote_type).equals("prflx")
  call:send("hello")
  call.callee:send("hello to you")
  sleep("200ms")
  expect(call.callee.datagrams_received).equals(1)
  expect(call.caller.datagrams_received).equals(1)
  metric("ice_time", call.ice_time)
end)

scenario("whoever calls, the side behind the firewall connects", function(net)
  local alice, bob = build(net, {})
  local call = net:call(bob, alice, { tcp_candidates = true })
  call:wait("connected", "5s")
  expect(call.selected_pair.transport).equals("tcp")
  metric("ice_time", call.ice_time)
end)

scenario("only the web gets out: a port of its own does not, 443 does", function(net)
  local alice, bob = build(net, { firewall = "tcp-443-only" })
  local call = net:call(alice, bob, { tcp_candidates = true })
  expect(call:try_wait("connected", "60s")).equals(false)
  call:close()
  sleep("1s")
  local web = net:call(alice, bob, { tcp_candidates = true, callee = { port = 443 } })
  web:wait("connected", "5s")
  expect(web.selected_pair.transport).equals("tcp")
end)

scenario("without TCP candidates nothing connects", function(net)
  local alice, bob = build(net, {})
  local call = net:call(alice, bob)
  call:wait("failed", "60s")
end)

scenario("where both sit behind NATs nobody can be connected to", function(net)
  local alice, bob = build(net, { nat = "port-restricted" })
  local call = net:call(alice, bob, { tcp_candidates = true })
  call:wait("failed", "60s")
end)

scenario("where UDP gets through it is taken, though TCP would too", function(net)
  local alice, bob = build(net, { firewall = "port-restricted" })
  local call = net:call(alice, bob, { tcp_candidates = true })
  call:wait("connected", "5s")
  expect(call.selected_pair.transport).equals("udp")
  metric("ice_time", call.ice_time)
end)

scenario("the NAT forgets the connection and says so: another one takes its place", function(net)
  local alice, bob = build(net, { midstream = "reset" })
  local call = net:call(alice, bob, { tcp_candidates = true })
  call:wait("connected", "5s")
  sleep("10s")
  local before = call.callee.selected_pair.remote_address
  -- What Alice sends next, her request for consent, is answered with an RST.
  alice.nat:flush()
  sleep("20s")
  expect(call.state).equals("connected")
  expect(call.callee.selected_pair.remote_address == before).equals(false)
  call:send("hello")
  call.callee:send("hello to you")
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)
  expect(call.caller.datagrams_received).equals(1)
end)

scenario("the NAT forgets it and says nothing: consent expires first", function(net)
  local alice, bob = build(net, {})
  local call = net:call(alice, bob, { tcp_candidates = true })
  call:wait("connected", "5s")
  sleep("10s")
  alice.nat:flush()
  call:wait("failed", "40s")
end)

scenario("speech and video over TCP", function(net)
  local alice, bob = build(net, {})
  local call = net:call(alice, bob, { tcp_candidates = true, media = true })
  call:wait("connected", "5s")
  sleep("10s")
  expect(call.state).equals("connected")
  expect(call.selected_pair.transport).equals("tcp")
  metric("datagrams", call.callee.datagrams_received)
  expect(call.callee.datagrams_received).at_least(500)
end)
