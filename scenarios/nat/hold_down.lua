-- The next tenant gets the last one's mail.
--
-- A carrier with few ports gives the port of a mapping that has ended to the next who needs one.
-- Whoever talked to the first subscriber does not know: what he sends now reaches the second. A hold-down
-- keeps the port free for two minutes (RFC 6888 REQ-8), by when the other side has given up.

local function misdirected(net, hold_down)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local first, second = net:home("carrier", {
    nat = {
      mapping = "EIM",
      filtering = "EIF",
      port_allocation = "sequential",
      port_range = { 40000, 40000 },
      udp_timeout = "30s",
      port_hold_down = hold_down,
    },
    wan = { internet, one_way_delay = "10ms" },
    hosts = { "first", "second" },
  })
  local service = server:udp({ port = 6000 })
  local one, two = first:udp(), second:udp()
  one:send(service, "subscribe")
  local _, subscriber = service:receive("1s")
  expect(subscriber).equals(first.nat.external_address .. ":40000")

  sleep("31s") -- the mapping ends
  two:send({ server, 9 }, "hello")
  sleep("1s")
  service:send(subscriber, "your balance is 17")
  local mail = two:receive("1s")
  -- Two minutes after its end the port is anybody's.
  sleep("120s")
  two:send({ server, 9 }, "hello")
  sleep("1s")
  expect(#first.nat:mappings()).equals(1)
  return mail
end

scenario("without a hold-down the mail reaches the next tenant", function(net)
  expect(misdirected(net, "0s")).equals("your balance is 17")
end)

scenario("with a hold-down it reaches nobody", function(net)
  expect(misdirected(net, "120s")).equals(nil)
end)
