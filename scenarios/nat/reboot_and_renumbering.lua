-- The router that starts anew in the middle of a call.
--
-- A reboot takes all mappings with it, and so does a new address from the provider. What Alice sends
-- next makes a new mapping: with the port of before if the NAT keeps ports, so that only the address
-- may differ. Bob, who admits anyone, hears her at once and answers to where she is now.

local function build(net)
  local internet = net:router("internet")
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local echo = bob:echo({ port = 6000 })
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "15ms" },
  })
  local source = alice:udp_source({ to = echo, interval = "1s" })
  sleep("10.5s")
  expect(source.answered).equals(11)
  return alice, source
end

scenario("a reboot: the next packet makes the same mapping again", function(net)
  local alice, source = build(net)
  local before = alice.nat:mappings()[1]
  alice.nat:reboot()
  expect(#alice.nat:mappings()).equals(0)
  sleep("10s")
  local after = alice.nat:mappings()[1]
  expect(after.number).never.equals(before.number)
  expect(after.external).equals(before.external)
  expect(source.answered).equals(21)
end)

scenario("a new address: what was on its way to the old one is lost", function(net)
  local alice, source = build(net)
  local before = alice.nat:mappings()[1].external
  alice.nat:renumber("198.51.100.99")
  expect(alice.nat.external_address).equals("198.51.100.99")
  sleep("10s")
  local after = alice.nat:mappings()[1].external
  expect(after:match("^[^:]+")).equals("198.51.100.99")
  expect(after:match(":%d+$")).equals(before:match(":%d+$"))
  expect(source.answered).at_least(20)
end)

scenario("a change of mode: a cone becomes symmetric", function(net)
  local alice = build(net)
  alice.nat:set({ mapping = "APDM", port_allocation = "random" })
  expect(alice.nat.kind).equals("APDM/APDF")
end)

scenario("a flush: every mapping is gone, the port is kept", function(net)
  local alice, source = build(net)
  -- Sent 20 ms ago; its answer comes back to a NAT that has forgotten it.
  sleep("0.52s")
  local before = alice.nat:mappings()[1]
  alice.nat:flush()
  expect(#alice.nat:mappings()).equals(0)
  sleep("10s")
  local after = alice.nat:mappings()[1]
  expect(after.number).never.equals(before.number)
  expect(after.external).equals(before.external)
  -- Twenty-two were sent by then. One was in flight.
  expect(source.sent).equals(22)
  expect(source.answered).equals(20)
end)
