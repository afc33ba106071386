-- Rooms: who hears what, and what is refused.
--
-- A room has members with names of their own. What one says goes to all others, or to the one that
-- it names, in order. What the server cannot take it answers with an error and a reason; that is an
-- event of the timeline and does no other harm.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local rooms = server:signalling_server(options)
  local function host(name)
    return net:host(name, { link = { internet, one_way_delay = "10ms", loss = "1%" } })
  end
  return server, rooms, host
end

scenario("three in a room, one beside it", function(net)
  local server, rooms, host = build(net)
  local members = {}
  for _, name in ipairs({ "alice", "bob", "carol" }) do
    members[name] = host(name):signalling_client(server, { room = "lobby" })
    members[name]:wait("entered", "30s")
  end
  local dave = host("dave"):signalling_client(server, { room = "cellar" })
  dave:wait("entered", "30s")
  members.alice:send("offer", "to all")
  members.alice:send("offer", "to carol", "carol")
  expect(members.bob:receive("10s").payload).equals("to all")
  expect(members.carol:receive("10s").payload).equals("to all")
  local message = members.carol:receive("10s")
  expect(message.payload).equals("to carol")
  expect(message.from).equals("alice")
  expect(members.bob:receive("10s")).equals(nil)
  expect(dave.waiting).equals(0)
  members.bob:leave()
  members.bob:wait("left", "10s")
  sleep("1s")
  expect(#members.alice.members).equals(1)
  expect(#rooms:rooms()).equals(2)
end)

scenario("a full room, and a name that is taken", function(net)
  local server, _, host = build(net, { max_members = 2 })
  local alice = host("alice"):signalling_client(server, { room = "lobby" })
  alice:wait("entered", "30s")
  local other = host("other"):signalling_client(server, { room = "lobby", name = "alice" })
  expect(other:try_wait("entered", "20s")).equals(false)
  other:leave()
  local bob = host("bob"):signalling_client(server, { room = "lobby" })
  bob:wait("entered", "30s")
  -- The third tries until there is a place.
  local carol = host("carol"):signalling_client(server, { room = "lobby" })
  expect(carol:try_wait("entered", "20s")).equals(false)
  bob:leave()
  carol:wait("entered", "1min")
end)

scenario("a client that speaks something else", function(net)
  local server, rooms, host = build(net)
  local socket = host("stranger"):tcp_connect({ server, 8080 })
  socket:wait("connected", "10s")
  socket:send("EHLO stranger\r\n\r\n")
  expect(socket:receive("10s")).contains("400 Bad Request")
  expect(rooms.connections).equals(0)
end)

scenario("a browser at the wrong path", function(net)
  local server, rooms, host = build(net, { path = "/rooms" })
  local client = host("alice"):signalling_client(server, { room = "lobby", path = "/chat" })
  expect(client:try_wait("entered", "20s")).equals(false)
  expect(#rooms:rooms()).equals(0)
end)
