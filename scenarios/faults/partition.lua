-- The network breaks in two.
--
-- A partition kills what one side sends to the other, in both directions or in one. A call whose sides
-- hear nothing of each other is disconnected 12 s after the last answer and fails 30 s after it
-- (RFC 7675); the last answer is at most 6 s old when the network breaks. In one direction is enough:
-- a request that arrives and an answer that does not is no consent.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  sleep("5s")
  return call, { alice, alice.nat }, { bob, bob.nat }
end

scenario("both ways for 15 s: the call comes back", function(net)
  local call, left, right = build(net)
  local cut = net:partition({ left, right })
  sleep("15s")
  expect(call.state).equals("disconnected")
  cut:heal()
  -- The next requests come within 6 s, and their answers 90 ms later.
  sleep("6.09s")
  expect(call.state).equals("connected")
end)

scenario("both ways for good: both sides give up", function(net)
  local call, left, right = build(net)
  net:partition({ left, right })
  sleep("30s")
  expect(call.caller.state).equals("failed")
  expect(call.callee.state).equals("failed")
end)

scenario("one way for good: Bob hears Alice to the end, and both give up", function(net)
  local call, left, right = build(net)
  net:partition({ right, left, one_way = true })
  sleep("20s")
  call:send("do you hear me?")
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)
  expect(call.callee:send("yes!")).equals(true)
  sleep("1s")
  expect(call.caller.datagrams_received).equals(0)
  sleep("8s")
  -- Alice hears nothing. Bob's requests and his answers die on the way, so that he has no consent.
  expect(call.caller.state).equals("failed")
  expect(call.callee.state).equals("failed")
end)
