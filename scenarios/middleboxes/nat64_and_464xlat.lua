-- IPv6-only access (NAT64, RFC 6146; DNS64, RFC 6147; 464XLAT, RFC 6877).
--
-- Many mobile carriers give a phone IPv6 alone. The IPv4 Internet stands behind the carrier's NAT64
-- in the prefix 64:ff9b::/96: 64:ff9b::192.0.2.1 is the server 192.0.2.1. A program that only knows
-- IPv4 addresses finds no way, unless the phone has a CLAT, which translates them into the prefix.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local carrier = net:nat("carrier", {
    nat = "nat64-plat",
    nat64 = true,
    wan = { internet, one_way_delay = "10ms" },
  })
  local desk = net:home("desk", { nat = "port-restricted", wan = { internet, one_way_delay = "5ms" } })
  return server, carrier, desk
end

scenario("an IPv6-only phone reaches an IPv4 server by the carrier's prefix", function(net)
  local server, carrier = build(net)
  local phone = net:host("phone", { link = { carrier, one_way_delay = "30ms" }, family = "ipv6" })
  local answer = phone:stun_request("[64:ff9b::" .. server.ip .. "]:3478")
  -- The server sees the NAT64's IPv4 address, and says so.
  expect(answer.mapped).matches("^" .. carrier.external_address:gsub("%.", "%%.") .. ":")
  expect(answer.round_trip).equals("120ms")
  expect(carrier.nat64_prefix).equals("64:ff9b::/96")
end)

scenario("it finds the server by name, because the carrier's DNS64 makes up an address", function(net)
  local server, carrier = build(net)
  local resolver = net:host("resolver", { link = { carrier, one_way_delay = "5ms" }, family = "ipv6" })
  local dns = resolver:dns_server({
    records = { ["stun.example"] = server.ip },
    dns64 = carrier.nat64_prefix,
  })
  local phone = net:host("phone", { link = { carrier, one_way_delay = "30ms" }, family = "ipv6" })
  -- RFC 7050: the name that has IPv4 addresses alone gives the prefix away.
  expect(phone:discover_nat64(dns)).equals("64:ff9b::/96")
  local addresses = phone:resolve(dns, "stun.example")
  expect(addresses[1]).equals("64:ff9b::c000:201")
  local answer = phone:stun_request("[" .. addresses[1] .. "]:3478")
  expect(answer.failure).equals(nil)
  -- There is no IPv6 address of the server: without the translation the name has none.
  expect(phone:resolve(dns, "stun.example", { type = "A" })[1]).equals(server.ip)
end)

scenario("without a CLAT a call with IPv4 candidates fails", function(net)
  local server, carrier, desk = build(net)
  local phone = net:host("phone", { link = { carrier, one_way_delay = "30ms" }, family = "ipv6" })
  local call = net:call(phone, desk, { ice_servers = { stun = server } })
  call:wait("failed", "60s")
end)

scenario("with 464XLAT the same call is direct", function(net)
  local server, carrier, desk = build(net)
  local phone = net:home("phone", {
    nat = "none",
    clat = true,
    wan = { carrier, one_way_delay = "30ms" },
    lan = { prefix = "192.0.0.0/29" }, -- what RFC 7335 sets aside for a phone's own CLAT
  })
  expect(phone.ip).equals("192.0.0.2")
  local call = net:call(phone, desk, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  expect(call.selected_pair.local_type).never.equals("relay")
  -- Behind the NAT64 the phone is its address in the CLAT's prefix.
  expect(carrier:mappings()[1].internal).matches("^%[fd64::1:0:2:c000:2%]:")
  metric("ice_time", call.ice_time)
end)
