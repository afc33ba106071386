-- A phone that leaves the house in the middle of a call.
--
-- The phone is on the home's Wi-Fi and on a carrier's network at once. ICE has chosen the Wi-Fi, which
-- is the quicker one. Once that is gone, consent (RFC 7675) finds out: 12 s after the last answer the
-- call is disconnected, 30 s after it the call has failed. Answers come every 4 to 6 s, so the last one
-- is up to 6 s old when the Wi-Fi ends. A gap that is over in time is survived; a new network needs
-- candidates of its own: a new call here, a restart of ICE in ice/restart.lua.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local house = net:nat("house", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "10ms" },
  })
  local carrier = net:nat("carrier", {
    nat = "cgn-cellular-easy",
    wan = { internet, one_way_delay = "40ms" },
  })
  local phone = net:host("phone", { links = { { house }, { carrier } } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local function call()
    local made = net:call(phone, bob, { ice_servers = { stun = server } })
    made:wait("connected", "10s")
    return made
  end
  local wifi, cellular = phone.interfaces[1], phone.interfaces[2]
  return call, wifi, house, carrier, cellular, phone
end

scenario("a gap of ten seconds: the call goes on", function(net)
  local call, wifi, house = build(net)
  local made = call()
  expect(made.selected_pair.local_address).contains(house.external_address)
  sleep("5s")
  wifi:up(false)
  sleep("10s")
  wifi:up(true)
  -- The next answers come within 6 s and a round trip of 80 ms.
  sleep("6.08s")
  expect(made.state).equals("connected")
  made:send("back again")
  sleep("1s")
  expect(made.callee.datagrams_received).equals(1)
end)

scenario("the Wi-Fi is gone: the call dies, a new one takes the carrier's network", function(net)
  local call, wifi, house, carrier = build(net)
  local made = call()
  expect(made.selected_pair.local_address).contains(house.external_address)
  sleep("5s")
  wifi:up(false)
  local left = net:now()
  made:wait("disconnected", "12s")
  expect(net:now() - left).between("6s", "12s")
  made:wait("failed", "18s")
  expect(net:now() - left).between("24s", "30s")
  metric("noticed after", net:now() - left)

  local second = call()
  expect(second.selected_pair.local_address).contains(carrier.external_address)
  metric("ice_time", second.ice_time)
end)

scenario("a socket that is bound to no address moves with the phone", function(net)
  local _, wifi, house, carrier, cellular, phone = build(net)
  local server = net:host("echo", { link = { "internet", one_way_delay = "20ms" } }):udp({ port = 7 })
  local socket = phone:udp({ ip = "0.0.0.0" })
  local function seen_from()
    socket:send(server, "here I am")
    local _, from = server:receive("1s")
    return from and from:match("^[^:]+")
  end
  expect(seen_from()).equals(house.external_address)
  -- Between two networks: what is sent dies in the phone.
  cellular:up(false)
  wifi:up(false)
  expect(seen_from()).equals(nil)
  cellular:up(true)
  expect(seen_from()).equals(carrier.external_address)
end)
