-- The laptop's lid is closed, and opened again.
--
-- A host that sleeps hears nothing, and its programs' timers wait. The world goes on meanwhile: the
-- other side of a call gives up 30 s after the last sign of life (RFC 7675), and the NAT forgets what
-- nobody refreshes. So a nap is survived and a long sleep is not.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", {
    nat = { preset = "port-restricted", udp_timeout = "120s" },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, server
end

local function call_with_sleep(net, nap)
  local alice, bob, server = build(net)
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  sleep("5s")
  alice:sleep()
  sleep(nap)
  expect(alice.asleep).equals(true)
  alice:wake()
  -- Both sides ask again within 6 s, and the answer takes a round trip of 90 ms.
  sleep("6.09s")
  return call
end

scenario("a nap of 15 s: the call goes on", function(net)
  expect(call_with_sleep(net, "15s").state).equals("connected")
end)

scenario("a sleep of 40 s: both sides have given up", function(net)
  local call = call_with_sleep(net, "40s")
  expect(call.caller.state).equals("failed")
  expect(call.callee.state).equals("failed")
end)

scenario("the NAT has forgotten the laptop: the news of the night are lost", function(net)
  local alice, bob = build(net)
  local news = net:host("news", { link = { "internet", one_way_delay = "20ms" } }):udp({ port = 6000 })
  local socket = alice:udp()
  socket:send(news, "subscribe")
  local _, subscriber = news:receive("1s")

  alice:sleep()
  news:send(subscriber, "asleep: dies at the laptop")
  sleep("10min") -- the mapping lives 120 s
  expect(#alice.nat:mappings()).equals(0)
  alice:wake()
  news:send(subscriber, "awake: dies at the NAT")
  expect((socket:receive("1s"))).equals(nil)

  -- Whoever subscribes again on waking up is heard.
  socket:send(news, "subscribe")
  _, subscriber = news:receive("1s")
  news:send(subscriber, "good morning")
  expect((socket:receive("1s"))).equals("good morning")
end)
