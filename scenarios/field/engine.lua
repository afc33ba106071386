-- Seen in the field: many agents, many interfaces, names that do not resolve, and noise.
--
-- Each title names where an agent was reported to stall or to stumble.

local function public(net, ...)
  local internet = net:router("internet")
  local hosts = {}
  for k, name in ipairs({ ... }) do
    hosts[k] = net:host(name, { link = { internet, one_way_delay = 15 * k .. "ms" } })
  end
  return internet, table.unpack(hosts)
end

scenario("libjuice#315: one agent is busy, a hundred others on its host lose nothing", function(net)
  local _, alice, bob = public(net, "alice", "bob")
  local heavy = net:call(alice, bob)
  heavy:wait("connected", "5s")
  local alone = heavy.ice_time
  local calls = {}
  for k = 1, 100 do calls[k] = net:call(alice, bob) end
  for _ = 1, 10000 do
    heavy:send("a frame of video")
    sleep("1ms")
  end
  for _, call in ipairs(calls) do
    expect(call.ice_time).equals(alone)
    expect(call.state).equals("connected")
  end
  sleep("45ms")
  expect(heavy.callee.datagrams_received).equals(10000)
  sleep("10min")
  for _, call in ipairs(calls) do expect(call.caller.state).equals("completed") end
end)

for _, interfaces in ipairs({ 1, 10 }) do
  scenario("pion/ice#51: a dead STUN server and interfaces: " .. interfaces, function(net)
    local internet, dead, bob = public(net, "dead", "bob")
    dead:stun_server()
    dead:sleep()
    local links = {}
    for k = 1, interfaces do links[k] = { internet, one_way_delay = "15ms" } end
    local alice = net:host("alice", { links = links })
    -- With nobody to talk to yet, gathering goes on to its end.
    local call = net:call(alice, bob, {
      caller = { ice_servers = { stun = dead } },
      signalling = { one_way_delay = "5min" },
    })
    sleep("2min")
    expect(#call.caller.candidates).equals(interfaces)
    -- Seven transmissions without an answer (RFC 8489 §6.2.1), begun 50 ms one after another.
    local paced = duration("50ms") * (interfaces - 1)
    expect(call.caller.gathering_time).equals(duration("39.5s") + paced)
    call:wait("connected", "10min")
    expect(call.ice_time).between("10min", "601s")
  end)
end

scenario("empty datagrams, strangers' STUN and a port scan during a call", function(net)
  local _, alice, bob, mallory = public(net, "alice", "bob", "mallory")
  local call = net:call(alice, bob, { caller = { port = 5000 } })
  call:wait("connected", "5s")
  local socket = mallory:udp()
  local target = { alice, 5000 }
  local function stun(type, attributes)
    return string.pack(">HHI4", type, #attributes, 0x2112a442) .. "transaction!" .. attributes
  end
  local noise = {
    "",
    "\0",
    "GET / HTTP/1.1\r\n\r\n",
    stun(0x0001, ""), -- a Binding request with nothing in it
    stun(0x0001, string.pack(">HH", 0x0006, 8) .. "nobody:x"), -- with somebody's USERNAME
    stun(0x0101, ""), -- an answer that nobody asked for
    stun(0x0001, ""):sub(1, 19), -- cut off
    stun(0x0001, string.pack(">HH", 0x0006, 600)), -- an attribute longer than the message
    string.pack(">HH", 0x4001, 4) .. "data", -- ChannelData
  }
  for _ = 1, 100 do
    for _, datagram in ipairs(noise) do socket:send(target, datagram) end
    sleep("100ms")
  end
  for port = 10001, 12000 do socket:send({ alice, port }, "anybody there?") end
  sleep("1s")
  -- To requests a stranger gets an error, and to nothing else an answer.
  expect(socket.waiting).equals(200)
  while socket.waiting > 0 do
    expect((string.unpack(">H", (socket:receive("1s"))))).equals(0x0111)
  end
  expect(net:drops("no_socket")).equals(2000)
  expect(#call.caller.remote_candidates).equals(1)
  expect(call.caller.datagrams_received).equals(0)
  sleep("1min")
  expect(call.caller.state).equals("completed")
  call.callee:send("hello")
  sleep("100ms")
  expect(call.caller.datagrams_received).equals(1)
end)
