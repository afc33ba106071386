-- Seen in the field: ICE-lite, which media servers speak.
--
-- A lite agent answers, and that is all (RFC 8445 §2.5): no checks, no consent of its own, and the pair
-- is the other side's to choose. Each title names where an agent was reported to get something of this
-- wrong.

local function build(net, nat)
  local internet = net:router("internet")
  local stun = net:host("stun", { link = { internet, one_way_delay = "20ms" } })
  stun:stun_server()
  local alice = net:home("alice", { nat = nat, wan = { internet, one_way_delay = "15ms" } })
  local sfu = net:host("sfu", { link = { internet, one_way_delay = "30ms" } })
  return alice, sfu, { ice_servers = { stun = stun } }, internet
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

for _, nomination in ipairs({ "regular", "aggressive" }) do
  local title = "pion/ice#909, #921, #958, #510, wish-wg#175: a lite agent asks nothing, "
  scenario(title .. nomination, function(net)
    local alice, sfu, options = build(net, "symmetric")
    options.callee = { lite = true }
    options.nomination = nomination
    local asked = count({ host = sfu, direction = "out", protocol = "stun", class = "request" })
    local answered = count({ host = sfu, direction = "out", protocol = "stun", class = "response" })
    local call = net:call(alice, sfu, options)
    call:wait("connected", "5s")
    sleep("10min")
    -- No checks, triggered ones included, and no consent; the client's are answered.
    expect(asked.matched).equals(0)
    expect(answered.matched).at_least(100)
    expect(call.caller.state).equals("completed")
    expect(call.callee.state).equals("completed")
  end)
end

for lite, other in pairs({ caller = "callee", callee = "caller" }) do
  scenario("str0m#513, #519: the full agent controls, the lite one is the " .. lite, function(net)
    local alice, sfu, options = build(net, "port-restricted")
    options[lite] = { lite = true }
    local call = lite == "callee" and net:call(alice, sfu, options) or net:call(sfu, alice, options)
    call:wait("connected", "5s")
    expect(call[lite].role).equals("controlled")
    expect(call[other].role).equals("controlling")
    expect(call[lite].selected_pair.remote_address).equals(call[other].selected_pair.local_address)
  end)
end

-- Two carriers, and the STUN server's answer by the better one late: what the lite agent first knows
-- of that path is where its check comes from.
for _, late in ipairs({ "1ms", "150ms", "1s" }) do
  scenario("pion/ice#739: one of two addresses is told late, by " .. late, function(net)
    local internet = net:router("internet")
    local stun = net:host("stun", { link = { internet, one_way_delay = "20ms" } })
    stun:stun_server()
    local wan = { internet, one_way_delay = "15ms" }
    local left = net:nat("left", { nat = "port-restricted", wan = wan })
    local right = net:nat("right", { nat = "port-restricted", wan = wan })
    local phone = net:host("phone", { links = { { left }, { right } } })
    local sfu = net:host("sfu", { link = { internet, one_way_delay = "30ms" } })
    delay({ host = phone, direction = "in", source_port = 3478, by = late, n = 1 })
    local call = net:call(phone, sfu, {
      ice_servers = { stun = stun },
      callee = { lite = true },
    })
    call:wait("connected", "5s")
    sleep("10s")
    -- The client's choice counts, and both sides send by it.
    local mine, theirs = call.selected_pair, call.callee.selected_pair
    expect(mine.local_address).equals(theirs.remote_address)
    expect(mine.nominated).equals(true)
    for _, side in ipairs({ "caller", "callee" }) do call[side]:send("hello") end
    sleep("100ms")
    expect(call.caller.datagrams_received).equals(1)
    expect(call.callee.datagrams_received).equals(1)
  end)
end

scenario("pion/ice#959, #961, #968: two lite agents choose the same pair of nine", function(net)
  local internet = net:router("internet")
  local function host(name)
    local links = {}
    for k = 1, 3 do links[k] = { internet, one_way_delay = 10 * k .. "ms", jitter = "5ms" } end
    return net:host(name, { links = links })
  end
  local here, there = host("here"), host("there")
  for _ = 1, 20 do
    local call = net:call(here, there, {
      lite = true,
      signalling = { one_way_delay = "100ms", loss = "30%", resend_after = "70ms" },
    })
    call:wait("connected", "10s")
    sleep("5s")
    local mine, theirs = call.selected_pair, call.callee.selected_pair
    expect(mine.local_address).equals(theirs.remote_address)
    expect(mine.remote_address).equals(theirs.local_address)
    local seen = {}
    for _, candidate in ipairs(call.caller.candidates) do
      expect(seen[candidate.priority]).equals(nil)
      seen[candidate.priority] = true
    end
    call:send("hello")
    sleep("100ms")
    expect(call.callee.datagrams_received).equals(1)
    call:close()
  end
end)

scenario("mediasoup#1332, pion/ice#288, #950: the full agent dies, and the lite one notices", function(net)
  local alice, sfu, options = build(net, "port-restricted")
  options.callee = { lite = true }
  local call = net:call(alice, sfu, options)
  call:wait("connected", "5s")
  sleep("20s")
  alice:sleep()
  local asleep = net:now()
  call.callee:send("are you there?")
  local at = {}
  for _ = 1, 600 do
    sleep("100ms")
    local state = call.callee.state
    at[state] = at[state] or net:now() - asleep
  end
  -- The last request is up to 6 s old.
  expect(at.disconnected).between("6s", "12s")
  expect(at.failed).between("24s", "30s")
end)
