-- DS-Lite (RFC 6333): homes without an IPv4 address of their own.
--
-- The access has IPv6 alone. The customer's box (B4) puts the home's IPv4 packets into IPv6 ones and
-- sends them to the carrier's AFTR, which has one NAT for all customers. Homes may have the same
-- addresses: the table tells 192.168.1.2 of one from 192.168.1.2 of another by the softwire that it
-- came by. There is no NAT in the home, and so no box that could map a port there.

local function build(net, carrier_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local carrier = net:nat("carrier", { nat = carrier_nat, aftr = true, wan = { internet, one_way_delay = "10ms" } })
  local function customer(name)
    return net:home(name, {
      nat = "none",
      b4 = carrier,
      wan = { carrier, one_way_delay = "5ms", jitter = "1ms" },
      lan = { prefix = "192.168.1.0/24" },
    })
  end
  return server, carrier, customer, internet
end

scenario("two homes with the same addresses share one AFTR", function(net)
  local server, carrier, customer = build(net, "port-restricted")
  local alice, bob = customer("alice"), customer("bob")
  expect(alice.ip).equals("192.168.1.2")
  expect(bob.ip).equals(alice.ip)
  local first, second = alice:udp({ port = 5000 }), bob:udp({ port = 5000 })
  first:send({ server, 9 }, "from alice")
  second:send({ server, 9 }, "from bob")
  sleep("1s")
  local mappings = carrier:mappings()
  expect(#mappings).equals(2)
  expect(mappings[1].internal).equals(mappings[2].internal)
  expect(mappings[1].softwire).never.equals(mappings[2].softwire)
  expect(mappings[1].external).never.equals(mappings[2].external)
end)

scenario("a call through an AFTR that maps alike for all is direct", function(net)
  local server, _, customer, internet = build(net, "port-restricted")
  local alice = customer("alice")
  local desk = net:home("desk", { nat = "port-restricted", wan = { internet, one_way_delay = "5ms" } })
  local call = net:call(alice, desk, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  expect(call.selected_pair.local_type).never.equals("relay")
  metric("ice_time", call.ice_time)
end)

scenario("through a symmetric AFTR to a symmetric NAT it needs a relay", function(net)
  local server, _, customer, internet = build(net, "symmetric")
  local alice = customer("alice")
  local desk = net:home("desk", { nat = "symmetric", wan = { internet, one_way_delay = "5ms" } })
  local call = net:call(alice, desk, { ice_servers = { stun = server } })
  call:wait("failed", "60s")
end)

scenario("a customer who uses up his ports leaves the others theirs", function(net)
  local server, carrier, customer = build(net, { preset = "port-restricted", max_udp_mappings_per_host = 3 })
  local alice, bob = customer("alice"), customer("bob")
  for port = 5000, 5009 do
    alice:udp({ port = port }):send({ server, 9 }, "one more")
  end
  sleep("1s")
  expect(#carrier:mappings()).at_most(3)
  local before = #carrier:mappings()
  bob:udp({ port = 5000 }):send({ server, 9 }, "the first")
  bob:udp({ port = 5001 }):send({ server, 9 }, "the second")
  sleep("1s")
  expect(#carrier:mappings()).at_least(before + 1)
end)
