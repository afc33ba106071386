-- Two real machines' worth of programs, 40 ms apart: one pings the other. Run it with natsim live.
scenario("a real ping crosses the simulated net", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { ip = "203.0.113.10", link = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { ip = "198.51.100.20", link = { internet, one_way_delay = "5ms" } })
  bob:attach()
  local ping = alice:spawn{ "ping", "-n", "-c", "3", "-i", "0.2", bob.ip }
  expect(ping:wait_for_exit("5s")).equals(0)
end)
