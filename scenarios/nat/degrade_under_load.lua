-- The NAT that is a cone in the lab and symmetric at home.
--
-- Some NATs become stricter when they have much to do, which RFC 4787 REQ-11 forbids. Measured at
-- night this one maps everybody alike; with a few hundred flows of the neighbours it gives each
-- destination another port.

scenario("a classification that does not hold under load", function(net)
  local internet = net:router("internet")
  local server = net:host("server", {
    ip = { "203.0.113.10", "203.0.113.11" },
    link = { internet, one_way_delay = "20ms" },
  })
  server:stun_server()
  local alice, neighbour = net:home("house", {
    nat = { mapping = "EIM", filtering = "ADF", degrade_above = 200 },
    wan = { internet, one_way_delay = "15ms" },
    hosts = { "alice", "neighbour" },
  })
  local quiet = alice:probe(server)
  for _ = 1, 300 do
    neighbour:udp():send({ server, 9 }, "busy")
  end
  sleep("1s")
  local busy = alice:probe(server)
  metric("quiet", quiet.mapping)
  metric("busy", busy.mapping)
  expect(quiet.mapping).equals("endpoint-independent")
  expect(busy.mapping).equals("address-and-port-dependent")
end)
