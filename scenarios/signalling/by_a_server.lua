-- Offers and candidates by a signalling server.
--
-- Alice and Bob, each behind a NAT, keep a WebSocket to a server in the world: TCP, the HTTP upgrade,
-- masked frames, JSON. They meet in a room, and what one says the server hands on to the other as it
-- is. So the signalling takes what the network makes of it: two handshakes and a join before the
-- first word, and as long as TCP needs when segments are lost.

local function build(net, loss, signalling)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local rooms = server:signalling_server({ port = 8080 })
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "15ms", loss = loss },
  })
  local bob = net:home("bob", {
    nat = "restricted",
    wan = { internet, one_way_delay = "30ms", loss = loss },
  })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    signalling = signalling and signalling(server) or server,
  })
  return call, rooms, alice, bob
end

local bobs_way = duration("50ms") -- to the server
local alices_way = duration("35ms")

scenario("the call meets in a room", function(net)
  local call, rooms = build(net, "0%")
  call:wait("connected", "10s")
  -- Bob is in the room after SYN and SYN-ACK, request and answer, and his join's way; then the offer,
  -- which waited for him at Alice's, has to be called for and brought: two of Alice's ways, one of
  -- Bob's. His answer goes back the same way.
  local offered = bobs_way * 5 + alices_way * 2 + bobs_way
  expect(call.ice_time).at_least(offered + bobs_way + alices_way)
  expect(call.ice_time).at_most("2s")
  expect(rooms.connections).equals(2)
  local room = rooms:rooms()[1]
  expect(room.name).equals("alice calls bob")
  expect(#room.members).equals(2)
  metric("ice_time", call.ice_time)
end)

scenario("a tenth of all packets is lost", function(net)
  local call, rooms = build(net, param("loss", "10%"))
  call:wait("connected", "120s")
  expect(rooms.relayed).at_least(4) -- offer, answer, candidates
  metric("ice_time", call.ice_time)
end)

scenario("in a table with how its clients behave", function(net)
  local call, rooms = build(net, "0%", function(server)
    return { server = server, ping_interval = "5s", reconnect_min = "100ms" }
  end)
  call:wait("connected", "10s")
  sleep("1min")
  -- The pings keep both connections, the NATs' mappings with them.
  expect(rooms.connections).equals(2)
  call:close()
  sleep("1s")
  expect(rooms.connections).equals(0)
  expect(#rooms:rooms()).equals(0)
end)

scenario("a call with media sends its SDP the same way", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:signalling_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms", loss = "1%" } })
  local bob = net:home("bob", { nat = "restricted", wan = { internet, one_way_delay = "30ms", loss = "1%" } })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    signalling = server,
    media = true,
  })
  call:wait("connected", "60s")
end)

scenario("ICE is restarted through the room", function(net)
  local call, rooms = build(net, "1%")
  call:wait("connected", "60s")
  local before = rooms.relayed
  call:restart_ice()
  call:wait_for_restart("30s")
  expect(rooms.relayed).at_least(before + 4) -- descriptions and candidates of both sides
end)

scenario("a lite peer says so in the room", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:signalling_server()
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "15ms", loss = "1%" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms", loss = "1%" } })
  local call = net:call(alice, bob, { signalling = server, callee = { lite = true } })
  call:wait("connected", "60s")
  expect(call.caller.role).equals("controlling")
end)
