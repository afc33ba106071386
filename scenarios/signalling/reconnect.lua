-- A signalling connection that dies, and what was said meanwhile.
--
-- A NAT that reboots forgets the TCP connections through it, and tells nobody. The client behind it
-- notices when a Ping stays without a Pong, connects again and resumes: the server has kept the
-- member, and what the others said to it, for the resume window. Messages are numbered both ways and
-- acknowledged, so nothing is lost, doubled or out of order.

local ping_interval, pong_timeout = duration("15s"), duration("10s")

local function build(net, nat, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local rooms = server:signalling_server(options)
  local function home(name)
    return net:home(name, {
      nat = nat or "port-restricted",
      wan = { internet, one_way_delay = "20ms", loss = "0.1%" },
    })
  end
  local function enter(host)
    local client = host:signalling_client(server, {
      room = "lobby",
      ping_interval = ping_interval,
      pong_timeout = pong_timeout,
    })
    client:wait("entered", "30s")
    return client
  end
  local alice, bob = home("alice"), home("bob")
  return enter(alice), enter(bob), rooms, alice, bob
end

local function hear(client, first, last)
  for i = first, last do
    local message = client:receive("60s")
    expect(message and message.payload).equals(tostring(i))
  end
end

scenario("a NAT reboots, and the messages wait", function(net)
  local alice, bob, _, _, bobs_host = build(net)
  alice:send("offer", "1")
  hear(bob, 1, 1)
  bobs_host.nat:reboot("2s")
  alice:send("candidate", "2")
  alice:send("candidate", "3")
  bob:send("answer", "1")
  hear(bob, 2, 3)
  hear(alice, 1, 1)
  expect(bob.resumptions).equals(1)
  expect(bob.entries).equals(2)
  expect(alice.entries).equals(1)
  -- Silence, a Ping, the Pong's time, the first try.
  expect(net:now()).at_most(ping_interval + pong_timeout + "10s")
  metric("heard_again_after", net:now())
end)

scenario("whoever stays away too long has left", function(net)
  local alice, bob, rooms, _, bobs_host = build(net, nil, { resume_window = "20s" })
  expect(alice.members[1]).equals("bob")
  bobs_host:sleep()
  -- The server pings as well: silence, Ping, Pong's time, then the window.
  sleep("30s")
  expect(rooms:rooms()[1].members[2].present).equals(false)
  sleep("30s")
  expect(#alice.members).equals(0)
  alice:send("offer", "1") -- waits for somebody
  bobs_host:wake()
  hear(bob, 1, 1)
  -- A new member, under the old name.
  expect(bob.resumptions).equals(0)
  expect(bob.entries).equals(2)
end)

scenario("a NAT reboots in the middle of a call's signalling", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:signalling_server()
  local function home(name)
    return net:home(name, {
      nat = "port-restricted",
      wan = { internet, one_way_delay = "20ms", loss = "0.1%" },
    })
  end
  local alice, bob = home("alice"), home("bob")
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    signalling = { server = server, ping_interval = "2s", pong_timeout = "2s" },
  })
  sleep(param("reboot_after", "250ms"))
  bob.nat:reboot()
  call:wait("connected", "60s")
  metric("ice_time", call.ice_time)
end)

scenario("a network that is gone for a minute", function(net)
  local alice, bob, rooms, alices_host = build(net, nil, { resume_window = "5min" })
  alices_host.wan:up(false)
  for i = 1, 20 do
    alice:send("candidate", tostring(i))
    bob:send("candidate", tostring(i))
  end
  sleep("1min")
  expect(alice.waiting).equals(0)
  expect(rooms:rooms()[1].members[1].present).equals(false)
  alices_host.wan:up(true)
  hear(bob, 1, 20)
  hear(alice, 1, 20)
  expect(alice.resumptions).equals(1)
end)

scenario("the server restarts and knows nobody", function(net)
  local alice, bob, rooms = build(net)
  alice:send("offer", "1")
  hear(bob, 1, 1)
  rooms:restart()
  alice:send("candidate", "2")
  hear(bob, 2, 2)
  -- Both came back with sessions that the server did not know, and joined anew.
  expect(alice.resumptions + bob.resumptions).equals(0)
  expect(bob.entries).equals(2)
  expect(#rooms:rooms()[1].members).equals(2)
end)
