-- Signalling under TLS, as "wss://" has it: on port 443, with the server's certificate checked.
--
-- The authority of the run vouches for the servers' certificates, and clients trust it. A certificate
-- that it does not know, or that is for another name, ends the connection before a word of the
-- signalling is said; both ends hear of it, and the client tries again and again.

local function build(net, tls)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:signalling_server({ tls = tls })
  local function home(name)
    return net:home(name, {
      nat = "port-restricted",
      wan = { internet, one_way_delay = "10ms", loss = "0.5%" },
    })
  end
  return server, home("alice"), home("bob")
end

scenario("a call is arranged under TLS", function(net)
  local server, alice, bob = build(net, true)
  local call = net:call(alice, bob, { ice_servers = { stun = server }, signalling = server })
  call:wait("connected", "30s")
  metric("ice_time", call.ice_time)
end)

-- TLS 1.3 takes a round trip, 1.2 two.
scenario("the older version takes a round trip more", function(net)
  local server, alice = build(net, true)
  local took = {}
  for _, version in ipairs({ "1.2", "1.3" }) do
    local from = net:now()
    local member = alice:signalling_client(server, {
      room = "lobby",
      name = version,
      tls = { newest_version = version },
    })
    member:wait("entered", "30s")
    took[version] = net:now() - from
    metric("took_" .. version:gsub("%.", "_"), took[version])
  end
  expect(took["1.2"]).at_least("300ms") -- TCP, TLS, WebSocket and "join": five round trips
  expect(took["1.3"]).at_least("240ms")
end)

scenario("nobody vouches for the certificate", function(net)
  local server, alice, bob = build(net, { trusted = false })
  local member = alice:signalling_client(server, { room = "lobby" })
  expect(member:try_wait("entered", "10s")).equals(false)
  expect(member.last_loss).equals("the certificate is not trusted")
  -- Neither side of a call has a way to say anything.
  local call = net:call(alice, bob, { ice_servers = { stun = server }, signalling = server })
  expect(call:try_wait("connected", "10s")).equals(false)
  -- Who does not verify connects, and could be talking to anybody.
  local careless = bob:signalling_client(server, { room = "lobby", tls = { verify = false } })
  careless:wait("entered", "10s")
end)

scenario("the certificate is for another name", function(net)
  local server, alice = build(net, { names = { "rooms.example.org" } })
  local member = alice:signalling_client(server, { room = "lobby" })
  expect(member:try_wait("entered", "5s")).equals(false)
  expect(member.last_loss).equals("the certificate is not for 'server'")
  local right = alice:signalling_client(server, {
    room = "lobby",
    name = "right",
    tls = { name = "rooms.example.org" },
  })
  right:wait("entered", "10s")
end)

scenario("one side speaks TLS and the other does not", function(net)
  local server, alice = build(net, true)
  local plain = alice:signalling_client(server, { room = "lobby", tls = false })
  expect(plain:try_wait("entered", "5s")).equals(false)
  -- An HTTP request is no ClientHello: the server ends the connection.
  expect(plain.last_loss).equals("the other side closed the stream")
end)
