-- Seen in the field: which of several paths is taken, and when the search ends.
--
-- As in nat.lua, each title names where the fault was reported that an ICE agent once showed.

local function internet_with_server(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret", bob = "secret" } })
  return internet, server
end

local function servers(server, user) return { stun = server, turn = { server, user = user } } end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

scenario("firezone#3792, #9979: the path is ten times as quick as the signalling", function(net)
  local internet, server = internet_with_server(net)
  local alice = net:host("alice", { link = { internet, one_way_delay = "2ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "2ms" } })
  local early = count({ host = alice, direction = "in", destination_port = 5000, class = "request" })
  local call = net:call(alice, bob, {
    caller = { ice_servers = servers(server, "alice"), port = 5000 },
    callee = { ice_servers = servers(server, "bob") },
    ta = "5ms",
    signalling = { one_way_delay = "40ms" },
  })
  -- Bob's check comes before his answer: all that Alice knows of him is where it comes from.
  sleep("79ms")
  expect(early.matched).at_least(1)
  expect(call.caller.state).equals("new")
  call:wait("connected", "2s")
  -- With the answer her own check goes out, and after its round trip of 8 ms the nomination, each in
  -- its turn of 5 ms.
  expect(call.ice_time).between("96ms", "111ms")
  sleep("1s")
  -- Nothing that was told later is thrown away, and the pair is what was told of it.
  expect(call.selected_pair.remote_type).equals("host")
  expect(#call.caller.remote_candidates).equals(2)
  expect(#call.callee.remote_candidates).equals(2)
  sleep("10min")
  expect(call.caller.state).equals("completed")
  expect(call.callee.state).equals("completed")
end)

-- Who connects to whom, in closed form.
local kinds = { "none" }
for _, mapping in ipairs({ "EIM", "ADM", "APDM" }) do
  for _, filtering in ipairs({ "EIF", "ADF", "APDF" }) do
    kinds[#kinds + 1] = mapping .. "/" .. filtering
  end
end

local function direct(a, b)
  local function keeps(kind) return kind == "none" or kind:match("^EIM") end
  local function filters(kind) return kind == "none" and "EIF" or kind:match("/(.*)$") end
  if keeps(a) and keeps(b) then return true end
  if keeps(a) then return filters(a) ~= "APDF" end
  if keeps(b) then return filters(b) ~= "APDF" end
  if filters(a) == "APDF" or filters(b) == "APDF" then return false end
  local one_is_open = filters(a) == "EIF" or filters(b) == "EIF"
  return one_is_open and (a:match("^ADM") or b:match("^ADM")) ~= nil
end

for _, relayed in ipairs({ false, true }) do
  local title = relayed and "and the others by relay" or "and no others"
  scenario("libwebrtc p2p_transport_channel: 61 of 100 pairs connect directly, " .. title, function(net)
    local internet, server = internet_with_server(net)
    local calls = {}
    for row, caller in ipairs(kinds) do
      for column, callee in ipairs(kinds) do
        local name = row .. "-" .. column
        local a = net:home("a" .. name, { nat = caller, wan = { internet, one_way_delay = "15ms" } })
        local b = net:home("b" .. name, { nat = callee, wan = { internet, one_way_delay = "30ms" } })
        calls[#calls + 1] = {
          direct = direct(caller, callee),
          call = net:call(a, b, {
            ice_servers = relayed and servers(server, "alice") or { stun = server },
          }),
        }
      end
    end
    sleep("60s")
    local count = 0
    for _, made in ipairs(calls) do
      local call = made.call
      if made.direct then count = count + 1 end
      expect(call.state).equals((made.direct or relayed) and "connected" or "failed")
      if call.selected_pair then
        expect(call.selected_pair.type ~= "relay").equals(made.direct)
      end
    end
    expect(count).equals(61)
  end)
end

for _, cap in ipairs({ 16, 64 }) do
  scenario("the chase of two open symmetric NATs ends at " .. cap .. " candidates", function(net)
    local internet, server = internet_with_server(net)
    local alice = net:home("alice", { nat = "APDM/EIF", wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "APDM/EIF", wan = { internet, one_way_delay = "30ms" } })
    local call = net:call(alice, bob, { ice_servers = { stun = server }, max_peer_reflexive = cap })
    local checks = count({ host = alice, direction = "out", method = "binding", class = "request" })
    local most = 0
    for _ = 1, 60 do
      local before = checks.matched
      sleep("1s")
      most = math.max(most, checks.matched - before)
    end
    expect(call.state).equals("failed")
    -- What is signalled, and what is learned beyond; a check every 50 ms, and a few again.
    expect(#call.caller.remote_candidates).equals(2 + cap)
    expect(#call.callee.remote_candidates).equals(2 + cap)
    expect(most).at_most(24)
    expect(checks.matched).at_most(2 * (2 + cap))
  end)
end

scenario("rawrtc#64: all direct pairs have failed while the relay is still slow", function(net)
  local internet, server = internet_with_server(net)
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
  delay({ host = alice, direction = "in", protocol = "turn", by = "2500ms" })
  -- Requests go out at 0, 500, 1500 and 3500 ms, and have failed 1 s later.
  local call = net:call(alice, bob, {
    rc = 4,
    rm = 2,
    ice_servers = { stun = server },
    caller = { ice_servers = servers(server, "alice") },
  })
  sleep("5s")
  expect(call.state).equals("connecting")
  expect(#call:pairs()).equals(2)
  for _, pair in ipairs(call:pairs()) do expect(pair.state).equals("failed") end
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  metric("ice_time", call.ice_time)
end)

scenario("turn-rs#130: one side relayed, the other not, for ten minutes", function(net)
  local internet, server = internet_with_server(net)
  local alice = net:home("alice", {
    nat = { preset = "symmetric", udp_timeout = "30s", refresh = "outbound" },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", {
    nat = { preset = "port-restricted", udp_timeout = "30s", refresh = "outbound" },
    wan = { internet, one_way_delay = "30ms" },
  })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    caller = { ice_servers = servers(server, "alice") },
  })
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  expect(call.callee.selected_pair.local_type).never.equals("relay")
  for _ = 1, 600 do
    call.caller:send("a word")
    call.callee:send("a word")
    sleep("1s")
    expect(call.state).equals("connected")
  end
  expect(call.caller.datagrams_received).equals(600)
  expect(call.callee.datagrams_received).equals(600)
end)
