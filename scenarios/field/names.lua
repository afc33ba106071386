-- Seen in the field: names that resolve slowly, or never.
--
-- A resolver that blocks its program blocks every agent in it. Each title names where that was reported.

local function build(net)
  local internet = net:router("internet")
  local dns = net:host("dns", { link = { internet, one_way_delay = "5ms" } })
  local server = dns:dns_server({ records = { ["turn.example"] = "203.0.113.10" } })
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  return alice, bob, server, dns
end

scenario("Kurento#525, #405, janus#1692, #1998: a name takes five seconds, the call does not", function(net)
  local alice, bob, server = build(net)
  delay({ host = alice, direction = "in", source_port = 53, by = "4900ms" })
  local call = net:call(alice, bob)
  local asked = net:now()
  expect((alice:resolve(server, "turn.example"))).equals({ "203.0.113.10" })
  expect(net:now() - asked).equals("4940ms")
  expect(call.ice_time).equals("280ms")
end)

scenario("libdatachannel#1285, libjuice#266: half a minute of names, and consent goes on", function(net)
  local alice, bob, server, dns = build(net)
  dns:sleep()
  local call = net:call(alice, bob)
  call:wait("connected", "5s")
  for _ = 1, 4 do
    local asked = net:now()
    local addresses, reason = alice:resolve(server, "turn.example", { timeout = "5s", tries = 6 })
    expect(addresses).equals(nil)
    expect(reason).equals("timeout")
    expect(net:now() - asked).equals("30s")
    expect(call.caller.state).equals("completed")
  end
end)

scenario("pion/ice 71ac555, da652e1: a question that nobody answers ends", function(net)
  local alice, _, server, dns = build(net)
  dns:sleep()
  local sent = drop({ host = alice, direction = "out", destination_port = 53, probability = "0%" })
  local asked = net:now()
  expect((alice:resolve(server, "turn.example"))).equals(nil)
  expect(net:now() - asked).equals("15s")
  sleep("10min")
  expect(sent.matched).equals(3)
  -- And the next one is answered.
  dns:wake()
  expect((alice:resolve(server, "turn.example"))).equals({ "203.0.113.10" })
  local _, reason = alice:resolve(server, "nobody.example")
  expect(reason).equals("Name Error")
end)
