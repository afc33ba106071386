-- Names in the place of addresses: mDNS candidates.
--
-- A browser does not tell a page, nor the other side, the addresses of the machine that it runs on:
-- its host candidates have random names, "8b2ee3f1-….local", which it answers for on its own network
-- by multicast DNS (draft-ietf-mmusic-mdns-ice-candidates). In one home the two sides find each other by
-- them. Anywhere else a name is of no use: the candidate is ignored, and an event says why.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local anna, ben = net:home("house", {
    nat = { preset = "port-restricted", hairpin = options.hairpin or "off" },
    wan = { internet, one_way_delay = "15ms", loss = "0.5%" },
    lan = { one_way_delay = "1ms", multicast = options.multicast },
    hosts = { "anna", "ben" },
  })
  local carl = net:home("carl", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "30ms", loss = "0.5%" },
  })
  return anna, ben, carl, { ice_servers = { stun = server }, mdns = true }
end


scenario("two browsers in one home connect by their names", function(net)
  local anna, ben, _, options = build(net, {})
  local told = drop({ host = anna, direction = "out", destination_port = 5353, probability = "0%" })
  local call = net:call(anna, ben, options)
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("host")
  expect(call.selected_pair.remote_address).matches("^192%.168%.1%.")
  -- One question, one answer.
  expect(told.matched).equals(1)
  metric("ice_time", call.ice_time)
end)

scenario("a question or its answer is lost, and asked again", function(net)
  local anna, ben, _, options = build(net, {})
  drop({ host = anna, direction = "out", destination_port = 5353, n = 1 })
  drop({ host = ben, direction = "out", source_port = 5353, n = 1 })
  local call = net:call(anna, ben, options)
  call:wait("connected", "10s")
  expect(call.selected_pair.remote_address).matches("^192%.168%.1%.")
  metric("ice_time", call.ice_time)
end)

scenario("without multicast they need a NAT that turns packets round", function(net)
  local anna, ben, _, options = build(net, { multicast = false, hairpin = "external_source" })
  local call = net:call(anna, ben, options)
  call:wait("connected", "10s")
  local pair = call.selected_pair
  expect(pair.local_type).equals("srflx")
  expect(pair.remote_type).equals("srflx")
  expect(pair.remote_address).contains(anna.nat.external_address)
  metric("ice_time", call.ice_time)
end)

scenario("with neither they sit at one table and cannot talk", function(net)
  local anna, ben, _, options = build(net, { multicast = false })
  local call = net:call(anna, ben, options)
  call:wait("failed", "60s")
end)

scenario("in another home the names mean nothing, and the NATs' addresses do", function(net)
  local anna, _, carl, options = build(net, {})
  local call = net:call(anna, carl, options)
  call:wait("connected", "10s")
  expect(call.selected_pair.local_type).equals("srflx")
  expect(call.selected_pair.remote_type).equals("srflx")
  metric("ice_time", call.ice_time)
end)

scenario("a side that asks for no names meets the other's checks", function(net)
  local anna, ben, _, options = build(net, {})
  options.callee = { mdns = false }
  local call = net:call(anna, ben, options)
  call:wait("connected", "10s")
  -- Ben told his address; Anna's is what her check came from.
  expect(call.callee.selected_pair.remote_type).equals("prflx")
  expect(call.caller.selected_pair.remote_type).equals("host")
end)
