-- The host gets another address.
--
-- A lease ends, or the host joins another network by the same interface. Sockets that are bound to the
-- old address send in vain. A socket that is bound to none goes on from the new one, through a mapping
-- of its own, so the peer sees another port or none at all of what it knew. TCP connections are their
-- addresses, and die.

local function build(net, nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local alice = net:home("alice", { nat = nat, wan = { internet, one_way_delay = "15ms" } })
  return server, alice
end

scenario("UDP: a bound socket is cut off, an unbound one moves", function(net)
  local server, alice = build(net, "port-restricted")
  local far = server:udp({ port = 6000 })
  local bound = alice:udp()
  local unbound = alice:udp({ ip = "0.0.0.0" })
  local function seen(socket)
    socket:send(far, "hello")
    local _, from = far:receive("1s")
    return from
  end
  local nat = alice.nat.external_address .. ":"
  expect(seen(bound)).equals(nat .. bound.port)
  expect(seen(unbound)).equals(nat .. unbound.port)

  alice.interfaces[1]:set_address("192.168.1.77")
  expect(seen(bound)).equals(nil)
  -- The old address' mapping still has the socket's port, so the new one gets the next.
  expect(seen(unbound)).equals(nat .. unbound.port + 1)
  -- Answers to the port of before go to an address that nobody has any more.
  far:send(nat .. unbound.port, "are you there?")
  expect((unbound:receive("1s"))).equals(nil)
  far:send(nat .. unbound.port + 1, "and there?")
  expect((unbound:receive("1s"))).equals("and there?")
end)

scenario("TCP: the connection ends, and is made anew", function(net)
  local server, alice = build(net, "port-restricted")
  local echo = server:tcp_echo(7)
  local first = alice:tcp_connect(echo, { data_retries = 3 })
  first:wait("connected", "1s")
  alice.interfaces[1]:set_address("192.168.1.77")
  first:send("anybody there?")
  local sent = net:now()
  -- Four transmissions, and each timeout is twice the one before: 1, 2, 4 and 8 s (RFC 6298 §5.5).
  first:wait("ended", "16s")
  expect(net:now() - sent).equals("15s")
  expect(first.ending).equals("timed out")
  local second = alice:tcp_connect(echo)
  second:wait("connected", "1s")
  second:send("here again")
  expect(second:receive("1s")).equals("here again")
end)
