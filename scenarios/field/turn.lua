-- Seen in the field: TURN clients and servers.
--
-- An allocation lives 600 s, a permission 300 s, a channel 600 s, a nonce as long as its server likes
-- (RFC 8656), and each has to be renewed in time and in any weather. Each title names where a client
-- or a server was reported to get something of this wrong.

local function build(net, server_options, nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server_options = server_options or {}
  server_options.users = { alice = "secret" }
  local turn = server:turn_server(server_options)
  local alice = net:home("alice", {
    nat = nat or "port-restricted",
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  -- Alice's side is relayed.
  local options = {
    caller = { policy = "relay", ice_servers = { turn = { server, user = "alice" } } },
  }
  return alice, bob, options, turn, server
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

-- Both speak once a second; all of it is heard.
local function talk(call, span)
  local before = { call.caller.datagrams_received, call.callee.datagrams_received }
  local said = duration(span) / "1s"
  for _ = 1, said do
    call.caller:send("a word")
    call.callee:send("a word")
    sleep("1s")
  end
  expect(call.caller.datagrams_received - before[1]).equals(math.tointeger(said))
  expect(call.callee.datagrams_received - before[2]).equals(math.tointeger(said))
end

-- Renewals come every 4 minutes of the channel and its permission, and 60 s before the end of the
-- allocation, each with the nonce of the last refusal.
for nonce, most in pairs({ ["60s"] = 25, ["600s"] = 7, ["1h"] = 2 }) do
  local title = "pion/turn#102, #481, aioice#28, pjsip#888, coturn#151: 65 minutes, nonces of "
  scenario(title .. nonce, function(net)
    local alice, bob, options, turn = build(net, { nonce_lifetime = nonce })
    local refused = count({ host = alice, direction = "in", protocol = "turn", class = "error" })
    local call = net:call(alice, bob, options)
    call:wait("connected", "5s")
    expect(call.selected_pair.local_type).equals("relay")
    expect(refused.matched).equals(1)
    talk(call, "65min")
    expect(refused.matched).between(math.floor(65 * 60 / (duration(nonce) + "541s").seconds), most)
    expect(#turn:allocations()).equals(1)
  end)
end

scenario("aioice#29, #35, pion/turn#471, coturn#332: data by a channel for 11 minutes", function(net)
  local alice, bob, options = build(net)
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  sleep("1s")
  local sends = count({ host = alice, method = "send", class = "indication" })
  talk(call, "11min")
  expect(sends.matched).equals(0)
end)

scenario("sipsorcery#626: six minutes without a word, and the permission is there", function(net)
  local alice, bob, options = build(net, {}, { preset = "port-restricted", udp_timeout = "1h" })
  options.consent, options.keepalive = false, "1h"
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  for minutes = 1, 30 do
    sleep("6min")
    call.callee:send("are you there?")
    sleep("1s")
    expect(call.caller.datagrams_received).equals(minutes)
  end
  expect(net:drops("turn_no_permission")).equals(0)
end)

scenario("coturn#2007: the server's only port is taken: 508, and not asked for again", function(net)
  local alice, bob, options, turn = build(net, { relay_ports = { 50000, 50000 } })
  local first = net:call(alice, bob, options)
  first:wait("connected", "5s")
  local asked = count({ host = alice, direction = "out", method = "allocate" })
  local second = net:call(alice, bob, options)
  sleep("59s")
  expect(second.caller.candidates).equals({})
  -- Once for the nonce, once with it.
  expect(asked.matched).equals(2)
  expect(second.caller.gathering_time).equals("140ms")
  expect(first.state).equals("connected")
  expect(#turn:allocations()).equals(1)
end)

scenario("webrtc-rs#893, #896, pion/turn#229, #533: Allocate's success is lost", function(net)
  local alice, bob, options, turn = build(net)
  drop({ host = alice, direction = "in", method = "allocate", class = "success", n = 1 })
  local refused = count({ host = alice, direction = "in", method = "allocate", class = "error" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  -- 401 and success, a round trip of 70 ms each; the same request again after 500 ms is answered with
  -- the same success, not 437.
  expect(call.caller.gathering_time).equals("640ms")
  expect(refused.matched).equals(1)
  expect(#turn:allocations()).equals(1)
end)

scenario("pion/turn#541: ChannelBind's success is lost", function(net)
  local alice, bob, options = build(net)
  local lost = drop({ host = alice, direction = "in", method = "channel_bind", n = 1 })
  local asked = count({ host = alice, direction = "out", method = "channel_bind" })
  local refused =
    count({ host = alice, direction = "in", method = "channel_bind", class = "error" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  talk(call, "3min")
  expect(lost.count).equals(1)
  expect(refused.matched).equals(0)
  expect(asked.matched).equals(2)
end)

scenario("firezone#3708, #10062, aioice#46: a burst before the channel is bound", function(net)
  local alice, bob, options = build(net)
  local asked = count({ host = alice, direction = "out", method = "channel_bind" })
  local sends = count({ host = alice, direction = "out", method = "send", class = "indication" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  local before = sends.matched
  for k = 1, 10 do expect((call:send("word " .. k))).equals(true) end
  expect(sends.matched - before).equals(10)
  sleep("100ms") -- more than the round trip to the server
  for k = 1, 10 do expect((call:send("word " .. k))).equals(true) end
  sleep("1s")
  expect(call.callee.datagrams_received).equals(20)
  expect(asked.matched).equals(1)
  expect(sends.matched - before).equals(10)
end)

scenario("werift#667, #668: one refused peer spoils no other's permission", function(net)
  local alice, _, options = build(net)
  -- Of link-local addresses a server wants to know nothing (RFC 8656 §21): 403.
  local bob = net:host("two-faced", {
    links = {
      { "internet", one_way_delay = "30ms", ip = "169.254.7.7" },
      { "internet", one_way_delay = "30ms" },
    },
  })
  local refused =
    count({ host = alice, direction = "in", method = "create_permission", class = "error" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  expect(refused.matched).at_least(1)
  expect(call.selected_pair.remote_address).matches("^192%.0%.2%.")
  local remotes = {}
  for _, candidate in ipairs(call.caller.remote_candidates) do
    remotes[#remotes + 1] = candidate.address:match("^[^:]+")
  end
  expect(remotes).contains("169.254.7.7")
  talk(call, "6min")
end)

scenario("libjuice#298: no USERNAME in the first Allocate", function(net)
  local alice, bob, options = build(net)
  local bare = count({ host = alice, direction = "out", method = "allocate", max_size = "64B" })
  local all = count({ host = alice, direction = "out", method = "allocate" })
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  -- Headers of 28 bytes, the message's of 20, REQUESTED-TRANSPORT of 8 and FINGERPRINT of 8.
  expect(bare.matched).equals(1)
  expect(all.matched).equals(2)
end)

-- The client asks for its own address every 25 s, which holds a mapping of 30 s and none of 20 s.
for _, life in ipairs({ "30s", "20s" }) do
  local nat = {
    preset = "port-restricted",
    udp_timeout = life,
    refresh = "outbound",
    port_allocation = "random",
  }
  local held = life == "30s"
  local kept = ("mappings of %s: %s"):format(life, held and "kept" or "not kept")

  scenario("libjuice#151: ten minutes to the answer, " .. kept, function(net)
    local alice, bob, options = build(net, {}, nat)
    options.signalling = { one_way_delay = "5min" }
    local call = net:call(alice, bob, options)
    sleep("9min")
    expect(#call.caller.candidates).equals(1)
    expect(call:try_wait("connected", "5min")).equals(held)
    if held then expect(call.ice_time).between("10min", "601s") end
  end)

  scenario("firezone#7802: words for the relayed one alone, " .. kept, function(net)
    local alice, bob, options = build(net, {}, nat)
    options.consent, options.keepalive = false, "1h"
    local call = net:call(alice, bob, options)
    call:wait("connected", "5s")
    for _ = 1, 20 do
      sleep("29s")
      call.callee:send("are you there?")
    end
    sleep("1s")
    expect(call.caller.datagrams_received).equals(held and 20 or 0)
    expect(call.caller.state).equals(held and "completed" or "failed")
  end)
end

scenario("pion/turn#413: the NAT's address changes, and with it the 5-tuple", function(net)
  local alice, bob, options, turn = build(net)
  local call = net:call(alice, bob, options)
  call:wait("connected", "5s")
  talk(call, "1min")
  alice.nat:renumber("192.0.2.77")
  -- The next question for its own address, 25 s after the last one, tells the client that the server
  -- knows no allocation of it any more.
  call:wait("failed", "25070ms")
  local again = net:call(alice, bob, options)
  again:wait("connected", "5s")
  expect(turn:allocations()[1].client).contains("192.0.2.2:")
  expect(turn:allocations()[2].client).contains("192.0.2.77:")
  talk(again, "1min")
end)

for _, servers in ipairs({ 1, 2 }) do
  scenario("coturn#735, #584: relay to relay, servers: " .. servers, function(net)
    local internet = net:router("internet")
    local hosts = {}
    for k = 1, servers do
      hosts[k] = net:host("server" .. k, { link = { internet, one_way_delay = "20ms" } })
      hosts[k]:turn_server({ users = { alice = "secret", bob = "secret" } })
    end
    local wan = { internet, one_way_delay = "15ms" }
    local alice = net:home("alice", { nat = "symmetric", wan = wan })
    local bob = net:home("bob", { nat = "symmetric", wan = wan })
    local call = net:call(alice, bob, {
      policy = "relay",
      caller = { ice_servers = { turn = { hosts[1], user = "alice" } } },
      callee = { ice_servers = { turn = { hosts[servers], user = "bob" } } },
    })
    call:wait("connected", "10s")
    expect(call.selected_pair.local_type).equals("relay")
    expect(call.selected_pair.remote_type).equals("relay")
    talk(call, "11min")
    call:send("how long does it take?")
    -- 15 ms to the internet and back, and 20 ms to each server and back.
    local before = call.callee.datagrams_received
    sleep(duration("29ms") + duration("40ms") * servers)
    expect(call.callee.datagrams_received).equals(before)
    sleep("1ms")
    expect(call.callee.datagrams_received).equals(before + 1)
  end)
end

scenario("ZLMediaKit#4782: two clients with one credential", function(net)
  local alice, bob, options, turn = build(net)
  local first = net:call(alice, bob, options)
  local second = net:call(alice, bob, options)
  first:wait("connected", "5s")
  second:wait("connected", "5s")
  expect(#turn:allocations()).equals(2)
  local one, two = turn:allocations()[1], turn:allocations()[2]
  expect(one.user).equals(two.user)
  expect(one.client).never.equals(two.client)
  expect(one.relay).never.equals(two.relay)
  talk(first, "6min")
  talk(second, "6min")
end)
