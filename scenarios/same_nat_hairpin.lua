-- Two hosts behind one NAT.
--
-- On one network they find each other by their own addresses, and the NAT has no part in it. When
-- they do not tell these addresses (a browser hides them), all that each knows of the other is the
-- NAT's external address. A check to it has to turn round inside the NAT: hairpinning (RFC 4787
-- §6). A NAT that does not do this drops the check, and the two cannot talk although they sit at
-- one table.

local function build(net, hairpin, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local anna, ben = net:home("house", {
    nat = { preset = "port-restricted", hairpin = hairpin },
    wan = { internet, one_way_delay = "15ms" },
    lan = { one_way_delay = "1ms" },
    hosts = { "anna", "ben" },
  })
  options.ice_servers = { stun = server }
  return anna, net:call(anna, ben, options)
end

scenario("host candidates connect whatever the NAT does", function(net)
  local _, call = build(net, "off", {})
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("host")
  metric("ice_time", call.ice_time)
end)

scenario("hidden host candidates: a NAT that hairpins connects them", function(net)
  local anna, call = build(net, "external_source", { hide_host_candidates = true })
  call:wait("connected", "10s")
  local pair = call.selected_pair
  expect(pair.local_type).equals("srflx")
  expect(pair.remote_type).equals("srflx")
  -- The NAT's one address is at both ends.
  expect(pair.local_address).contains(anna.nat.external_address)
  expect(pair.remote_address).contains(anna.nat.external_address)
  metric("ice_time", call.ice_time)
end)

scenario("hidden host candidates: a NAT that turns round without translating the source", function(net)
  local _, call = build(net, "internal_source", { hide_host_candidates = true })
  call:wait("connected", "10s")
  -- The check arrives from the other's own address, which is answered on the direct way: not from
  -- where the check went, so that it fails (RFC 8445 §7.2.5.2.1). But the address is a peer-reflexive
  -- candidate, and the check that is sent to it succeeds without the NAT.
  local pair = call.selected_pair
  expect(pair.type).equals("prflx")
  expect(pair.remote_address).matches("^192%.168%.1%.")
  metric("ice_time", call.ice_time)
end)

scenario("hidden host candidates: a NAT that does not hairpin keeps them apart", function(net)
  local _, call = build(net, "off", { hide_host_candidates = true })
  call:wait("failed", "60s")
end)
