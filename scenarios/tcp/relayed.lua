-- TCP through a TURN server (RFC 6062): a relay of which every connection with a peer is one of the
-- client's own with the server.
--
-- Alice is behind a symmetric NAT, and asks for a relay over TCP. Bob's service is behind a firewall that
-- lets in the TURN server alone, so Alice reaches it through the relay; and Carol, who cannot reach Alice,
-- connects to the relay's address instead, once Alice has permitted hers.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms", loss = "0.5%" } })
  server:turn_server({ users = { alice = "secret" }, tcp_port = 443, tcp_relays = true })
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "20ms" } })
  local carol = net:home("carol", { nat = "port-restricted", wan = { internet, one_way_delay = "25ms" } })
  return { server = server, alice = alice, bob = bob, carol = carol }
end

-- All that comes within a second, or until there are `size` bytes.
local function receive_all(socket, size)
  local all = ""
  while #all < size do
    local more = socket:receive("10s")
    if not more then break end
    all = all .. more
  end
  return all
end

scenario("a client connects to a service through its relay", function(net)
  local world = build(net)
  local echo = world.bob:tcp_echo({ port = 7 })
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  local socket, peer = relay:connect(echo, "5s")
  expect(peer).equals(world.bob.ip .. ":7")
  -- What Alice talks to is the server.
  expect(socket.remote).equals(world.server.ip .. ":443")
  local text = ("0123456789"):rep(20000)
  socket:send(text)
  expect(receive_all(socket, #text) == text).equals(true)
  socket:close()
end)

scenario("a peer connects to the relay once it is permitted", function(net)
  local world = build(net)
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  -- Nobody has let Carol in yet: the server ends her connection.
  local refused = world.carol:tcp_connect(relay)
  sleep("1s")
  if refused.state ~= "CLOSED" then refused:send("is anybody there?") end -- the RST was lost
  refused:wait("ended", "30s")

  relay:permit(world.carol.nat.external_address)
  sleep("1s")
  local hers = world.carol:tcp_connect(relay)
  hers:wait("connected", "5s")
  hers:send("said before anybody listened; ")
  local his, peer = relay:accept("5s")
  expect(peer:match("^[^:]+")).equals(world.carol.nat.external_address)
  hers:send("and after")
  expect(receive_all(his, 39)).equals("said before anybody listened; and after")
  his:send("heard")
  expect(receive_all(hers, 5)).equals("heard")
  -- When one side has no more to say, the server tells the other.
  hers:close()
  expect(his:receive("10s")).equals(nil)
  expect(his.state).equals("CLOSE-WAIT")
  his:close()
  his:wait("ended", "30s")
end)

scenario("a peer that nobody answers for is no connection", function(net)
  local world = build(net)
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  local socket, why = relay:connect({ world.bob, 81 }, "40s")
  expect(socket).equals(nil)
  expect(why).contains("447")
end)

scenario("what comes too late is no answer to the next try", function(net)
  local world = build(net)
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  -- Less than the way to Bob and back takes.
  expect((relay:connect({ world.bob, 7 }, "30ms"))).equals(nil)
  sleep("5s")
  local echo = world.bob:tcp_echo({ port = 7 })
  local socket = relay:connect(echo, "5s")
  socket:send("hello")
  expect(receive_all(socket, 5)).equals("hello")
end)

scenario("the server is nobody's peer", function(net)
  local world = build(net)
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  local socket, why = relay:connect({ world.server, 443 }, "5s")
  expect(socket).equals(nil)
  expect(why).contains("403")
end)

scenario("the relay ends with its control connection", function(net)
  local world = build(net)
  local echo = world.bob:tcp_echo({ port = 7 })
  local relay = world.alice:turn_tcp_relay({ world.server, user = "alice" })
  relay:wait("5s")
  local socket = relay:connect(echo, "5s")
  relay:close()
  expect(socket:receive("10s")).equals(nil)
  expect(socket.state).equals("CLOSE-WAIT")
  expect(relay.ended).equals("closed")
end)

scenario("a server that relays UDP alone refuses", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  server:turn_server({ users = { alice = "secret" }, tcp_port = 3478 })
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local relay = alice:turn_tcp_relay({ server, user = "alice" })
  sleep("5s")
  expect(relay.ended).contains("442")
end)
