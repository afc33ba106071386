-- Seen in the field: consent (RFC 7675), and keepalives that come too rarely.
--
-- Both sides ask every 4 to 6 s whether they may go on sending; 12 s without an answer a side says so,
-- after 30 s it stops. Each title names where an agent was reported to get something of this wrong.

local function build(net, nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  nat = nat or "port-restricted"
  local alice = net:home("alice", { nat = nat, wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = nat, wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, { ice_servers = { stun = server } }, internet
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

-- The states that a peer has from now on, and since when, looked at every 50 ms.
local function watch(net, peer, span)
  local begin = net:now()
  local states, since = { peer.state }, {}
  while net:now() - begin < duration(span) do
    sleep("50ms")
    local state = peer.state
    if state ~= states[#states] then
      states[#states + 1] = state
      since[state] = net:now() - begin
    end
  end
  return table.concat(states, " "), since
end

scenario("pion/ice#767: the answers end, and media and checks go on coming", function(net)
  local alice, bob, options = build(net)
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  sleep("20s")
  drop({ host = alice, direction = "in", method = "binding", class = "success" })
  local ended = net:now()
  for _ = 1, 1500 do
    call.callee:send("a frame of voice")
    sleep("20ms")
    if call.caller.state == "failed" then break end
  end
  expect(call.caller.state).equals("failed")
  expect(net:now() - ended).between("24s", "30s")
  expect(call.caller.datagrams_received).at_least(24 * 50 - 3)
  -- Bob has had answers until then.
  expect(call.callee.state).equals("completed")
end)

-- An IPv4 datagram with UDP and no UDP checksum.
local function datagram(from, to, payload)
  local function address(endpoint)
    local a, b, c, d, port = endpoint:match("(%d+)%.(%d+)%.(%d+)%.(%d+):(%d+)")
    return string.char(a, b, c, d), math.tointeger(port)
  end
  local source, source_port = address(from)
  local target, target_port = address(to)
  local function header(checksum)
    local total = 28 + #payload
    return string.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 64, 17, checksum) .. source .. target
  end
  local sum = 0
  for k = 1, 20, 2 do sum = sum + string.unpack(">H", header(0), k) end
  while sum > 0xffff do sum = (sum & 0xffff) + (sum >> 16) end
  return header(~sum & 0xffff)
    .. string.pack(">HHHH", source_port, target_port, 8 + #payload, 0)
    .. payload
end

scenario("libnice 306d471a, af9546db: answers and checks that others forge keep nothing alive", function(net)
  local alice, bob, options, internet = build(net)
  local mallory = net:host("mallory", { link = { internet, one_way_delay = "5ms" } })
  local raw = mallory:raw()
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  local pair = call.selected_pair
  bob:sleep()
  local arrived = count({ host = alice, direction = "in", protocol = "stun" })
  local asleep = net:now()
  for round = 1, 300 do
    for _, type in ipairs({ 0x0101, 0x0001 }) do -- Binding success and request
      local message = string.pack(">HHI4I4I4I4", type, 0, 0x2112a442, round, round, round)
      raw:send(datagram(pair.remote_address, pair.local_address, message))
    end
    sleep("100ms")
    if call.caller.state == "failed" then break end
  end
  expect(call.caller.state).equals("failed")
  expect(net:now() - asleep).between("24s", "30s")
  expect(arrived.matched).at_least(2 * 240 - 2)
end)

scenario("libnice 8fde444f, janus#2541: a day long", function(net)
  local alice, bob, options = build(net)
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  for _ = 1, param("hours", 24) * 60 do
    sleep("1min")
    expect(call.caller.state).equals("completed")
    expect(call.callee.state).equals("completed")
  end
  call:send("good morning")
  sleep("100ms")
  expect(call.callee.datagrams_received).equals(1)
end)

scenario("werift#649: each asked once, every 4 to 6 s, and any answer in 30 s renews", function(net)
  local alice, bob, options = build(net)
  local asked = count({ host = alice, direction = "out", method = "binding", class = "request" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  sleep("1min")
  for _ = 1, 20 do
    local before = asked.matched
    local outage = drop({ host = alice, direction = "in", method = "binding", class = "success" })
    sleep("18s")
    -- No transmission is repeated.
    expect(asked.matched - before).between(3, 5)
    outage:stop()
    sleep("6100ms")
    expect(call.caller.state).equals("completed")
  end
end)

for _, renomination in ipairs({ false, true }) do
  local title = "str0m#846, #848: the peer answers nothing but the selected pair, renomination: "
  scenario(title .. tostring(renomination), function(net)
    local internet = net:router("internet")
    local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
    local bob = net:host("bob", {
      links = { { internet, one_way_delay = "30ms" }, { internet, one_way_delay = "31ms" } },
    })
    local call = net:call(alice, bob, { renomination = renomination })
    call:wait("connected", "5s")
    local used = call.selected_pair.remote_address
    local others = 0
    for _, candidate in ipairs(call.callee.candidates) do
      if candidate.address ~= used then
        local port = math.tointeger(candidate.address:match(":(%d+)$"))
        drop({ host = bob, direction = "in", protocol = "stun", destination_port = port })
        others = others + 1
      end
    end
    expect(others).equals(1)
    expect((watch(net, call.caller, "10min"))).equals("completed")
  end)
end

-- The first late answer comes up to 6 s and its delay after the last one in time.
for late, expected in pairs({
  ["1s"] = "completed",
  ["4s"] = "completed",
  ["12s"] = "completed disconnected completed",
  ["24s"] = "completed disconnected completed",
  ["31s"] = "completed disconnected failed",
}) do
  scenario("libjuice#227, libdatachannel#1229: answers are late by " .. late, function(net)
    local alice, bob, options = build(net)
    local call = net:call(alice, bob, options)
    call:wait("connected", "5s")
    sleep("10s")
    delay({ host = alice, direction = "in", method = "binding", class = "success", by = late })
    expect((watch(net, call.caller, "5min"))).equals(expected)
  end)
end

-- An answer comes with 49 % probability. Six in a row or more are missing in 30 s about once in ten
-- minutes on either side, and nobody's call lives without both; thirty in a row are never missing.
for interval, alive in pairs({ ["5s"] = { 0, 10 }, ["1s"] = { 20, 20 } }) do
  scenario("firezone#9569, #12741: ten minutes with 30 % loss, asked every " .. interval, function(net)
    local internet = net:router("internet")
    local calls = {}
    for k = 1, 20 do
      local alice = net:host("alice" .. k, { link = { internet, one_way_delay = "15ms" } })
      local bob = net:host("bob" .. k, { link = { internet, one_way_delay = "30ms" } })
      calls[k] = net:call(alice, bob, { consent_interval = interval })
      calls[k]:wait("connected", "5s")
      alice.link:set({ loss = "30%" })
    end
    sleep("10min")
    local connected = 0
    for _, call in ipairs(calls) do
      if call.caller.state == "completed" or call.caller.state == "disconnected" then
        connected = connected + 1
      end
    end
    expect(connected).between(alive[1], alive[2])
    metric("alive", connected)
  end)
end

for _, life in ipairs({ "10s", "20s", "30s", "60s" }) do
  for _, keepalive in ipairs({ "2s", "15s", "25s" }) do
    local held = duration(keepalive) < duration(life)
    local title = "firezone#7802: a mapping of %s and a keepalive each %s: %s"
    scenario(title:format(life, keepalive, held and "held" or "lost"), function(net)
      local alice, bob, options = build(net, {
        preset = "port-restricted",
        udp_timeout = life,
        refresh = "outbound",
        port_allocation = "random",
      })
      options.consent = false
      options.keepalive = keepalive
      local call = net:call(alice, bob, options)
      call:wait("connected", "5s")
      sleep("5min")
      call.callee:send("are you there?")
      sleep("1s")
      expect(call.caller.datagrams_received).equals(held and 1 or 0)
    end)
  end
end

for outage, expected in pairs({
  ["3s"] = { "completed", "completed" },
  ["20s"] = { "completed disconnected", "disconnected completed" },
  ["60s"] = { "completed disconnected failed", "failed" },
}) do
  scenario("w3c/webrtc-pc#692, #517: the states of an outage of " .. outage, function(net)
    local alice, bob, options = build(net)
    local call = net:call(alice, bob, options)
    call:wait("connected", "5s")
    sleep("10s")
    local cut = net:partition({ alice, bob })
    local states, since = watch(net, call.caller, outage)
    expect(states).equals(expected[1])
    if since.disconnected then expect(since.disconnected).between("6s", "12s") end
    if since.failed then expect(since.failed).between("24s", "30s") end
    cut:heal()
    expect((watch(net, call.caller, "1min"))).equals(expected[2])
  end)
end
