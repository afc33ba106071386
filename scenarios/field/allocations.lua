-- Seen in the field: what an earlier call, or a cut in the middle, leaves at a TURN server.
--
-- An allocation belongs to the five-tuple of addresses and ports that it was asked for by, and lives
-- for ten minutes if nobody ends it. Each title names where an agent was reported to stumble over one.

local function build(net, last_port)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local turn = server:turn_server({ users = { alice = "secret" } })
  local alice = net:home("alice", {
    nat = {
      preset = "port-restricted",
      port_allocation = "sequential",
      port_range = { 40000, last_port or 65535 },
    },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local function call()
    return net:call(alice, bob, {
      caller = { policy = "relay", ice_servers = { turn = { server, user = "alice" } } },
    })
  end
  return alice, call, turn, server
end

local titles = "webrtc-rs#835, ex_ice#100, coturn#267, #1138: the same port again, "

scenario(titles .. "after a farewell", function(net)
  local alice, call, turn = build(net, 40000)
  local refused = drop({
    host = alice,
    direction = "in",
    method = "allocate",
    class = "error",
    probability = "0%",
  })
  for _ = 1, 3 do
    local made = call()
    made:wait("connected", "5s")
    expect(#turn:allocations()).equals(1)
    expect(turn:allocations()[1].client).equals(alice.nat.external_address .. ":40000")
    made:close()
    sleep("1s")
    alice.nat:flush()
    expect(#turn:allocations()).equals(0)
  end
  -- 401 each time, and no 437.
  expect(refused.matched).equals(3)
end)

scenario(titles .. "and the farewell was lost", function(net)
  local alice, call, turn, server = build(net, 40001)
  local first = call()
  first:wait("connected", "5s")
  local lost = drop({ host = alice, direction = "out", method = "refresh" })
  first:close()
  sleep("1min")
  expect(lost.count).equals(7)
  lost:stop()
  alice:udp():send({ server, 9 }, "this is from the second port")
  sleep("1s")
  alice.nat:flush()
  expect(#turn:allocations()).equals(1)
  local refused = drop({
    host = alice,
    direction = "in",
    method = "allocate",
    class = "error",
    probability = "0%",
  })
  -- 401, 437 for the port that the server still knows, and from another one, which is taken at once
  -- (RFC 8656 §7.4), 401 and success: a round trip of 70 ms each.
  local second = call()
  second:wait("connected", "5s")
  expect(second.caller.gathering_time).equals("280ms")
  expect(refused.matched).equals(3)
  expect(#turn:allocations()).equals(2)
  expect(turn:allocations()[2].client).equals(alice.nat.external_address .. ":40001")
end)

-- What is lost: the first Allocate, its 401, the second Allocate, its success, CreatePermission. Each
-- request goes out 500, 1500 and 3500 ms after the first time.
for cut, gathered in pairs({
  ["20ms"] = "3640ms",
  ["50ms"] = "3640ms",
  ["80ms"] = "3640ms",
  ["130ms"] = "3640ms",
  ["200ms"] = "140ms",
}) do
  scenario("firezone#7763: three seconds without a network, " .. cut .. " after the start", function(net)
    local alice, call, turn, server = build(net)
    local made = call()
    sleep(cut)
    local partition = net:partition({ alice, server })
    sleep("3s")
    partition:heal()
    made:wait("connected", "5s")
    expect(made.caller.gathering_time).equals(gathered)
    expect(made.ice_time).at_most("5s")
    expect(#turn:allocations()).equals(1)
  end)
end
